#include "tests/support/random_acts.hpp"

#include <unistd.h>

#include <stdexcept>

#include "common/base/error.hpp"

namespace mysql_agent::test::acts {

void end_server(RandomSet& set, const Draw& draw) {
  const int pod = any_pod(set, draw);
  set.say((coin(draw) ? "kill the server of " : "restart the server of ") + name(pod));
  set.kubelet().end_server(pod, coin(draw) ? SIGKILL : SIGTERM);
}

void end_sidecar(RandomSet& set, const Draw& draw) {
  const int pod = any_pod(set, draw);
  set.say((coin(draw) ? "kill the sidecar of " : "restart the sidecar of ") + name(pod));
  set.kubelet().end_sidecar(pod, coin(draw) ? SIGKILL : SIGTERM);
}

void end_pod(RandomSet& set, const Draw& draw) {
  const int pod = any_pod(set, draw);
  const milliseconds away = between(draw, 0, 4000);
  set.say((coin(draw) ? "kill " : "delete ") + name(pod) + ", away for " + in_ms(away));
  set.kubelet().stop(pod, coin(draw) ? SIGKILL : SIGTERM);
  set.kubelet().run_for(away);
  set.kubelet().start(pod);
}

void end_all_pods(RandomSet& set, const Draw& draw) {
  set.say(coin(draw) ? "kill all pods" : "delete all pods");
  for (int pod = set.count() - 1; pod >= 0; --pod) set.kubelet().stop(pod, coin(draw) ? SIGKILL : SIGTERM);
  for (int pod = 0; pod < set.count(); ++pod) set.kubelet().start(pod);
}

void pause_server(RandomSet& set, const Draw& draw) {
  const int pod = any_pod(set, draw);
  const milliseconds time = between(draw, 500, 12'000);
  set.say("the server of " + name(pod) + " stands still for " + in_ms(time));
  set.kubelet().signal_server(pod, SIGSTOP);
  set.kubelet().run_for(time);
  set.kubelet().signal_server(pod, SIGCONT);
}

void pause_sidecar(RandomSet& set, const Draw& draw) {
  const int pod = any_pod(set, draw);
  const milliseconds time = between(draw, 500, 12'000);
  set.say("the sidecar of " + name(pod) + " stands still for " + in_ms(time));
  set.kubelet().signal_sidecar(pod, SIGSTOP);
  set.kubelet().run_for(time);
  set.kubelet().signal_sidecar(pod, SIGCONT);
}

void scale(RandomSet& set, const Draw& draw) {
  const int count = 2 + static_cast<int>(draw.pod % 3);
  if (!set.is_spare(count, set.count())) return set.say("nothing: the last copy may be on a volume that would go");
  set.say("scale to " + std::to_string(count) + (coin(draw) ? ", volumes stay" : ", volumes go"));
  set.scale_to(count, coin(draw));
}

void cut_replication(RandomSet& set, const Draw&) {
  set.say("the connections of the replicas are cut");
  try {
    MysqlClient client(set.set().login(0), seconds(10));
    for (const Row& row : client.query("SELECT CONCAT('KILL ', ID) AS cut FROM information_schema.PROCESSLIST WHERE "
                                       "COMMAND LIKE 'Binlog Dump%'"))
      client.execute(row.at("cut").value_or(""));
  } catch (const Error&) {
    // The server is away, or the connection has ended meanwhile.
  }
}

// In the network that the tests have for themselves as root.
void cut_network(RandomSet& set, const Draw& draw) {
  const int pod = any_pod(set, draw);
  const milliseconds time = between(draw, 500, 12'000);
  if (::geteuid() != 0) return set.say("nothing: without root no network can be cut");
  set.say("nobody reaches " + name(pod) + " for " + in_ms(time));
  const auto route = [&](const char* what) {
    const Ran ran = run_to_end({"ip", "route", what, "unreachable", TestSet::address(pod) + "/32", "table", "local"});
    if (ran.exit_code != 0) throw std::runtime_error("ip route failed: " + ran.output);
  };
  route("add");
  set.kubelet().run_for(time);
  route("del");
}

namespace {

void fill_volume(RandomSet& set, int pod, milliseconds time) {
  set.say("the volume of " + name(pod) + " is full for " + in_ms(time));
  set.let_server_die(pod);
  set.volume(pod).fill();
  set.kubelet().run_for(time);
  set.volume(pod).free();
}

}  // namespace

void fill_primary(RandomSet& set, const Draw& draw) {
  fill_volume(set, 0, between(draw, 500, 8000));
}

void fill_replica(RandomSet& set, const Draw& draw) {
  fill_volume(set, any_replica(set, draw), between(draw, 500, 8000));
}

}  // namespace mysql_agent::test::acts
