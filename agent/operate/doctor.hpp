#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/clone/plan.hpp"
#include "agent/pod/status_report.hpp"
#include "common/base/error.hpp"
#include "common/volume/data_dir.hpp"

namespace mysql_agent {

/// What the doctor has seen.
struct DoctorFacts {
  Role role = Role::replica;
  DataDir dir;
  std::optional<DataDirFacts> data;  ///< nullopt: `refusal` tells why
  std::optional<Error> refusal;      ///< a file of the agent cannot be understood
  std::vector<std::string> set_aside;
  std::optional<PauseRequest> pause;
  std::optional<ServerFacts> server;  ///< nullopt: the server does not answer
  std::string server_error;
  int server_error_number = 0;          ///< of the server or of its client library; 0: neither gave one
  std::vector<Deviation> deviations;    ///< the sidecar's, where it answers: it knows more than the server says
  std::optional<StatusReport> sidecar;  ///< nullopt: the sidecar does not answer
  std::string sidecar_error;
};

/// One thing that the doctor found.
struct Finding {
  enum class Kind {
    fine,    ///< nothing is to be done, or it can wait
    passes,  ///< the pod does not do its work, and a start or some time may help
    person,  ///< going on could lose data: a person must decide
  };
  Kind kind = Kind::fine;
  std::string about;          ///< data, server, sidecar, replication, reclone, set aside, filters, differs, pause
  std::string state;          ///< what it is
  std::string evidence = {};  ///< what that rests on; may be empty
  std::string next = {};      ///< what to do; empty: nothing
};

/// Finds what is wrong. For the data it asks plan_clone what clone-mysql would do, without asking the peers.
///
/// | # | about       | what there is                                          | kind   |
/// |---|-------------|--------------------------------------------------------|--------|
/// | 1 | data        | a file of the agent's that is not to be understood     | person |
/// | 2 | data        | clone-mysql would refuse it                            | person |
/// | 3 | data        | an unfinished clone, and a server that runs on it      | person |
/// | 4 | data        | an unfinished clone                                    | passes |
/// | 5 | data        | settled, and a server runs; or complete                | fine   |
/// | 6 | data        | settled, but not complete, and no server that answers  | person |
/// | 7 | data        | complete, without a state: it will be adopted          | passes |
/// | 8 | data        | none                                                   | passes |
/// | 9 | reclone     | asked for                                              | fine   |
/// |10 | set aside   | data that was replaced                                 | fine   |
/// |11 | server      | does not answer                                        | passes |
/// |12 | sidecar     | does not answer                                        | passes |
/// |13 | replication | held                                                   | person |
/// |14 | sidecar     | says that the pod is not ready                         | passes |
/// |15 | filters     | the server leaves something out                        | fine   |
/// |16 | clone       | clone-mysql answers: its clone runs, and is the data's | passes |
/// |17 | differs     | the server is not what the agent relies on (Deviation) | fine   |
/// |18 | pause       | a person paused the sidecar                            | fine   |
std::vector<Finding> diagnose(const DoctorFacts& facts);

/// Reads the volume, and asks neither server nor sidecar. Throws usage_error where the directory is missing or
/// unreadable.
DoctorFacts look_at_data(const DataDir& dir, const PodSet& set);

/// The findings, for people.
std::string doctor_text(const std::string& pod, Role role, const std::vector<Finding>& findings);

struct DoctorOptions {
  PodSet set;
  DataDir dir;
  ServerLogin login;
  std::string http_host;  ///< where the pod's own sidecar answers
  std::uint16_t http_port = 0;
};

/// `mysql-agent doctor`: looks at the volume, the server and the sidecar, and changes nothing. It prints to stdout what
/// it found, the evidence, and the next step. Returns refused where a person must decide, failed where the pod does not
/// do its work, else done.
ExitCode print_doctor(const DoctorOptions& options);

}  // namespace mysql_agent
