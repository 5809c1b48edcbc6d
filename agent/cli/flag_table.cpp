#include "agent/cli/flag_table.hpp"

#include <limits>
#include <utility>

#include "agent/cli/subcommands.hpp"
#include "common/base/defaults.hpp"
#include "common/base/error.hpp"
#include "common/base/units.hpp"

namespace mysql_agent {
namespace {

using Setter = std::function<void(const std::string&)>;

constexpr std::uint64_t max32 = std::numeric_limits<std::uint32_t>::max();

// The subcommands that take a flag.
using Names = std::vector<std::string>;
Names data() {
  return {"clone-mysql", "sidecar", "status", "doctor"};
}
Names clones() {
  return {"clone-mysql", "sidecar"};
}
Names surveys() {
  return {"clone-mysql", "sidecar", "status"};
}
Names judges() {
  return {"sidecar", "status"};
}
Names server() {
  return {"sidecar", "status", "doctor"};
}
Names init() {
  return {"init-mysql"};
}
Names clone() {
  return {"clone-mysql"};
}
Names sidecar() {
  return {"sidecar"};
}

// Where the text of a flag goes, and which texts are refused.
Setter text(std::string& to) {
  return [&to](const std::string& value) { to = value; };
}
Setter path(std::filesystem::path& to) {
  return [&to](const std::string& value) { to = value; };
}
Setter duration(std::chrono::milliseconds& to) {
  return [&to](const std::string& value) { to = parse_duration(value); };
}
Setter some_time(std::optional<std::chrono::milliseconds>& to) {
  return [&to](const std::string& value) {
    const std::chrono::milliseconds time = parse_duration(value);
    if (time.count() == 0) throw usage_error("'" + value + "' is no time", "");
    to = time;
  };
}
Setter size(std::uint64_t& to) {
  return [&to](const std::string& value) { to = parse_size(value); };
}
template <typename T>
Setter number(T& to, std::uint64_t low, std::uint64_t high) {
  return [&to, low, high](const std::string& value) { to = static_cast<T>(parse_number_between(value, low, high)); };
}
Setter port(std::uint16_t& to) {
  return number(to, 1, 65535);
}
// A flag that takes one of a few words.
template <typename T>
Flag choice(Flag flag, T& to, const std::vector<std::pair<const char*, T>>& choices) {
  for (const auto& [name, chosen] : choices) flag.words.emplace_back(name);
  flag.set = [&to, choices](const std::string& value) {
    std::string names;
    for (const auto& [name, chosen] : choices) {
      if (value == name) {
        to = chosen;
        return;
      }
      names += (names.empty() ? "" : ", ") + std::string(name);
    }
    throw usage_error("'" + value + "' is none of " + names, "");
  };
  return flag;
}

// Which pod this is, and its set.
std::vector<Flag> pod_flags(Settings& s) {
  return {
      {
          .name = "--pod-name",
          .subcommands = subcommand_names(true),
          .initial = Default::prose("POD_NAME, else the host name"),
          .help = "the pod's name, <set>-<ordinal>",
          .set = text(s.pod_name),
      },
      {
          .name = "--service",
          .subcommands = subcommand_names(true),
          .initial = "mysql",
          .help = "the headless service of the set",
          .set = text(s.set.service),
      },
      {
          .name = "--peer-host",
          .subcommands = subcommand_names(true),
          .initial = "{set}-{ordinal}.{service}",
          .help = "where a peer is; a local run says 127.0.0.1{ordinal}",
          .set = text(s.set.peer_host_template),
      },
      {
          .name = "--first-ordinal",
          .subcommands = subcommand_names(true),
          .initial = "0",
          .help = "the StatefulSet's .spec.ordinals.start; that pod is the primary",
          .set = number(s.set.first_ordinal, 0, max32),
      },
  };
}

// Logs and errors.
std::vector<Flag> log_flags(Settings& s) {
  return {
      choice(
          {
              .name = "--log-level",
              .subcommands = subcommand_names(false),
              .initial = "info",
              .help = "what the log begins with: debug, info, warning or error",
          },
          s.log_level,
          {{"debug", LogLevel::debug},
           {"info", LogLevel::info},
           {"warning", LogLevel::warning},
           {"error", LogLevel::error}}),
      choice(
          {
              .name = "--log-format",
              .subcommands = subcommand_names(false),
              .initial = "text",
              .help = "how the log is written to stderr: text or json",
          },
          s.log_format, {{"text", LogFormat::text}, {"json", LogFormat::json}}),
      {
          .name = "--termination-log",
          .subcommands = subcommand_names(false),
          .initial = "/dev/termination-log",
          .help = "where an error is repeated, if the file exists",
          .set = text(s.termination_log),
      },
  };
}

// The server's option files.
std::vector<Flag> init_flags(Settings& s) {
  return {
      {
          .name = "--conf-dir",
          .subcommands = {"init-mysql", "clone-mysql"},
          .initial = "/mnt/conf.d",
          .help = "where the server's option files go; clone-mysql changes them for an entrypoint, and for a primary's "
                  "events",
          .set = path(s.conf_dir),
      },
      {
          .name = "--config-map-dir",
          .subcommands = init(),
          .initial = "/mnt/config-map",
          .help = "where primary.cnf and replica.cnf come from",
          .set = path(s.config_map_dir),
      },
      {
          .name = "--server-id-base",
          .subcommands = init(),
          .initial = "100",
          .help = "server id = base + ordinal",
          .set = number(s.server_id_base, 0, max32),
      },
      {
          .name = "--server-memory",
          .subcommands = init(),
          .initial = Default::prose("unknown"),
          .help = "the memory limit of the server's container: the server gets a buffer pool of half of it",
          .set = size(s.server_memory),
      },
  };
}

// How a clone is made, and from whom.
std::vector<Flag> clone_flags(Settings& s) {
  return {
      {
          .name = "--data-dir",
          .subcommands = {"clone-mysql", "sidecar", "status", "doctor", "reclone", "release", "pause", "resume"},
          .initial = "/var/lib/mysql",
          .help = "the server's data directory",
          .set = path(s.data_dir),
      },
      {
          .name = "--clone-port",
          .subcommands = clones(),
          .initial = std::to_string(defaults::clone_port),
          .help = "port of the clone service",
          .set = port(s.clone_port),
      },
      choice(
          {
              .name = "--engine",
              .subcommands = clones(),
              .initial = "auto",
              .help = "auto, xtrabackup (mariadb-backup too) or clone-plugin: how a clone is made",
          },
          s.engine,
          {{"auto", EngineChoice::automatic},
           {"xtrabackup", EngineChoice::xtrabackup},
           {"clone-plugin", EngineChoice::clone_plugin}}),
      {
          .name = "--clone-user",
          .subcommands = clones(),
          .initial = "clone",
          .help = "the account that MySQL's clone plugin uses",
          .set = text(s.clone_user),
      },
      {
          .name = "--clone-password-file",
          .subcommands = clones(),
          .initial = Default::prose("none"),
          .help =
              "the password of --clone-user; with one, the primary's sidecar looks after the account and the plugin",
          .set = path(s.clone_password_file),
      },
      {
          .name = "--defaults-file",
          .subcommands = clone(),
          .initial = Default::prose("none"),
          .help = "the option file of this pod's server, from which clone-mysql takes what shapes the data; none: the "
                  "server's default ones",
          .set = path(s.defaults_file),
      },
      {
          .name = "--parallel",
          .subcommands = clones(),
          .initial = Default::prose("the cores allowed, at most 4"),
          .help = "threads of the backup tool, and (at most 2) that write a clone",
          .set = number(s.parallel, 1, 64),
      },
      {
          .name = "--use-memory",
          .subcommands = clone(),
          .initial = Default::prose("half of the container's limit"),
          .help = "memory for the preparation of a clone",
          .set = size(s.use_memory),
      },
      {
          .name = "--donor-wait",
          .subcommands = clone(),
          .initial = "10m",
          .help = "how long to look for a fit donor before giving up",
          .set = duration(s.donor_wait),
      },
      {
          .name = "--stall-timeout",
          .subcommands = clones(),
          .initial = "60s",
          .help = "no byte for so long = the transfer is dead; there is no overall deadline",
          .set = duration(s.stall_timeout),
      },
      {
          .name = "--peers-above",
          .subcommands = surveys(),
          .initial = "8",
          .help = "how many ordinals after its own a pod asks",
          .set = number(s.peers_above, 0, 1000),
      },
      choice(
          {
              .name = "--on-lost-primary",
              .subcommands = clone(),
              .initial = "recover",
              .help =
                  "recover, refuse or initialize, when the primary is empty and a peer has data; the last also where "
                  "it only knows of data",
          },
          s.on_lost_primary,
          {{"recover", OnLostPrimary::recover},
           {"refuse", OnLostPrimary::refuse},
           {"initialize", OnLostPrimary::initialize}}),
      {
          .name = "--initialize",
          .subcommands = clone(),
          .initial = "off",
          .help = "make the primary's first data directory, instead of the image's entrypoint",
          .on = &s.initialize,
      },
  };
}

// Who may take a clone.
std::vector<Flag> security_flags(Settings& s) {
  return {
      {
          .name = "--clone-secret-file",
          .subcommands = clones(),
          .initial = Default::prose("none"),
          .help = "a secret that all pods share: clones by TLS 1.3 with a key derived from it",
          .set = path(s.tls.secret),
      },
      {
          .name = "--tls-cert",
          .subcommands = clones(),
          .initial = Default::prose("none"),
          .help = "the pod's certificate, PEM: clones by mutual TLS 1.3",
          .set = path(s.tls.certificate),
      },
      {
          .name = "--tls-key",
          .subcommands = clones(),
          .initial = Default::prose("none"),
          .help = "the key of --tls-cert, PEM",
          .set = path(s.tls.key),
      },
      {
          .name = "--tls-ca",
          .subcommands = clones(),
          .initial = Default::prose("none"),
          .help = "the CA of all pods' certificates, PEM",
          .set = path(s.tls.ca),
      },
      {
          .name = "--insecure",
          .subcommands = clones(),
          .initial = "off",
          .help = "clones without authentication and encryption: the network is trusted",
          .on = &s.insecure,
      },
  };
}

// What the ports of the agent serve.
std::vector<Flag> serving_flags(Settings& s) {
  return {
      {
          .name = "--listen",
          .subcommands = clones(),
          .initial = defaults::all_addresses,
          .help = "address of the clone service; *: all, of IPv4 and IPv6",
          .set = text(s.listen),
      },
      {
          .name = "--max-clones",
          .subcommands = sidecar(),
          .initial = "1",
          .help = "clones served at once",
          .set = number(s.max_clones, 1, 64),
      },
      {
          .name = "--max-rate",
          .subcommands = sidecar(),
          .initial = Default::prose("none"),
          .help = "bytes a second that the clones being served take together, like 50MiB",
          .set = size(s.max_rate),
      },
      {
          .name = "--http-listen",
          .subcommands = {"clone-mysql", "sidecar", "status", "doctor", "pause", "resume"},
          .initial = std::string(defaults::all_addresses) + ":" + std::to_string(defaults::http_port),
          .help = "address and port of the probes, /status and /metrics, *: all, of IPv4 and IPv6; for the "
                  "other subcommands, where a sidecar's are",
          .set = text(s.http_listen),
      },
  };
}

// The pod's own server.
std::vector<Flag> server_flags(Settings& s) {
  return {
      {
          .name = "--mysql-socket",
          .subcommands = server(),
          .initial = Default::prose("none"),
          .help = "the socket of the pod's own server; with one, no TCP",
          .set = text(s.login.socket),
      },
      {
          .name = "--mysql-host",
          .subcommands = server(),
          .initial = "127.0.0.1",
          .help = "where the pod's own server listens",
          .set = text(s.login.host),
      },
      {
          .name = "--mysql-port",
          .subcommands = server(),
          .initial = std::to_string(defaults::mysql_port),
          .help = "the port of the pod's own server",
          .set = port(s.login.port),
      },
      {
          .name = "--mysql-user",
          .subcommands = server(),
          .initial = "root",
          .help = "the agent's account on the pod's own server",
          .set = text(s.login.user),
      },
      {
          .name = "--mysql-password-file",
          .subcommands = data(),
          .initial = Default::prose("none"),
          .help = "the password of --mysql-user; for clone-mysql root's, with --initialize",
          .set = path(s.mysql_password_file),
      },
      {
          .name = "--mysql-previous-password-file",
          .subcommands = server(),
          .initial = Default::prose("none"),
          .help =
              "the password before, while --mysql-password-file is changed: a replica gets the new one by replication",
          .set = path(s.mysql_previous_password_file),
      },
      {
          .name = "--mysql-tls",
          .subcommands = server(),
          .initial = "off",
          .help = "log in to the pod's own server by TLS, by a socket too; its certificate is not verified",
          .on = &s.login.tls,
      },
      {
          .name = "--mysql-tls-ca",
          .subcommands = server(),
          .initial = Default::prose("none"),
          .help = "log in to the pod's own server by TLS; its certificate must come from this CA, PEM",
          .set = path(s.login.tls_ca),
      },
  };
}

// Replication, and when a replica is ready.
std::vector<Flag> replication_flags(Settings& s) {
  return {
      {
          .name = "--replication-user",
          .subcommands = clones(),
          .initial = "replication",
          .help = "the account that replicas use",
          .set = text(s.replication_user),
      },
      {
          .name = "--replication-password-file",
          .subcommands = clones(),
          .initial = Default::prose("none"),
          .help = "the password of --replication-user; with one, --initialize makes the account, and the primary's "
                  "sidecar looks after it",
          .set = path(s.replication_password_file),
      },
      {
          .name = "--source-port",
          .subcommands = sidecar(),
          .initial = std::to_string(defaults::mysql_port),
          .help = "port of the primary's server",
          .set = port(s.source_port),
      },
      {
          .name = "--max-lag",
          .subcommands = judges(),
          .initial = "30s",
          .help = "a replica that is farther behind is not ready and not a fit donor",
          .set = duration(s.max_lag),
      },
      {
          .name = "--max-source-absence",
          .subcommands = judges(),
          .initial = "5m",
          .help = "how long a replica that has followed stays ready while the primary is away; 0s: not at all",
          .set = duration(s.max_source_absence),
      },
      {
          .name = "--shutdown-grace",
          .subcommands = sidecar(),
          .initial = "20s",
          .help = "how long a clone being served may still run after SIGTERM",
          .set = duration(s.shutdown_grace),
      },
  };
}

// What a person asks for.
std::vector<Flag> operate_flags(Settings& s) {
  return {
      {
          .name = "--all",
          .subcommands = {"status"},
          .initial = "off",
          .help = "ask the sidecars of all pods of the set",
          .on = &s.all,
      },
      choice(
          {
              .name = "--output",
              .subcommands = {"status"},
              .initial = "table",
              .help = "how status is printed: table or json",
          },
          s.output, {{"table", OutputFormat::table}, {"json", OutputFormat::json}}),
      {
          .name = "--watch",
          .subcommands = {"status"},
          .initial = "off",
          .help = "print the status again every two seconds, until Ctrl-C",
          .on = &s.watch,
      },
      {
          .name = "--for",
          .subcommands = {"pause"},
          .initial = Default::prose("until resume"),
          .help = "how long the pause lasts, like 1h",
          .set = some_time(s.pause_for),
      },
      {
          .name = "--discard",
          .subcommands = {"reclone"},
          .initial = "off",
          .help = "the old data may be removed before the new clone, once there is a fit donor",
          .on = &s.discard,
      },
      {
          .name = "--cancel",
          .subcommands = {"reclone"},
          .initial = "off",
          .help = "withdraw the request for a new clone",
          .on = &s.cancel,
      },
  };
}

}  // namespace

std::vector<std::string> subcommand_names(bool of_a_pod_alone) {
  std::vector<std::string> names;
  for (const Subcommand& each : subcommands())
    if (each.of_a_pod || !of_a_pod_alone) names.push_back(each.name);
  return names;
}

std::vector<Flag> flag_table(Settings& settings) {
  struct Group {
    const char* name;
    std::vector<Flag> (*flags)(Settings&);
  };
  static constexpr Group groups[] = {
      {"The subcommand", operate_flags},
      {"The pod and its set", pod_flags},
      {"Data and clones", clone_flags},
      {"Replication", replication_flags},
      {"The pod's own server", server_flags},
      {"Option files", init_flags},
      {"Who may take a clone", security_flags},
      {"Ports and limits", serving_flags},
      {"Log and errors", log_flags},
  };
  std::vector<Flag> all;
  for (const Group& group : groups)
    for (Flag& flag : group.flags(settings)) {
      flag.group = group.name;
      all.push_back(std::move(flag));
    }
  return all;
}

}  // namespace mysql_agent
