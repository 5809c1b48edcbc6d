#include "agent/cli/run.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <tuple>
#include <utility>

#include "agent/cli/completion.hpp"
#include "agent/cli/manual.hpp"
#include "agent/clone/clone_mysql.hpp"
#include "agent/init_mysql.hpp"
#include "agent/install.hpp"
#include "agent/operate/doctor.hpp"
#include "agent/operate/pause.hpp"
#include "agent/operate/reclone.hpp"
#include "agent/operate/release.hpp"
#include "agent/operate/set_status.hpp"
#include "agent/sidecar.hpp"
#include "common/base/component.hpp"
#include "common/base/defaults.hpp"
#include "common/base/units.hpp"

namespace mysql_agent {
namespace {

constexpr std::chrono::seconds watch_every{2};

std::string own_name() {
  if (const char* name = std::getenv("POD_NAME"); name != nullptr && *name != '\0') return name;
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  return host.data();
}

// glibc asks each name server twice, for five seconds each. Where DNS is out of order, one look of the sidecar would
// take minutes.
void hurry_dns() {
  ::setenv("RES_OPTIONS", "timeout:1 attempts:2", 0);
}

// PID 1 of a container ignores SIGTERM unless it has a handler. The states on disk make it safe to die at any moment.
void end_on_signals(const std::string& termination_log) {
  static std::string log_path;
  log_path = termination_log;
  const auto end = [](int) {
    constexpr std::string_view text =
        "error: ended by a signal\nhint: run it again; what was complete is kept, and a transfer begins anew\n";
    [[maybe_unused]] ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
    const int fd = ::open(log_path.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC);
    if (fd >= 0) written = ::write(fd, text.data(), text.size());
    ::_exit(static_cast<int>(ExitCode::failed));
  };
  std::signal(SIGTERM, end);
  std::signal(SIGINT, end);
}

// Exactly one of the three modes must be chosen. No mode is a default: pods that use another mode would refuse this
// pod.
Tls choose_security(const Settings& s) {
  const std::string modes =
      "choose one for all pods: --clone-secret-file, or --tls-cert with --tls-key and --tls-ca, or, on a network that "
      "is trusted, --insecure";
  const int certificates = !s.tls.certificate.empty() + !s.tls.key.empty() + !s.tls.ca.empty();
  const int chosen = s.tls.by_secret() + (certificates > 0) + s.insecure;
  if (chosen == 0) throw usage_error("no security mode was chosen for the clone service", modes);
  if (chosen > 1) throw usage_error("more than one security mode was chosen for the clone service", modes);
  if (s.insecure) {
    log_event(LogLevel::warning, component::agent,
              "started with --insecure: whoever reaches the clone port gets the whole database");
    return nullptr;
  }
  if (certificates != 0 && certificates != 3)
    throw usage_error("--tls-cert, --tls-key and --tls-ca belong together", "give all three of them");
  const auto tls = std::make_shared<TlsSource>(s.tls);
  log_event(LogLevel::info, component::agent, "guarded the clone service",
            {{"by", s.tls.by_secret() ? "secret" : "certificates"},
             {"file", (s.tls.by_secret() ? s.tls.secret : s.tls.certificate).string()}});
  return tls;
}

std::pair<std::string, std::uint16_t> split_address(const std::string& address) {
  const std::string example_port = std::to_string(defaults::http_port);
  const std::string hint =
      "write it like *:" + example_port + ", 10.0.0.1:" + example_port + " or [::]:" + example_port;
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos || colon == 0) throw usage_error("--http-listen '" + address + "' has no port", hint);
  const std::string host = address.substr(0, colon);
  std::uint16_t port = 0;
  try {
    port = static_cast<std::uint16_t>(parse_number_between(address.substr(colon + 1), 1, 65535));
  } catch (const Error& error) {
    throw usage_error(std::string("--http-listen: ") + error.what(), hint);
  }
  return {host, port};
}

ReadyLimits ready_limits(const Settings& s) {
  return {std::chrono::ceil<std::chrono::seconds>(s.max_lag),
          std::chrono::ceil<std::chrono::seconds>(s.max_source_absence)};
}

// Where this pod reaches its own sidecar: on the address of --http-listen, or on the loopback for all addresses.
std::pair<std::string, std::uint16_t> own_sidecar(const Settings& s) {
  auto [host, port] = split_address(s.http_listen);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host == "0.0.0.0" || host == defaults::all_addresses) host = "127.0.0.1";
  if (host == "::") host = "::1";
  return {host, port};
}

void read_passwords(Settings& s) {
  s.login.password = read_secret_file(s.mysql_password_file);
  // Manifests always name the file, and a Secret has it only while the password is changed.
  std::error_code error;
  if (std::filesystem::exists(s.mysql_previous_password_file, error))
    s.login.previous_password = read_secret_file(s.mysql_previous_password_file);
}

ExitCode run_init(Settings& s) {
  end_on_signals(s.termination_log);
  init_mysql({.set = s.set,
              .conf_dir = s.conf_dir,
              .config_map_dir = s.config_map_dir,
              .server_id_base = s.server_id_base,
              .server_memory = s.server_memory});
  return ExitCode::done;
}

ExitCode run_clone(Settings& s) {
  end_on_signals(s.termination_log);
  CloneOptions options;
  options.tls = choose_security(s);
  options.set = s.set;
  options.data_dir = s.data_dir;
  options.conf_dir = s.conf_dir;
  options.listen = s.listen;
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
  std::tie(options.http_host, options.http_port) = split_address(s.http_listen);
  clone_mysql(options);
  return ExitCode::done;
}

ExitCode run_sidecar_command(Settings& s) {
  SidecarOptions options;
  options.tls = choose_security(s);
  std::signal(SIGPIPE, SIG_IGN);
  read_passwords(s);
  options.limits = ready_limits(s);
  const auto tool = find_backup_tool();
  options.replication = {
      .set = s.set,
      .dir = {s.data_dir},
      .login = s.login,
      .source = {.host = s.set.source_host(),
                 .port = s.source_port,
                 .user = s.replication_user,
                 .password = read_secret_file(s.replication_password_file)},
      .clone_user = s.clone_user,
      .clone_password = read_secret_file(s.clone_password_file),
      .engine = s.engine,
      .tool = tool,
      .clone_port = s.clone_port,
      .peers_above = s.peers_above,
      .tls = options.tls,
  };
  options.donor = {
      .dir = {s.data_dir},
      .login = s.login,
      .engine = s.engine,
      .tool = tool,
      .parallel = s.parallel,
      .max_clones = s.max_clones,
      .max_lag = options.limits.max_lag,
      .stall_timeout = s.stall_timeout,
      .max_rate = s.max_rate,
  };
  options.listen = s.listen;
  options.clone_port = s.clone_port;
  std::tie(options.http_host, options.http_port) = split_address(s.http_listen);
  options.shutdown_grace = s.shutdown_grace;
  run_sidecar(options);
  return ExitCode::done;
}

ExitCode run_set_status(const Settings& s) {
  const bool all_ready = print_set_status({.set = s.set,
                                           .http_port = split_address(s.http_listen).second,
                                           .peers_above = s.peers_above,
                                           .output = s.output});
  return all_ready ? ExitCode::done : ExitCode::failed;
}

ExitCode run_status_once(Settings& s) {
  if (s.all) return run_set_status(s);
  read_passwords(s);
  const auto [host, port] = own_sidecar(s);
  const bool ready = print_status({.set = s.set,
                                   .dir = {s.data_dir},
                                   .login = s.login,
                                   .limits = ready_limits(s),
                                   .output = s.output,
                                   .http_host = host,
                                   .http_port = port});
  return ready ? ExitCode::done : ExitCode::failed;
}

// On a terminal each status takes the place of the one before.
ExitCode run_status(Settings& s) {
  while (s.watch) {
    std::fputs(::isatty(STDOUT_FILENO) == 1 ? "\033[H\033[2J" : "", stdout);
    std::fputs(("at " + utc_now("%Y-%m-%dT%H:%M:%SZ") + "\n").c_str(), stdout);
    run_status_once(s);
    std::fflush(stdout);
    std::this_thread::sleep_for(watch_every);
  }
  return run_status_once(s);
}

ExitCode run_doctor(Settings& s) {
  read_passwords(s);
  const auto [host, port] = own_sidecar(s);
  return print_doctor({.set = s.set, .dir = {s.data_dir}, .login = s.login, .http_host = host, .http_port = port});
}

ExitCode run_reclone(Settings& s) {
  reclone({.set = s.set, .dir = {s.data_dir}, .discard = s.discard, .cancel = s.cancel});
  return ExitCode::done;
}

ExitCode run_release(Settings& s) {
  release(s.set, {s.data_dir});
  return ExitCode::done;
}

PauseOptions pause_options(const Settings& s) {
  const auto [host, port] = own_sidecar(s);
  return {.set = s.set, .dir = {s.data_dir}, .duration = s.pause_for, .http_host = host, .http_port = port};
}

ExitCode run_pause(Settings& s) {
  pause(pause_options(s));
  return ExitCode::done;
}

ExitCode run_resume(Settings& s) {
  resume(pause_options(s));
  return ExitCode::done;
}

ExitCode run_completion(Settings& s) {
  std::fputs(completion_script(s.shell).c_str(), stdout);
  return ExitCode::done;
}

ExitCode run_man(Settings&) {
  std::fputs(manual_page().c_str(), stdout);
  return ExitCode::done;
}

ExitCode run_install(Settings& s) {
  end_on_signals(s.termination_log);
  install_program(s.install_dir);
  return ExitCode::done;
}

// What each subcommand of the table runs.
constexpr std::array<std::pair<std::string_view, ExitCode (*)(Settings&)>, 12> runners{{
    {"init-mysql", run_init},
    {"clone-mysql", run_clone},
    {"sidecar", run_sidecar_command},
    {"install", run_install},
    {"status", run_status},
    {"doctor", run_doctor},
    {"reclone", run_reclone},
    {"release", run_release},
    {"pause", run_pause},
    {"resume", run_resume},
    {"completion", run_completion},
    {"man", run_man},
}};

}  // namespace

ExitCode run_subcommand(const Subcommand& subcommand, Settings& s) {
  hurry_dns();
  if (subcommand.of_a_pod) {
    s.set.pod = parse_pod_name(s.pod_name.empty() ? own_name() : s.pod_name);
    check_pod_set(s.set);
  }
  const auto runner =
      std::find_if(runners.begin(), runners.end(), [&](const auto& each) { return each.first == subcommand.name; });
  if (runner == runners.end()) throw std::logic_error(std::string("nothing runs ") + subcommand.name);
  return runner->second(s);
}

}  // namespace mysql_agent
