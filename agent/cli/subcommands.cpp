#include "agent/cli/subcommands.hpp"

namespace mysql_agent {

const char* purpose_text(Purpose purpose) {
  switch (purpose) {
    case Purpose::container: return "Containers of a pod";
    case Purpose::person: return "For people, in a container of a pod";
    case Purpose::shell: return "For a shell";
  }
  return "";
}

const std::vector<Subcommand>& subcommands() {
  // Those of the shell need no pod. install runs in images that hold nothing but the program, under any host name.
  static const std::vector<Subcommand> all{
      {
          .name = "init-mysql",
          .help = "init container: server id and primary/replica options from the pod's ordinal",
          .purpose = Purpose::container,
          .of_a_pod = true,
      },
      {
          .name = "clone-mysql",
          .help = "init container: gives a new replica its data as a verified clone of another pod",
          .purpose = Purpose::container,
          .of_a_pod = true,
      },
      {
          .name = "sidecar",
          .help = "beside the server: starts and watches replication, serves clones and probes",
          .purpose = Purpose::container,
          .of_a_pod = true,
      },
      {
          .name = "install",
          .help = "init container: copies this program into a directory, for containers whose images lack it",
          .purpose = Purpose::container,
          .of_a_pod = false,
      },
      {
          .name = "status",
          .help = "prints what this pod, or all of the set, is and does; exit code 1 where it is not ready",
          .purpose = Purpose::person,
          .of_a_pod = true,
      },
      {
          .name = "doctor",
          .help = "says what is wrong with this pod, and what to do; exit code 1 where it is not ready, 3 where a "
                  "person must decide",
          .purpose = Purpose::person,
          .of_a_pod = true,
      },
      {
          .name = "reclone",
          .help = "asks for a fresh clone of a replica's data at the next start of clone-mysql",
          .purpose = Purpose::person,
          .of_a_pod = true,
      },
      {
          .name = "release",
          .help = "ends a replica's hold for transactions of its own: a person's word that its rows are the primary's",
          .purpose = Purpose::person,
          .of_a_pod = true,
      },
      {
          .name = "pause",
          .help = "lets the sidecar of this pod change nothing, until resume or for a time; it goes on looking",
          .purpose = Purpose::person,
          .of_a_pod = true,
      },
      {
          .name = "resume",
          .help = "ends a pause",
          .purpose = Purpose::person,
          .of_a_pod = true,
      },
      {
          .name = "completion",
          .help = "prints the completion for a shell",
          .purpose = Purpose::shell,
          .of_a_pod = false,
      },
      {
          .name = "man",
          .help = "prints the manual page",
          .purpose = Purpose::shell,
          .of_a_pod = false,
      },
  };
  return all;
}

}  // namespace mysql_agent
