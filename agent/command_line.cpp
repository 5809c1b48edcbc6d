#include "agent/command_line.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <functional>
#include <limits>

#include "agent/clone_mysql.hpp"
#include "agent/init_mysql.hpp"
#include "agent/reclone.hpp"
#include "agent/sidecar.hpp"
#include "agent/status.hpp"
#include "common/container_limits.hpp"
#include "common/error.hpp"
#include "common/log.hpp"
#include "common/tls.hpp"
#include "common/units.hpp"

namespace mysql_agent {
namespace {

// Everything as it was said; each subcommand takes from it what it needs.
struct Settings {
  PodSet set;
  std::string pod_name;
  LogLevel log_level = LogLevel::info;
  LogFormat log_format = LogFormat::text;
  std::string termination_log = "/dev/termination-log";

  std::filesystem::path conf_dir = "/mnt/conf.d";
  std::filesystem::path config_map_dir = "/mnt/config-map";
  std::uint32_t server_id_base = 100;

  std::filesystem::path data_dir = "/var/lib/mysql";
  std::uint16_t clone_port = 3307;
  unsigned parallel = std::min(allowed_cores(), 4U);
  std::uint64_t use_memory = 0;
  std::chrono::milliseconds donor_wait{600'000};
  std::chrono::milliseconds stall_timeout{60'000};
  std::uint32_t peers_above = 8;
  OnLostPrimary on_lost_primary = OnLostPrimary::recover;
  bool initialize = false;
  TlsFiles tls;
  bool insecure = false;
  EngineChoice engine = EngineChoice::automatic;
  std::filesystem::path defaults_file;
  std::string clone_user = "clone";
  std::filesystem::path clone_password_file;

  std::string listen = "0.0.0.0";
  unsigned max_clones = 1;
  std::uint64_t max_rate = 0;
  std::string http_listen = "0.0.0.0:9307";
  ServerLogin login;
  std::filesystem::path mysql_password_file;
  std::string replication_user = "replication";
  std::filesystem::path replication_password_file;
  std::uint16_t source_port = 3306;
  std::chrono::milliseconds max_lag{30'000};
  std::chrono::milliseconds shutdown_grace{20'000};
  OutputFormat output = OutputFormat::table;
  bool discard = false;
  bool cancel = false;
};

template <typename T>
T parse_number(const std::string& text, std::uint64_t low, std::uint64_t high) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < low || value > high)
    throw usage_error("'" + text + "' is not a number between " + std::to_string(low) + " and " + std::to_string(high), "");
  return static_cast<T>(value);
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

using Setter = std::function<void(const std::string&)>;

// One flag: what it is called, who takes it, and where its text goes. An empty setter marks a switch.
struct Flag {
  const char* name;
  std::vector<std::string> subcommands;
  std::string default_text;
  const char* help;
  Setter set;
  bool* on = nullptr;
};

const std::vector<std::string> all_subcommands{"init-mysql", "clone-mysql", "sidecar", "status", "reclone"};

std::vector<Flag> flags_of(Settings& s) {
  const auto text = [](std::string& to) { return [&to](const std::string& t) { to = t; }; };
  const auto path = [](std::filesystem::path& to) { return [&to](const std::string& t) { to = t; }; };
  const auto port = [](std::uint16_t& to) { return [&to](const std::string& t) { to = parse_number<std::uint16_t>(t, 1, 65535); }; };
  const auto duration = [](std::chrono::milliseconds& to) { return [&to](const std::string& t) { to = parse_duration(t); }; };
  const auto number = [](auto& to, std::uint64_t low, std::uint64_t high) {
    return [&to, low, high](const std::string& t) { to = parse_number<std::remove_reference_t<decltype(to)>>(t, low, high); };
  };
  constexpr std::uint64_t max32 = std::numeric_limits<std::uint32_t>::max();
  const std::vector<std::string> data{"clone-mysql", "sidecar", "status"};
  const std::vector<std::string> clones{"clone-mysql", "sidecar"};
  const std::vector<std::string> server{"sidecar", "status"};
  const std::vector<std::string> init{"init-mysql"};
  const std::vector<std::string> clone{"clone-mysql"};
  const std::vector<std::string> sidecar{"sidecar"};
  return {
      {"--pod-name", all_subcommands, "POD_NAME, else the host name", "<set>-<ordinal>", text(s.pod_name)},
      {"--service", all_subcommands, "mysql", "the headless service", text(s.set.service)},
      {"--peer-host", all_subcommands, "{set}-{ordinal}.{service}", "where a peer is; a local run says 127.0.0.1{ordinal}", text(s.set.peer_host_template)},
      {"--first-ordinal", all_subcommands, "0", "the StatefulSet's .spec.ordinals.start; that pod is the primary", number(s.set.first_ordinal, 0, max32)},
      {"--log-level", all_subcommands, "info", "debug, info, warning or error",
       [&s](const std::string& t) {
         s.log_level = parse_choice<LogLevel>(t, {{"debug", LogLevel::debug}, {"info", LogLevel::info}, {"warning", LogLevel::warning}, {"error", LogLevel::error}});
       }},
      {"--log-format", all_subcommands, "text", "text or json, to stderr",
       [&s](const std::string& t) { s.log_format = parse_choice<LogFormat>(t, {{"text", LogFormat::text}, {"json", LogFormat::json}}); }},
      {"--termination-log", all_subcommands, "/dev/termination-log", "where an error is repeated, if the file exists", text(s.termination_log)},
      {"--conf-dir", init, "/mnt/conf.d", "where the server's option files go", path(s.conf_dir)},
      {"--config-map-dir", init, "/mnt/config-map", "where primary.cnf and replica.cnf come from", path(s.config_map_dir)},
      {"--server-id-base", init, "100", "server id = base + ordinal", number(s.server_id_base, 0, max32)},
      {"--data-dir", {"clone-mysql", "sidecar", "status", "reclone"}, "/var/lib/mysql", "the server's data directory", path(s.data_dir)},
      {"--clone-port", clones, "3307", "port of the clone service", port(s.clone_port)},
      {"--engine", clones, "auto", "auto, xtrabackup (mariadb-backup too) or clone-plugin: how a clone is made",
       [&s](const std::string& t) {
         s.engine = parse_choice<EngineChoice>(
             t, {{"auto", EngineChoice::automatic}, {"xtrabackup", EngineChoice::xtrabackup}, {"clone-plugin", EngineChoice::clone_plugin}});
       }},
      {"--clone-user", clones, "clone", "the account that MySQL's clone plugin uses", text(s.clone_user)},
      {"--clone-password-file", clones, "none", "its password; with one, the primary's sidecar looks after the account and the plugin", path(s.clone_password_file)},
      {"--defaults-file", clone, "none", "the option file of the MySQL server that clone-mysql runs on an unfinished copy; none: the server's default ones", path(s.defaults_file)},
      {"--parallel", clones, "the cores allowed, at most 4", "threads of the backup tool, and (at most 2) that write a clone", number(s.parallel, 1, 64)},
      {"--use-memory", clone, "half of the container's limit", "memory for prepare", [&s](const std::string& t) { s.use_memory = parse_size(t); }},
      {"--donor-wait", clone, "10m", "how long to look for a fit donor before giving up", duration(s.donor_wait)},
      {"--stall-timeout", clones, "60s", "no byte for so long = the transfer is dead; there is no overall deadline", duration(s.stall_timeout)},
      {"--peers-above", clones, "8", "how many ordinals after its own a pod asks", number(s.peers_above, 0, 1000)},
      {"--on-lost-primary", clone, "recover", "recover, refuse or initialize, when the primary is empty and a peer has data",
       [&s](const std::string& t) {
         s.on_lost_primary = parse_choice<OnLostPrimary>(
             t, {{"recover", OnLostPrimary::recover}, {"refuse", OnLostPrimary::refuse}, {"initialize", OnLostPrimary::initialize}});
       }},
      {"--initialize", clone, "off", "make the primary's first data directory, instead of the image's entrypoint", {}, &s.initialize},
      {"--clone-secret-file", clones, "none", "a secret that all pods share: clones by TLS 1.3 with a key derived from it", path(s.tls.secret)},
      {"--tls-cert", clones, "none", "the pod's certificate: clones by mutual TLS 1.3; PEM, as are the next two", path(s.tls.certificate)},
      {"--tls-key", clones, "none", "its key", path(s.tls.key)},
      {"--tls-ca", clones, "none", "the CA of all pods' certificates", path(s.tls.ca)},
      {"--insecure", clones, "off", "clones without authentication and encryption: the network is trusted", {}, &s.insecure},
      {"--listen", sidecar, "0.0.0.0", "address of the clone service", text(s.listen)},
      {"--max-clones", sidecar, "1", "clones served at once", number(s.max_clones, 1, 64)},
      {"--max-rate", sidecar, "none", "bytes a second that the clones being served take together, like 50MiB", [&s](const std::string& t) { s.max_rate = parse_size(t); }},
      {"--http-listen", sidecar, "0.0.0.0:9307", "address and port of /livez, /readyz and /status", text(s.http_listen)},
      {"--mysql-socket", server, "none", "the pod's own server, by its socket", text(s.login.socket)},
      {"--mysql-host", server, "127.0.0.1", "the pod's own server, by TCP", text(s.login.host)},
      {"--mysql-port", server, "3306", "its port", port(s.login.port)},
      {"--mysql-user", server, "root", "the agent's account on it", text(s.login.user)},
      {"--mysql-password-file", data, "none", "its password; for clone-mysql root's, with --initialize", path(s.mysql_password_file)},
      {"--replication-user", clones, "replication", "the account that replicas use", text(s.replication_user)},
      {"--replication-password-file", clones, "none", "its password; with one, --initialize makes the account, and the primary's sidecar looks after it", path(s.replication_password_file)},
      {"--source-port", sidecar, "3306", "port of the primary's server", port(s.source_port)},
      {"--max-lag", server, "30s", "above it a replica is not ready and not a fit donor", duration(s.max_lag)},
      {"--shutdown-grace", sidecar, "20s", "how long a clone being served may still run after SIGTERM", duration(s.shutdown_grace)},
      {"--output", {"status"}, "table", "table or json",
       [&s](const std::string& t) { s.output = parse_choice<OutputFormat>(t, {{"table", OutputFormat::table}, {"json", OutputFormat::json}}); }},
      {"--discard", {"reclone"}, "off", "the old data may be removed before the clone, once there is a fit donor", {}, &s.discard},
      {"--cancel", {"reclone"}, "off", "withdraw the request", {}, &s.cancel},
  };
}

std::string variable_of(const std::string& flag) {
  std::string out = "MYSQL_AGENT_";
  for (const char c : flag.substr(2)) out += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

void add_flag(CLI::App& app, const Flag& flag) {
  const std::string help = std::string(flag.help) + " [" + flag.default_text + "]";
  if (flag.on != nullptr) {
    app.add_flag(flag.name, *flag.on, help)->envname(variable_of(flag.name));
    return;
  }
  const auto set = [flag](const std::string& value) {
    try {
      flag.set(value);
    } catch (const Error& error) {
      throw CLI::ValidationError(flag.name, error.what());
    }
  };
  app.add_option_function<std::string>(flag.name, set, help)->envname(variable_of(flag.name))->type_name("")->take_last();
}

std::string own_name() {
  if (const char* name = std::getenv("POD_NAME"); name != nullptr && *name != '\0') return name;
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  return host.data();
}

// PID 1 of a container ignores SIGTERM unless it has a handler; the states on disk make dying here safe.
void end_on_signals(const std::string& termination_log) {
  static std::string log_path;
  log_path = termination_log;
  const auto end = [](int) {
    constexpr std::string_view text = "error: ended by a signal\nhint: run it again, it goes on where it was\n";
    [[maybe_unused]] ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
    const int fd = ::open(log_path.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC);
    if (fd >= 0) written = ::write(fd, text.data(), text.size());
    ::_exit(static_cast<int>(ExitCode::failed));
  };
  std::signal(SIGTERM, end);
  std::signal(SIGINT, end);
}

// Exactly one of the three modes; none of them is a default, for each of the others would be refused by pods that use it.
Tls choose_security(const Settings& s) {
  const std::string modes = "choose one for all pods: --clone-secret-file, or --tls-cert with --tls-key and --tls-ca, or, on a network "
                            "that is trusted, --insecure";
  const int certificates = !s.tls.certificate.empty() + !s.tls.key.empty() + !s.tls.ca.empty();
  const int chosen = s.tls.by_secret() + (certificates > 0) + s.insecure;
  if (chosen == 0) throw usage_error("no security mode was chosen for the clone service", modes);
  if (chosen > 1) throw usage_error("more than one security mode was chosen for the clone service", modes);
  if (s.insecure) {
    log_event(LogLevel::warning, "agent", "started with --insecure: whoever reaches the clone port gets the whole database");
    return nullptr;
  }
  if (certificates != 0 && certificates != 3)
    throw usage_error("--tls-cert, --tls-key and --tls-ca belong together", "give all three of them");
  const auto tls = std::make_shared<TlsSource>(s.tls);
  log_event(LogLevel::info, "agent", "guarded the clone service",
            {{"by", s.tls.by_secret() ? "secret" : "certificates"}, {"file", (s.tls.by_secret() ? s.tls.secret : s.tls.certificate).string()}});
  return tls;
}

std::pair<std::string, std::uint16_t> split_address(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos || colon == 0)
    throw usage_error("--http-listen '" + address + "' has no port", "write it like 0.0.0.0:9307 or [::]:9307");
  const std::string host = address.substr(0, colon);
  std::uint16_t port = 0;
  try {
    port = parse_number<std::uint16_t>(address.substr(colon + 1), 1, 65535);
  } catch (const Error& error) {
    throw usage_error(std::string("--http-listen: ") + error.what(), "write it like 0.0.0.0:9307 or [::]:9307");
  }
  return {host, port};
}

void run_init(Settings& s) {
  end_on_signals(s.termination_log);
  init_mysql({s.set, s.conf_dir, s.config_map_dir, s.server_id_base});
}

void run_clone(Settings& s) {
  end_on_signals(s.termination_log);
  CloneOptions options;
  options.tls = choose_security(s);
  options.set = s.set;
  options.data_dir = s.data_dir;
  options.clone_port = s.clone_port;
  options.parallel = s.parallel;
  options.use_memory = s.use_memory;
  options.donor_wait = s.donor_wait;
  options.stall_timeout = s.stall_timeout;
  options.peers_above = s.peers_above;
  options.on_lost_primary = s.on_lost_primary;
  options.initialize = s.initialize;
  options.root_password = read_secret_file(s.mysql_password_file);
  options.replication_user = s.replication_user;
  options.replication_password = read_secret_file(s.replication_password_file);
  options.engine = s.engine;
  options.defaults_file = s.defaults_file;
  options.clone_user = s.clone_user;
  options.clone_password = read_secret_file(s.clone_password_file);
  clone_mysql(options);
}

void run_sidecar_command(Settings& s) {
  SidecarOptions options;
  options.tls = choose_security(s);
  std::signal(SIGPIPE, SIG_IGN);
  s.login.password = read_secret_file(s.mysql_password_file);
  const auto max_lag = std::chrono::ceil<std::chrono::seconds>(s.max_lag);
  const auto tool = find_backup_tool();
  options.replication = {s.set,
                         {s.data_dir},
                         s.login,
                         {s.set.source_host(), s.source_port, s.replication_user, read_secret_file(s.replication_password_file)},
                         !s.replication_password_file.empty(),
                         s.clone_user,
                         read_secret_file(s.clone_password_file),
                         s.engine,
                         tool,
                         s.clone_port,
                         s.peers_above,
                         options.tls};
  options.donor = {{s.data_dir}, s.login, s.engine, tool, s.parallel, s.max_clones, max_lag, s.stall_timeout, s.max_rate};
  options.listen = s.listen;
  options.clone_port = s.clone_port;
  std::tie(options.http_host, options.http_port) = split_address(s.http_listen);
  options.max_lag = max_lag;
  options.shutdown_grace = s.shutdown_grace;
  run_sidecar(options);
}

ExitCode run_status(Settings& s) {
  s.login.password = read_secret_file(s.mysql_password_file);
  const auto max_lag = std::chrono::ceil<std::chrono::seconds>(s.max_lag);
  return print_status({s.set, {s.data_dir}, s.login, max_lag, s.output}) ? ExitCode::done : ExitCode::failed;
}

ExitCode run_subcommand(const std::string& name, Settings& s) {
  start_log(s.log_level, s.log_format);
  s.set.pod = parse_pod_name(s.pod_name.empty() ? own_name() : s.pod_name);
  check_pod_set(s.set);
  if (name == "status") return run_status(s);
  if (name == "init-mysql") run_init(s);
  else if (name == "clone-mysql") run_clone(s);
  else if (name == "reclone") reclone({s.set, {s.data_dir}, s.discard, s.cancel});
  else run_sidecar_command(s);
  return ExitCode::done;
}

constexpr std::array<std::pair<const char*, const char*>, 5> subcommand_help{
    {{"init-mysql", "init container: server id and primary/replica options from the pod's ordinal"},
     {"clone-mysql", "init container: gives a new replica its data as a verified clone of another pod"},
     {"sidecar", "beside the server: starts and watches replication, serves clones and probes"},
     {"status", "prints what this pod is and does; exit code 1 where it is not ready"},
     {"reclone", "asks for a fresh clone of a replica's data at the next start of clone-mysql"}}};

}  // namespace

std::vector<FlagDescription> describe_flags() {
  Settings settings;
  std::vector<FlagDescription> out;
  for (const Flag& flag : flags_of(settings)) {
    std::string subcommands;
    for (const std::string& name : flag.subcommands) subcommands += (subcommands.empty() ? "" : ", ") + name;
    if (flag.subcommands == all_subcommands) subcommands = "all";
    out.push_back({flag.name, variable_of(flag.name), subcommands, flag.default_text, flag.help});
  }
  return out;
}

int run_command_line(int argc, const char* const* argv) {
  Settings settings;
  CLI::App app("Gives a StatefulSet of MariaDB its roles, its clones and its replication.", "mysql-agent");
  app.set_version_flag("--version", "mysql-agent " MYSQL_AGENT_VERSION);
  app.require_subcommand(1);
  app.failure_message([](const CLI::App*, const CLI::Error&) { return std::string(); });
  const std::vector<Flag> flags = flags_of(settings);
  for (const auto& [name, help] : subcommand_help) {
    CLI::App* const subcommand = app.add_subcommand(name, help);
    for (const Flag& flag : flags)
      if (std::find(flag.subcommands.begin(), flag.subcommands.end(), name) != flag.subcommands.end()) add_flag(*subcommand, flag);
  }
  try {
    app.parse(argc, argv);
    return static_cast<int>(run_subcommand(app.get_subcommands().front()->get_name(), settings));
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help and --version
    report(usage_error(error.what(), "see mysql-agent --help, and mysql-agent <subcommand> --help"), settings.termination_log);
    return static_cast<int>(ExitCode::usage);
  } catch (const Error& error) {
    report(error, settings.termination_log);
    return static_cast<int>(error.code());
  } catch (const std::exception& error) {
    report(failed(std::string("unexpected: ") + error.what(), "this is a bug in mysql-agent; please report it"), settings.termination_log);
    return static_cast<int>(ExitCode::failed);
  }
}

}  // namespace mysql_agent
