#include "agent/operate/doctor.hpp"

#include "common/base/file.hpp"
#include "tests/support/captured.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/unit/pod_view.hpp"

using namespace mysql_agent;
using test::TempDir;
using test::write_text;
using Kind = Finding::Kind;

namespace {

StatusReport report_of(bool ready, const std::string& reason) {
  StatusReport report;
  report.ready = ready;
  report.reason = reason;
  return report;
}

PodSet set_of(const char* pod) {
  PodSet set;
  set.pod = parse_pod_name(pod);
  return set;
}

// A pod with a data directory on a volume, and with what its server and its sidecar answer.
struct Patient {
  explicit Patient(const char* pod = "mysql-1") : set(set_of(pod)) {}

  void tables() {
    write_text(root / "ibdata1", "pages");
    write_text(root / "mysql" / "global_priv.MAD", "accounts");
  }
  void complete() {
    tables();
    write_text(root / "ib_logfile0", "log");
    write_text(root / "multi-master.info", "");
  }
  void state(DataState value) {
    AgentState state;
    state.state = value;
    state.pod = set.pod.name;
    state.set_aside = value == DataState::setting_aside ? "20260131T235959Z" : "";
    write_state(dir, state);
  }
  void well() {
    server = test::ready_replica().server;
    sidecar = report_of(true, "ok");
  }
  std::vector<Finding> findings() const {
    DoctorFacts facts = look_at_data(dir, set);
    facts.server = server;
    facts.server_error = "2002 connection refused";
    facts.sidecar = sidecar;
    facts.sidecar_error = "nobody listens";
    facts.deviations = deviations;
    return diagnose(facts);
  }
  // The finding about the data, which always comes first.
  Finding data() const { return findings().at(0); }
  Finding about(const std::string& what) const {
    for (const Finding& finding : findings())
      if (finding.about == what) return finding;
    FAIL("nothing was found about " << what);
    return {};
  }

  std::vector<Deviation> deviations;
  TempDir root;
  DataDir dir{root.path()};
  PodSet set;
  std::optional<ServerFacts> server;
  std::optional<StatusReport> sidecar;
};

void check(const Finding& finding, Kind kind, const std::string& state, const std::string& evidence,
           const std::string& next) {
  INFO(finding.state << " | " << finding.evidence << " | " << finding.next);
  CHECK(finding.kind == kind);
  CHECK_THAT(finding.state, Catch::Contains(state));
  CHECK_THAT(finding.evidence, Catch::Contains(evidence));
  CHECK_THAT(finding.next, Catch::Contains(next));
}

std::vector<std::string> tree(const TempDir& root) {
  std::vector<std::string> out;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root.path()))
    out.push_back(entry.path().string() + (entry.is_regular_file() ? test::read_text(entry.path()) : ""));
  return out;
}

}  // namespace

TEST_CASE("of a pod that does its work there is one finding, and it is fine") {
  Patient pod;
  pod.complete();
  pod.state(DataState::replicating);
  pod.well();
  const auto before = tree(pod.root);
  REQUIRE(pod.findings().size() == 1);
  check(pod.data(), Kind::fine, "complete", "the state is replicating; system tables", "");
  CHECK(pod.data().next.empty());
  CHECK(tree(pod.root) == before);
}

TEST_CASE("what the agent wrote down and nobody understands is a person's matter") {
  Patient pod;
  pod.complete();
  write_text(pod.dir.state_file(), "{\"version\": 1,");
  check(pod.data(), Kind::person, "not to be understood", "state.json: the state file is not readable as format 1",
        "remove the state file");
  pod.state(DataState::replicating);
  write_text(pod.dir.reclone_request(), "{");
  check(pod.data(), Kind::person, "not to be understood", "the request for a new clone is not readable", "");
  Patient other;
  other.complete();
  other.state(DataState::replicating);
  other.set = set_of("mysql-2");
  check(other.data(), Kind::person, "not to be understood", "belongs to the pod mysql-1, and this is mysql-2",
        "mount the volume of mysql-2");
}

TEST_CASE("volumes on which the tutorial's scripts were killed") {
  Patient half;
  write_text(half.root / "ibdata1", "pages");
  check(half.data(), Kind::person, "holds data that is not complete", "there is no", "no server may start on it");
  Patient unprepared;
  unprepared.tables();
  write_text(unprepared.root / "xtrabackup_checkpoints", "backup_type = full-backuped\nto_lsn = 5\n");
  check(unprepared.data(), Kind::person, "not complete", "the backup was never prepared",
        "move these files to another place and keep them");
  Patient positioned;
  positioned.complete();
  write_text(positioned.root / "change_master_to.sql.in",
             "CHANGE MASTER TO MASTER_LOG_FILE='binlog.000002', MASTER_LOG_POS=154;\n");
  check(positioned.data(), Kind::passes, "from before the agent", "position: binlog.000002", "start the pod");
  Patient lost;
  lost.complete();
  check(lost.data(), Kind::passes, "from before the agent", "position: none is recorded", "a new clone is the way out");
}

TEST_CASE("an unfinished clone goes on by itself, unless a server runs on it") {
  for (const DataState state : {DataState::cloning, DataState::cloned, DataState::prepared, DataState::publishing,
                                DataState::setting_aside, DataState::discarding}) {
    INFO(state_name(state));
    Patient pod;
    pod.state(state);
    check(pod.data(), Kind::passes, "a clone is unfinished", std::string("the state is ") + state_name(state),
          "No server may start on it before");
    pod.well();
    check(pod.data(), Kind::person, "a server runs on it", "", "stop the server");
  }
  Patient beside;
  beside.tables();
  beside.state(DataState::cloning);
  check(beside.data(), Kind::person, "and yet there is data", "the state is cloning", "something else wrote there");
}

TEST_CASE("a clone that was cut in its transfer begins anew, and a later one goes on") {
  Patient pod;
  pod.state(DataState::cloning);
  check(pod.data(), Kind::passes, "a clone is unfinished", "", "begins the clone anew");
  pod.state(DataState::prepared);
  check(pod.data(), Kind::passes, "a clone is unfinished", "", "goes on where it was");
}

TEST_CASE("a clone that runs is waited for") {
  Patient pod;
  pod.state(DataState::cloning);
  StatusReport report;
  report.clone_activity = "clone-mysql receives the clone of mysql-0: 4.0 GB of about 10.0 GB";
  pod.sidecar = report;
  const auto findings = pod.findings();
  REQUIRE(findings.size() == 1);
  check(findings.front(), Kind::passes, "it runs: clone-mysql receives the clone of mysql-0: 4.0 GB", "", "wait: ");
}

TEST_CASE("no data is told from data that is gone, and a replica's from a primary's") {
  Patient replica;
  check(replica.data(), Kind::passes, "there is none yet", "is empty", "clones another pod");
  Patient primary("mysql-0");
  check(primary.data(), Kind::passes, "there is none yet", "is empty", "whether another pod has data");
  write_set_evidence(primary.dir, "mysql-0", {{"mysql-1", true, "has data at 0-100-5"}});
  check(primary.data(), Kind::passes, "there is none yet", "is empty; mysql-1 has data at 0-100-5",
        "whether another pod has data");
  replica.state(DataState::replicating);
  check(replica.data(), Kind::passes, "gone: only its state is left", "the state is replicating", "clones another pod");
  CHECK(test::code_of([&] { look_at_data({replica.root / "none"}, replica.set); }) == ExitCode::usage);
}

TEST_CASE("settled data that is not complete is a person's matter, while no server uses it") {
  Patient pod;
  pod.tables();
  pod.state(DataState::replicating);
  check(pod.data(), Kind::person, "not complete, though its state says", "it has no redo log", "mysql-agent reclone");
  pod.well();
  check(pod.data(), Kind::fine, "does not look complete", "it has no redo log", "");
}

TEST_CASE("a request for a new clone, and data that was set aside, can wait") {
  Patient pod;
  pod.complete();
  pod.state(DataState::replicating);
  pod.well();
  write_reclone_request(pod.dir, {"mysql-1", "2026-01-31T23:59:59Z", false});
  std::filesystem::create_directories(pod.dir.set_aside() / "20250101T000000Z");
  std::filesystem::create_directories(pod.dir.set_aside() / "20260101T000000Z");
  check(pod.data(), Kind::fine, "complete", "", "");
  check(pod.about("reclone"), Kind::fine, "at the next start", "2026-01-31T23:59:59Z", "reclone --cancel");
  check(pod.about("set aside"), Kind::fine, "takes up space", "set-aside: 20250101T000000Z and 1 more", "by hand");
  AgentState copy;
  copy.pod = "mysql-1";
  copy.state = DataState::cloning;
  write_copy_state(pod.dir, copy);
  check(pod.data(), Kind::fine, "a new clone beside it is unfinished", "the state is replicating", "");
}

TEST_CASE("a server and a sidecar that do not answer are said, with the reason") {
  Patient pod;
  pod.complete();
  pod.state(DataState::replicating);
  check(pod.about("server"), Kind::passes, "does not answer", "2002 connection refused", "crash recovery");
  check(pod.about("sidecar"), Kind::passes, "does not answer", "nobody listens", "container's log");
}

TEST_CASE("a server that leaves something out is said, and nobody has to decide") {
  Patient pod;
  pod.complete();
  pod.state(DataState::replicating);
  pod.well();
  pod.server->filters = "replicate_ignore_db=logs";
  REQUIRE(pod.findings().size() == 2);
  check(pod.about("filters"), Kind::fine, "leaves something out", "replicate_ignore_db=logs", "reclone");
}

TEST_CASE("replication that is held has its reason and its way out") {
  Patient pod;
  pod.complete();
  pod.state(DataState::replicating);
  pod.well();
  for (const HoldKind kind : all_hold_kinds) {
    pod.sidecar = report_of(false, "held");
    pod.sidecar->held = "the reason, with GTIDs";
    pod.sidecar->held_kind = kind;
    check(pod.about("replication"), Kind::person, "held until a person has looked", "the reason, with GTIDs", "");
    CHECK_FALSE(pod.about("replication").next.empty());
  }
  pod.sidecar->held_kind = HoldKind::diverged;
  CHECK_THAT(pod.about("replication").next, Catch::Contains("save it"));
  pod.sidecar = report_of(false, "the I/O thread is stopped; the primary is not up");
  pod.sidecar->waiting = "the primary is not up";
  check(pod.about("pod"), Kind::passes, "not ready", "the I/O thread is stopped", "look at the primary");
  pod.sidecar = report_of(false, "it is 400 s behind, more than 30 s");
  check(pod.about("pod"), Kind::passes, "not ready", "400 s behind", "wait");
}

TEST_CASE("row 18: a pause is said, and is the way out of what stands in the way meanwhile") {
  Patient pod;
  pod.complete();
  pod.state(DataState::replicating);
  pod.well();
  write_pause_request(pod.dir, {.pod = "mysql-1", .asked = "2027-01-15T07:00:00Z", .until = std::nullopt});
  check(pod.about("pause"), Kind::fine, "a person paused the sidecar: it detects, and changes nothing",
        "paused at 2027-01-15T07:00:00Z until mysql-agent resume", "mysql-agent resume, when you are done");
  pod.sidecar = report_of(false, "the SQL thread is stopped");
  CHECK_THAT(pod.about("pod").next, Catch::StartsWith("mysql-agent resume"));
  test::write_text(pod.dir.pause_request(), "cut");
  CHECK(pod.about("data").kind == Kind::person);
  CHECK_THAT(pod.about("data").next, Catch::Contains("mysql-agent resume"));
}

TEST_CASE("what a server differs in is said by the doctor, with the way out of each") {
  Patient pod;
  pod.complete();
  pod.state(DataState::replicating);
  pod.well();
  for (const DeviationKind kind : all_deviation_kinds) {
    INFO(deviation_name(kind));
    pod.deviations = {{kind, "detail"}};
    check(pod.about("differs"), Kind::fine, deviation_text({kind, "detail"}), "", deviation_way_out(kind));
    CHECK_FALSE(deviation_way_out(kind).empty());
  }
}

TEST_CASE("the doctor's words, and the worst of them first") {
  const Finding fine{.kind = Kind::fine, .about = "data", .state = "complete", .evidence = "the state is primary"};
  CHECK(doctor_text("mysql-0", Role::primary, {fine}) ==
        "mysql-0, primary: nothing stands in its way\n\ndata         complete\nevidence     the state is primary\n");
  const Finding passes{.kind = Kind::passes,
                       .about = "server",
                       .state = "it does not answer",
                       .evidence = "line 1\nline 2",
                       .next = "look"};
  CHECK(doctor_text("mysql-1", Role::replica, {fine, passes}) ==
        "mysql-1, replica: it does not do its work\n\ndata         complete\nevidence     the state is primary\n\n"
        "server       it does not answer\nevidence     line 1 line 2\nnext step    look\n");
  CHECK_THAT(
      doctor_text("mysql-1", Role::replica,
                  {passes, {.kind = Kind::person, .about = "data", .state = "x", .evidence = "y", .next = "z"}, fine}),
      Catch::StartsWith("mysql-1, replica: a person must decide\n"));
}

TEST_CASE("the doctor's exit code says who is to act") {
  const test::Captured out(STDOUT_FILENO);
  Patient pod;
  DoctorOptions options;
  options.set = pod.set;
  options.dir = pod.dir;
  options.login.socket = (pod.root / "none.sock").string();
  options.http_host = "127.0.0.1";
  options.http_port = 1;  // nobody listens there
  CHECK(print_doctor(options) == ExitCode::failed);
  pod.tables();
  CHECK(print_doctor(options) == ExitCode::refused);
  CHECK_THAT(out.text(), Catch::Contains("a person must decide") && Catch::Contains("evidence     there is no "));
}

TEST_CASE("the next step of a pod that is not ready is that of the error that stands in its way") {
  Patient pod;
  pod.complete();
  pod.state(DataState::replicating);
  pod.well();
  pod.sidecar = report_of(false, "the SQL thread is stopped, error 1062: duplicate");
  pod.server->replica->sql = {.error_number = 1062, .error = "duplicate"};
  check(pod.about("pod"), Kind::passes, "not ready", "error 1062",
        "this replica differs from its primary; see the transaction");
  pod.server->replica->sql.error_number = 1146;
  check(pod.about("pod"), Kind::passes, "not ready", "", "wait, and look again");
}
