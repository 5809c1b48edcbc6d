#include "agent/operate/doctor.hpp"

#include <algorithm>
#include <cstdio>

#include "agent/clone/known_data.hpp"
#include "agent/clone/plan.hpp"
#include "agent/clone/reason_text.hpp"
#include "agent/operate/error_help.hpp"
#include "agent/pod/deviations.hpp"

namespace mysql_agent {
namespace {

using Kind = Finding::Kind;

// Of a copy that is not complete nothing is kept.
std::string start_again(CloneAction action) {
  return std::string("start the pod again (kubectl delete pod): clone-mysql ") +
         (action == CloneAction::restart ? "begins the clone anew" : "goes on where it was") +
         ". No server may start on it before";
}

bool unfinished(CloneAction action) {
  switch (action) {
    case CloneAction::restart:
    case CloneAction::prepare:
    case CloneAction::publish:
    case CloneAction::set_aside:
    case CloneAction::discard: return true;
    case CloneAction::set_remains_aside:
    case CloneAction::keep:
    case CloneAction::adopt:
    case CloneAction::refuse:
    case CloneAction::ask_peers:
    case CloneAction::clone:
    case CloneAction::wait:
    case CloneAction::initialize:
    case CloneAction::leave_to_entrypoint: break;
  }
  return false;
}

std::string state_evidence(const DoctorFacts& facts) {
  const auto& state = facts.data->state;
  return (state ? std::string("the state is ") + state_name(state->state)
                : "there is no " + facts.dir.state_file().string()) +
         (facts.data->content_reason.empty() ? "" : "; " + facts.data->content_reason);
}

// Row 16.
Finding running_clone(const DoctorFacts& facts) {
  return {
      .kind = Kind::passes,
      .about = "clone",
      .state = "it runs: " + facts.sidecar->clone_activity,
      .evidence = "clone-mysql answers on the probes' port",
      .next = "wait: the server starts when clone-mysql is done. Do not delete the pod: a clone begins anew then",
  };
}

// Rows 3 and 4.
Finding unfinished_clone(const DoctorFacts& facts, const ClonePlan& plan) {
  if (!plan.beside_data && facts.server)
    return {
        .kind = Kind::person,
        .about = "data",
        .state = "a clone is unfinished, and a server runs on it: " + text(plan.reason),
        .evidence = state_evidence(facts),
        .next = "stop the server, and look at what it wrote; clone-mysql must run before it",
    };
  if (plan.beside_data)
    return {
        .kind = Kind::fine,
        .about = "data",
        .state = "complete; a new clone beside it is unfinished: " + text(plan.reason),
        .evidence = state_evidence(facts),
    };
  return {
      .kind = Kind::passes,
      .about = "data",
      .state = "a clone is unfinished: " + text(plan.reason),
      .evidence = state_evidence(facts),
      .next = start_again(plan.action),
  };
}

// Rows 5 and 6.
Finding settled(const DoctorFacts& facts) {
  const bool complete = facts.data->content == Content::complete;
  if (complete || facts.server)
    return {
        .kind = Kind::fine,
        .about = "data",
        .state = complete ? "complete" : "in use, though it does not look complete",
        .evidence = state_evidence(facts),
    };
  return {
      .kind = Kind::person,
      .about = "data",
      .state = "not complete, though its state says that it was",
      .evidence = state_evidence(facts),
      .next =
          "something was removed or damaged after the clone. On a replica: mysql-agent reclone, and start the pod "
          "again. On the primary keep the volume, and see what the replicas have: mysql-agent status --all",
  };
}

// Row 8.
Finding no_data(const DoctorFacts& facts) {
  const bool lost = facts.data->state && is_settled(facts.data->state->state);
  const std::string state = lost ? "gone: only its state is left" : "there is none yet";
  const std::string next =
      facts.role == Role::replica
          ? "start the pod: clone-mysql clones another pod, and waits for one that is fit"
          : "start the pod: clone-mysql looks whether another pod has data, before anybody begins anew";
  std::string evidence = facts.data->state ? state_evidence(facts) : facts.dir.root.string() + " is empty";
  if (!facts.data->set_evidence.empty()) evidence += "; " + evidence_text(facts.data->set_evidence);
  return {
      .kind = Kind::passes,
      .about = "data",
      .state = state,
      .evidence = evidence,
      .next = next,
  };
}

// Rows 1 to 8.
Finding about_data(const DoctorFacts& facts) {
  if (!facts.data)
    return {
        .kind = Kind::person,
        .about = "data",
        .state = "what the agent wrote down is not to be understood",
        .evidence = facts.refusal->what(),
        .next = facts.refusal->hint(),
    };
  ClonePolicy policy;
  policy.role = facts.role;
  const ClonePlan plan = plan_clone(*facts.data, std::nullopt, policy);
  if (unfinished(plan.action)) return unfinished_clone(facts, plan);
  if (plan.action == CloneAction::refuse)
    return {
        .kind = Kind::person,
        .about = "data",
        .state = text(plan.reason),
        .evidence = state_evidence(facts),
        .next = hint(plan.reason),
    };
  if (plan.action == CloneAction::adopt) {
    const auto& position = facts.data->position;
    return {
        .kind = Kind::passes,
        .about = "data",
        .state = "complete, and from before the agent: the next start of clone-mysql adopts it",
        .evidence = state_evidence(facts) + "; position: " + (position ? position->text() : "none is recorded"),
        .next = facts.role == Role::replica && !position
                    ? "start the pod. Without a position or GTIDs the sidecar then "
                      "holds replication: a new clone is the way out"
                    : "start the pod",
    };
  }
  if (facts.data->content == Content::empty) return no_data(facts);
  return settled(facts);
}

// Row 13: what a person does about a hold. The reason beside it tells the hold in full.
std::string way_out(const std::optional<HoldKind>& kind) {
  const std::string again = std::string(clone_it_again) + ": it clones anew, and the old data is set aside";
  if (!kind) return again;
  switch (*kind) {
    case HoldKind::state:
      return "start the pod again, so that clone-mysql runs before the server; check --first-ordinal";
    case HoldKind::diverged:
      return std::string("look what these transactions wrote, save it, and write it on the primary; then ") +
             clone_it_again;
    case HoldKind::other_set:
      return std::string("decide which data is right. The primary's: ") + clone_it_again +
             ". This replica's: move the primary's data to another place, keep it, and start the primary with "
             "--on-lost-primary=recover";
    case HoldKind::error: return "look at the server's log and at the account of the agent (--mysql-user)";
    case HoldKind::position:
    case HoldKind::purged: break;
  }
  return again;
}

// The number of the error that stands in the way: of a thread of the replica, or of the agent's own login; 0: none.
int error_of(const DoctorFacts& facts) {
  if (!facts.server) return facts.server_error_number;
  if (!facts.server->replica) return 0;
  const int applier = facts.server->replica->sql.error_number;
  return applier != 0 ? applier : facts.server->replica->io.error_number;
}

// Empty: the number says nothing of its own.
std::string help_text(int error_number) {
  const ErrorHelp* const help = help_for(error_number);
  return help == nullptr ? "" : std::string(help->meaning) + "; " + help->next;
}

std::string next_step(const DoctorFacts& facts, const StatusReport& report) {
  if (facts.pause) return "mysql-agent resume: the sidecar is paused, and mends nothing";
  if (const std::string help = help_text(error_of(facts)); !help.empty()) return help;
  return report.waiting.empty() ? "wait, and look again; it is tried again by itself"
                                : "look at the primary: this pod waits for it";
}

// Rows 12 to 14.
std::optional<Finding> about_sidecar(const DoctorFacts& facts) {
  if (!facts.sidecar)
    return Finding{
        .kind = Kind::passes,
        .about = "sidecar",
        .state = "it does not answer: nobody starts replication, serves clones and probes",
        .evidence = facts.sidecar_error,
        .next = "look at the container's log; in an init container, or before the pod runs, that is as it should be",
    };
  const StatusReport& report = *facts.sidecar;
  if (!report.held.empty())
    return Finding{
        .kind = Kind::person,
        .about = "replication",
        .state = "held until a person has looked",
        .evidence = report.held,
        .next = way_out(report.held_kind),
    };
  if (report.ready) return std::nullopt;
  return Finding{
      .kind = Kind::passes,
      .about = "pod",
      .state = "not ready",
      .evidence = report.reason,
      .next = next_step(facts, report),
  };
}

void add_line(std::string& out, const char* label, const std::string& text) {
  if (text.empty()) return;
  std::string line(label);
  line.resize(13, ' ');
  line += text;
  std::replace(line.begin(), line.end(), '\n', ' ');
  out += line + "\n";
}

}  // namespace

std::vector<Finding> diagnose(const DoctorFacts& facts) {
  // While clone-mysql runs no server does, and what lies on the volume is on its way.
  const bool clone_runs = facts.sidecar && !facts.sidecar->clone_activity.empty();
  std::vector<Finding> out{clone_runs ? running_clone(facts) : about_data(facts)};
  // Row 9.
  if (facts.data && facts.data->request)
    out.push_back({
        .kind = Kind::fine,
        .about = "reclone",
        .state = "a new clone was asked for, and is made at the next start",
        .evidence = "asked at " + facts.data->request->asked,
        .next = "start the pod again; or withdraw it, mysql-agent reclone --cancel",
    });
  // Row 10.
  if (!facts.set_aside.empty())
    out.push_back({
        .kind = Kind::fine,
        .about = "set aside",
        .state = "data that was replaced takes up space",
        .evidence = facts.dir.set_aside().string() + ": " + facts.set_aside.front() +
                    (facts.set_aside.size() > 1 ? " and " + std::to_string(facts.set_aside.size() - 1) + " more" : ""),
        .next = "remove it by hand when you do not need it any more",
    });
  // Row 11.
  if (!facts.server && !clone_runs) {
    const std::string help = help_text(facts.server_error_number);
    out.push_back({
        .kind = Kind::passes,
        .about = "server",
        .state = "it does not answer",
        .evidence = facts.server_error,
        .next = std::string("look at the container's log. A crash recovery takes as long as it takes") +
                (help.empty() ? "" : "; " + help),
    });
  }
  // Row 15.
  const std::string filters =
      facts.server ? filters_of(*facts.server, facts.data ? facts.data->state : std::nullopt) : "";
  if (!filters.empty())
    out.push_back({
        .kind = Kind::fine,
        .about = "filters",
        .state = "it leaves something out, so nobody clones it",
        .evidence = filters,
        .next = "to make it a donor, remove the filters, and clone it again: mysql-agent reclone",
    });
  // Row 17.
  for (const Deviation& deviation : facts.deviations)
    out.push_back({
        .kind = Kind::fine,
        .about = "differs",
        .state = deviation_text(deviation),
        .next = deviation_way_out(deviation.kind),
    });
  // Row 18.
  if (facts.pause)
    out.push_back({
        .kind = Kind::fine,
        .about = "pause",
        .state = "a person paused the sidecar: it detects, and changes nothing",
        .evidence = pause_text(*facts.pause),
        .next = "mysql-agent resume, when you are done",
    });
  if (clone_runs) return out;
  if (const auto finding = about_sidecar(facts)) out.push_back(*finding);
  return out;
}

DoctorFacts look_at_data(const DataDir& dir, const PodSet& set) {
  DoctorFacts facts;
  facts.role = set.role();
  facts.dir = dir;
  try {
    facts.data = inspect_data_dir(dir, set.pod.name);
  } catch (const Error& error) {
    if (error.code() != ExitCode::refused) throw;
    facts.refusal = error;
  }
  facts.set_aside = list_set_aside(dir);
  try {
    facts.pause = read_pause_request(dir.pause_request(), set.pod.name);
  } catch (const Error& error) {
    if (!facts.refusal) facts.refusal = error;
    facts.data.reset();
  }
  return facts;
}

std::string doctor_text(const std::string& pod, Role role, const std::vector<Finding>& findings) {
  Kind worst = Kind::fine;
  for (const Finding& finding : findings) worst = std::max(worst, finding.kind);
  std::string out = pod + ", " + role_name(role) + ": ";
  out += worst == Kind::fine     ? "nothing stands in its way\n"
         : worst == Kind::passes ? "it does not do its work\n"
                                 : "a person must decide\n";
  for (const Finding& finding : findings) {
    out += "\n";
    add_line(out, finding.about.c_str(), finding.state);
    add_line(out, "evidence", finding.evidence);
    add_line(out, "next step", finding.next);
  }
  return out;
}

ExitCode print_doctor(const DoctorOptions& options) {
  DoctorFacts facts = look_at_data(options.dir, options.set);
  PodView view = new_pod_view(options.set);
  look_at_server(view, options.login);
  facts.server = view.server;
  facts.server_error = view.server_error;
  facts.server_error_number = view.server_error_number;
  facts.deviations = deviations_of(view);
  try {
    facts.sidecar = ask_status(options.set.pod.name, options.http_host, options.http_port);
    if (facts.server) facts.deviations = facts.sidecar->deviations;
  } catch (const Error& error) {
    facts.sidecar_error = error.what();
  }
  const std::vector<Finding> findings = diagnose(facts);
  std::fputs(doctor_text(options.set.pod.name, facts.role, findings).c_str(), stdout);
  ExitCode code = ExitCode::done;
  for (const Finding& finding : findings) {
    if (finding.kind == Kind::person) return ExitCode::refused;
    if (finding.kind == Kind::passes) code = ExitCode::failed;
  }
  return code;
}

}  // namespace mysql_agent
