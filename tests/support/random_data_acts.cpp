#include "tests/support/random_acts.hpp"

#include <stdexcept>

namespace mysql_agent::test::acts {

namespace {

// Says so where what is done to a replica's data could end the last copy.
bool is_last(RandomSet& set, int pod) {
  if (set.is_spare(pod, pod)) return false;
  set.say("nothing: " + name(pod) + " may have the last copy");
  return true;
}

}  // namespace

void lose_replica(RandomSet& set, const Draw& draw) {
  const int pod = any_replica(set, draw);
  if (is_last(set, pod)) return;
  set.say(name(pod) + " loses its volume");
  set.lose_volume(pod);
}

void kill_clone(RandomSet& set, const Draw& draw) {
  const int pod = any_replica(set, draw);
  if (is_last(set, pod)) return;
  const milliseconds time = between(draw, 50, set.set().kind().is_mysql() ? 8000 : 3000);
  set.say(name(pod) + " loses its volume, and is killed after " + in_ms(time));
  set.lose_volume(pod);
  set.kubelet().run_for(time);
  set.kubelet().stop(pod, SIGKILL);
  set.kubelet().start(pod);
}

namespace {

// What no replica has received is lost with the primary's volume, so this waits until they have all. Returns whether
// there is such a replica: a quiet moment leaves those on hold that were written to, or that went back too far.
bool pause_until_told(RandomSet& set) {
  if (!set.writers().pause() || !set.wait_told()) throw std::runtime_error("the replicas did not tell what they have");
  for (int ordinal = 1; ordinal < set.count(); ++ordinal)
    if (set.ready(ordinal)) return true;
  set.say("nothing: no replica is ready");
  set.writers().resume();
  return false;
}

void quiet_moment(RandomSet& set) {
  if (const std::string problem = set.quiet(); !problem.empty()) throw std::runtime_error(problem);
}

}  // namespace

void lose_primary(RandomSet& set, const Draw&) {
  if (!set.may_lose_primary()) return set.say("nothing: no replica could give its data to the primary");
  set.say("mysql-0 is to lose its volume; first a quiet moment");
  quiet_moment(set);
  if (!pause_until_told(set)) return;
  set.lose_volume(0);
  // A pod that is away has no name here. So nobody goes away before the primary has seen that there are others.
  eventually(seconds(15), [&] {
    set.kubelet().look();
    return std::filesystem::exists(set.set().data(0) / ".mysql-agent");
  });
  set.writers().resume();
}

void save_volume(RandomSet& set, const Draw& draw) {
  const int pod = any_replica(set, draw);
  set.say("a snapshot of " + name(pod) + "'s volume is taken");
  set.save_volume(pod);
}

void restore_replica(RandomSet& set, const Draw& draw) {
  const int pod = any_replica(set, draw);
  if (is_last(set, pod)) return;
  set.say(name(pod) + "'s volume goes back to its snapshot");
  set.restore_volume(pod);
}

// Until it has taken back what it lost, its replicas alone have that: nobody else goes away before.
void restore_primary(RandomSet& set, const Draw& draw) {
  if (!set.may_lose_primary()) return set.say("nothing: no replica could give its data to the primary");
  set.say("mysql-0's volume is to go back a little; first a quiet moment");
  quiet_moment(set);
  set.save_volume(0);
  set.kubelet().run_for(between(draw, 500, 4000));
  if (!pause_until_told(set)) return;
  set.restore_volume(0);
  set.writers().resume();
  quiet_moment(set);
}

void root_writes(RandomSet& set, const Draw& draw) {
  const int pod = any_replica(set, draw);
  if (is_last(set, pod)) return;
  set.say("root writes on " + name(pod));
  set.write_as_root(pod);
}

void root_writes_and_reclone(RandomSet& set, const Draw& draw) {
  const int pod = any_replica(set, draw);
  if (is_last(set, pod)) return;
  set.say("root writes on " + name(pod) + ", which is cloned anew once it is held");
  set.write_as_root(pod);
  // A pod that is on hold already stays that for its first reason.
  const auto held = [&] {
    set.kubelet().look();
    const std::string body = set.set().probe(pod, "/readyz").body;
    return body.find("transactions of its own") != std::string::npos ||
           body.find("the primary's logs begin later") != std::string::npos;
  };
  if (!eventually(seconds(60), held)) throw std::runtime_error(name(pod) + " was not held");
  set.reclone(pod, coin(draw));
}

// At some moment of the clone, so before its donor's sidecar has seen it.
void root_writes_on_donor(RandomSet& set, const Draw& draw) {
  const int pod = any_replica(set, draw);
  if (!set.ready(0)) return set.say("nothing: two replicas may have the last copies");
  const int other = 1 + pod % (set.count() - 1);
  const milliseconds time = between(draw, 0, set.set().kind().is_mysql() ? 6000 : 1500);
  set.say(name(other) + " loses its volume, and root writes on " + name(pod) + " after " + in_ms(time));
  if (other != pod) set.lose_volume(other);
  set.kubelet().run_for(time);
  set.write_as_root(pod);
}

void flush_replica(RandomSet& set, const Draw& draw) {
  static const std::vector<std::string> statements{"FLUSH TABLES", "ANALYZE TABLE random.rows_of", "FLUSH PRIVILEGES"};
  const int pod = any_replica(set, draw);
  const std::string& statement = statements[draw.variant % statements.size()];
  set.say(statement + " on " + name(pod));
  set.sql(pod, statement);
}

void event(RandomSet& set, const Draw& draw) {
  set.say(coin(draw) ? "an event that writes each second" : "no event any more");
  set.sql(0, "DROP EVENT IF EXISTS random.tick");
  if (coin(draw))
    set.sql(0,
            "CREATE EVENT IF NOT EXISTS random.tick ON SCHEDULE EVERY 1 SECOND DO "
            "INSERT INTO random.ticks (at) VALUES (NOW())");
}

void reclone(RandomSet& set, const Draw& draw) {
  const int pod = any_replica(set, draw);
  if (is_last(set, pod)) return;
  set.say("reclone " + name(pod) + (coin(draw) ? " --discard" : ""));
  set.reclone(pod, coin(draw));
}

}  // namespace mysql_agent::test::acts
