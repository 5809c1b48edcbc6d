#include "agent/cli/flags.hpp"

#include <cctype>
#include <initializer_list>
#include <limits>
#include <utility>

#include "agent/cli/run.hpp"
#include "common/base/error.hpp"
#include "common/base/units.hpp"

namespace mysql_agent {
namespace {

template <typename T>
T parse_number(const std::string& text, std::uint64_t low, std::uint64_t high) {
  return static_cast<T>(parse_number_between(text, low, high));
}

template <typename T>
T parse_choice(const std::string& text, std::initializer_list<std::pair<const char*, T>> choices) {
  std::string names;
  for (const auto& [name, value] : choices) {
    if (text == name) return value;
    names += (names.empty() ? "" : ", ") + std::string(name);
  }
  throw usage_error("'" + text + "' is none of " + names, "");
}

std::vector<std::string> subcommand_names(bool of_a_pod_alone) {
  std::vector<std::string> names;
  for (const Subcommand& each : subcommands())
    if (each.of_a_pod || !of_a_pod_alone) names.push_back(each.name);
  return names;
}

// The flags as they are written down: nothing is in `s` yet.
std::vector<Flag> all_flags(Settings& s) {
  const auto text = [](std::string& to) { return [&to](const std::string& t) { to = t; }; };
  const auto path = [](std::filesystem::path& to) { return [&to](const std::string& t) { to = t; }; };
  const auto port = [](std::uint16_t& to) {
    return [&to](const std::string& t) { to = parse_number<std::uint16_t>(t, 1, 65535); };
  };
  const auto duration = [](std::chrono::milliseconds& to) {
    return [&to](const std::string& t) { to = parse_duration(t); };
  };
  const auto number = [](auto& to, std::uint64_t low, std::uint64_t high) {
    return [&to, low, high](const std::string& t) {
      to = parse_number<std::remove_reference_t<decltype(to)>>(t, low, high);
    };
  };
  const Default none = Default::prose("none");
  const std::vector<std::string> all_subcommands = subcommand_names(false);
  const std::vector<std::string> of_a_pod = subcommand_names(true);
  constexpr std::uint64_t max32 = std::numeric_limits<std::uint32_t>::max();
  const std::vector<std::string> data{"clone-mysql", "sidecar", "status", "doctor"};
  const std::vector<std::string> clones{"clone-mysql", "sidecar"};
  const std::vector<std::string> surveys{"clone-mysql", "sidecar", "status"};
  const std::vector<std::string> judges{"sidecar", "status"};
  const std::vector<std::string> server{"sidecar", "status", "doctor"};
  const std::vector<std::string> init{"init-mysql"};
  const std::vector<std::string> clone{"clone-mysql"};
  const std::vector<std::string> sidecar{"sidecar"};
  return {
      {"--pod-name", of_a_pod, Default::prose("POD_NAME, else the host name"), "<set>-<ordinal>", text(s.pod_name)},
      {"--service", of_a_pod, "mysql", "the headless service", text(s.set.service)},
      {"--peer-host", of_a_pod, "{set}-{ordinal}.{service}", "where a peer is; a local run says 127.0.0.1{ordinal}",
       text(s.set.peer_host_template)},
      {"--first-ordinal", of_a_pod, "0", "the StatefulSet's .spec.ordinals.start; that pod is the primary",
       number(s.set.first_ordinal, 0, max32)},
      {"--log-level", all_subcommands, "info", "debug, info, warning or error",
       [&s](const std::string& t) {
         s.log_level = parse_choice<LogLevel>(t, {{"debug", LogLevel::debug},
                                                  {"info", LogLevel::info},
                                                  {"warning", LogLevel::warning},
                                                  {"error", LogLevel::error}});
       }},
      {"--log-format", all_subcommands, "text", "text or json, to stderr",
       [&s](const std::string& t) {
         s.log_format = parse_choice<LogFormat>(t, {{"text", LogFormat::text}, {"json", LogFormat::json}});
       }},
      {"--termination-log", all_subcommands, "/dev/termination-log", "where an error is repeated, if the file exists",
       text(s.termination_log)},
      {"--conf-dir", init, "/mnt/conf.d", "where the server's option files go", path(s.conf_dir)},
      {"--config-map-dir", init, "/mnt/config-map", "where primary.cnf and replica.cnf come from",
       path(s.config_map_dir)},
      {"--server-id-base", init, "100", "server id = base + ordinal", number(s.server_id_base, 0, max32)},
      {"--data-dir",
       {"clone-mysql", "sidecar", "status", "doctor", "reclone"},
       "/var/lib/mysql",
       "the server's data directory",
       path(s.data_dir)},
      {"--clone-port", clones, "3307", "port of the clone service", port(s.clone_port)},
      {"--engine", clones, "auto", "auto, xtrabackup (mariadb-backup too) or clone-plugin: how a clone is made",
       [&s](const std::string& t) {
         s.engine = parse_choice<EngineChoice>(t, {{"auto", EngineChoice::automatic},
                                                   {"xtrabackup", EngineChoice::xtrabackup},
                                                   {"clone-plugin", EngineChoice::clone_plugin}});
       }},
      {"--clone-user", clones, "clone", "the account that MySQL's clone plugin uses", text(s.clone_user)},
      {"--clone-password-file", clones, none,
       "its password; with one, the primary's sidecar looks after the account and the plugin",
       path(s.clone_password_file)},
      {"--defaults-file", clone, none,
       "the option file of the MySQL server that clone-mysql runs on an unfinished copy; none: the server's default "
       "ones",
       path(s.defaults_file)},
      {"--parallel", clones, Default::prose("the cores allowed, at most 4"),
       "threads of the backup tool, and (at most 2) that write a clone", number(s.parallel, 1, 64)},
      {"--use-memory", clone, Default::prose("half of the container's limit"), "memory for prepare",
       [&s](const std::string& t) { s.use_memory = parse_size(t); }},
      {"--donor-wait", clone, "10m", "how long to look for a fit donor before giving up", duration(s.donor_wait)},
      {"--stall-timeout", clones, "60s", "no byte for so long = the transfer is dead; there is no overall deadline",
       duration(s.stall_timeout)},
      {"--peers-above", surveys, "8", "how many ordinals after its own a pod asks", number(s.peers_above, 0, 1000)},
      {"--on-lost-primary", clone, "recover",
       "recover, refuse or initialize, when the primary is empty and a peer has data; the last also where it only "
       "knows of data",
       [&s](const std::string& t) {
         s.on_lost_primary = parse_choice<OnLostPrimary>(t, {{"recover", OnLostPrimary::recover},
                                                             {"refuse", OnLostPrimary::refuse},
                                                             {"initialize", OnLostPrimary::initialize}});
       }},
      {"--initialize",
       clone,
       "off",
       "make the primary's first data directory, instead of the image's entrypoint",
       {},
       &s.initialize},
      {"--clone-secret-file", clones, none,
       "a secret that all pods share: clones by TLS 1.3 with a key derived from it", path(s.tls.secret)},
      {"--tls-cert", clones, none, "the pod's certificate: clones by mutual TLS 1.3; PEM, as are the next two",
       path(s.tls.certificate)},
      {"--tls-key", clones, none, "its key", path(s.tls.key)},
      {"--tls-ca", clones, none, "the CA of all pods' certificates", path(s.tls.ca)},
      {"--insecure",
       clones,
       "off",
       "clones without authentication and encryption: the network is trusted",
       {},
       &s.insecure},
      {"--listen", clones, "0.0.0.0", "address of the clone service", text(s.listen)},
      {"--max-clones", sidecar, "1", "clones served at once", number(s.max_clones, 1, 64)},
      {"--max-rate", sidecar, none, "bytes a second that the clones being served take together, like 50MiB",
       [&s](const std::string& t) { s.max_rate = parse_size(t); }},
      {"--http-listen", data, "0.0.0.0:9307",
       "address and port of the probes, /status and /metrics; for status and doctor, where a sidecar's are",
       text(s.http_listen)},
      {"--mysql-socket", server, none, "the pod's own server, by its socket", text(s.login.socket)},
      {"--mysql-host", server, "127.0.0.1", "the pod's own server, by TCP", text(s.login.host)},
      {"--mysql-port", server, "3306", "its port", port(s.login.port)},
      {"--mysql-user", server, "root", "the agent's account on it", text(s.login.user)},
      {"--mysql-password-file", data, none, "its password; for clone-mysql root's, with --initialize",
       path(s.mysql_password_file)},
      {"--mysql-tls",
       server,
       "off",
       "log in to it by TLS, by a socket too; its certificate is not verified",
       {},
       &s.login.tls},
      {"--mysql-tls-ca", server, none, "log in to it by TLS, and its certificate must come from this CA; PEM",
       path(s.login.tls_ca)},
      {"--replication-user", clones, "replication", "the account that replicas use", text(s.replication_user)},
      {"--replication-password-file", clones, none,
       "its password; with one, --initialize makes the account, and the primary's sidecar looks after it",
       path(s.replication_password_file)},
      {"--source-port", sidecar, "3306", "port of the primary's server", port(s.source_port)},
      {"--max-lag", judges, "30s", "above it a replica is not ready and not a fit donor", duration(s.max_lag)},
      {"--max-source-absence", judges, "5m",
       "how long a replica that has followed stays ready while the primary is away; 0s: not at all",
       duration(s.max_source_absence)},
      {"--shutdown-grace", sidecar, "20s", "how long a clone being served may still run after SIGTERM",
       duration(s.shutdown_grace)},
      {"--all", {"status"}, "off", "ask the sidecars of all pods of the set", {}, &s.all},
      {"--output",
       {"status"},
       "table",
       "table or json",
       [&s](const std::string& t) {
         s.output = parse_choice<OutputFormat>(t, {{"table", OutputFormat::table}, {"json", OutputFormat::json}});
       }},
      {"--discard",
       {"reclone"},
       "off",
       "the old data may be removed before the clone, once there is a fit donor",
       {},
       &s.discard},
      {"--cancel", {"reclone"}, "off", "withdraw the request", {}, &s.cancel},
  };
}

}  // namespace

std::vector<Flag> flags_of(Settings& settings) {
  std::vector<Flag> flags = all_flags(settings);
  for (const Flag& flag : flags)
    if (flag.on == nullptr && flag.initial.is_value) flag.set(flag.initial.text);
  return flags;
}

std::string subcommands_text(const Flag& flag) {
  if (flag.subcommands == subcommand_names(false)) return "all";
  if (flag.subcommands == subcommand_names(true)) return "all but install";
  std::string out;
  for (const std::string& name : flag.subcommands) out += (out.empty() ? "" : ", ") + name;
  return out;
}

std::string variable_of(const std::string& flag) {
  std::string out = "MYSQL_AGENT_";
  for (const char c : flag.substr(2))
    out += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

}  // namespace mysql_agent
