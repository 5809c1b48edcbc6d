#include "agent/clone/staging_server.hpp"

#include <sys/un.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <set>

#include "common/backup/backup_tool.hpp"
#include "common/base/component.hpp"
#include "common/base/error.hpp"
#include "common/base/log.hpp"

namespace mysql_agent {
namespace {

constexpr std::chrono::milliseconds ask_every{50};
constexpr std::chrono::seconds staging_timeout{5};
// A larger pool than this takes longer to make than it saves.
constexpr std::uint64_t most_memory = 512ULL << 20;

std::filesystem::path socket_of(const DataDir& dir) {
  const std::filesystem::path socket = dir.run() / "s";
  if (socket.string().size() >= sizeof(sockaddr_un::sun_path))
    throw usage_error("the path of a socket, " + socket.string() + ", is too long",
                      "mount the volume at a shorter --data-dir");
  return socket;
}

// The log is a file: --log-error has no word for stderr. What the server says before it has read its options goes to
// stderr all the same.
std::filesystem::path log_of(const DataDir& dir) {
  return dir.run() / "server.err";
}

std::string last_words(const DataDir& dir, const std::string& on_stderr) {
  LineTail tail(4 * 1024);
  tail.add(on_stderr);
  std::ifstream log(log_of(dir));
  for (std::string line; std::getline(log, line);) tail.add("\n" + line);
  return tail.text();
}

void log_server_line(std::string_view line) {
  log_event(LogLevel::debug, component::clone, "server said", {{"line", line}});
}

// The clone plugin compares character sets and page size, and finds by plugin_dir what the donor has loaded:
// https://dev.mysql.com/doc/refman/8.4/en/clone-plugin-remote.html
const std::set<std::string_view> carried_names{"basedir",
                                               "character_set_filesystem",
                                               "character_set_server",
                                               "character_sets_dir",
                                               "collation_server",
                                               "early_plugin_load",
                                               "innodb_buffer_pool_size",
                                               "innodb_checksum_algorithm",
                                               "innodb_data_file_path",
                                               "innodb_flush_method",
                                               "innodb_log_file_size",
                                               "innodb_log_files_in_group",
                                               "innodb_page_size",
                                               "innodb_redo_log_capacity",
                                               "innodb_undo_tablespaces",
                                               "innodb_use_native_aio",
                                               "lc_messages_dir",
                                               "lower_case_table_names",
                                               "plugin_dir"};

bool is_carried(const ServerOption& option) {
  return carried_names.contains(option.name) || option.name.starts_with("keyring_") ||
         option.name.starts_with("clone_");
}

Command command_of(const StagingServerOptions& options, const std::vector<std::string>& extra_options) {
  return {staging_server_arguments(options, extra_options), options.dir.staging(), {}};
}

}  // namespace

std::vector<std::string> carried_options() {
  std::vector<std::string> out(carried_names.begin(), carried_names.end());
  out.insert(out.end(), {"clone_*", "keyring_*"});
  return out;
}

std::vector<std::string> staging_server_arguments(const StagingServerOptions& options,
                                                  const std::vector<std::string>& extra_options) {
  std::vector<std::string> argv{options.program.path.string(), "--no-defaults"};  // which must be the first option
  for (const ServerOption& option : options.settings.options)
    if (is_carried(option)) argv.push_back(option.argument);
  const std::string run = options.dir.run().string();
  for (const std::string& option :
       {"--datadir=" + options.dir.staging().string(), "--socket=" + socket_of(options.dir).string(),
        "--pid-file=" + run + "/pid", "--tmpdir=" + run, "--log-error=" + log_of(options.dir).string()})
    argv.push_back(option);
  // loose-: versions that do not know the option ignore it.
  for (const char* option :
       {"--skip-networking", "--loose-mysqlx=OFF", "--general-log=OFF", "--slow-query-log=OFF", "--skip-log-bin",
        "--loose-skip-replica-start", "--loose-skip-slave-start", "--event-scheduler=OFF", "--read-only=OFF",
        "--super-read-only=OFF", "--secure-file-priv=NULL", "--performance-schema=ON"})
    argv.push_back(option);
  // That of the option file is by the limit of the server's own container.
  argv.push_back("--innodb-buffer-pool-size=" + std::to_string(std::min(default_prepare_memory(), most_memory)));
  allow_root(argv);
  argv.insert(argv.end(), extra_options.begin(), extra_options.end());
  return argv;
}

void initialize_staging(const StagingServerOptions& options) {
  const Finished finished = run_command(command_of(options, {"--initialize-insecure"}), log_server_line);
  if (finished.exit_code != 0)
    throw failed(options.program.path.string() + " --initialize-insecure ended with exit code " +
                     std::to_string(finished.exit_code) + ": " + last_words(options.dir, finished.error_tail),
                 "look at its message; the next start begins anew");
}

StagingServer::StagingServer(const StagingServerOptions& options, const std::vector<std::string>& extra_options)
    : dir_(options.dir),
      socket_(socket_of(options.dir)),
      stdout_tail_(4 * 1024),
      stderr_tail_(4 * 1024, log_server_line),
      child_(command_of(options, extra_options)),
      reader_([this, out = child_.take_stdout(), error = child_.take_stderr()] {
        read_to_end(out, error, stdout_tail_, stderr_tail_);
      }) {
  // A recovery of the server may take long: this waits for as long as the server lives.
  while (true) {
    try {
      const MysqlClient answered(login(), staging_timeout);
      return;
    } catch (const SqlError& error) {
      const auto ended = child_.try_wait();
      if (!ended && error.is_from_client()) {
        std::this_thread::sleep_for(ask_every);
        continue;
      }
      end();
      if (!ended) throw;
      throw failed(options.program.path.string() + " on " + options.dir.staging().string() + " ended with exit code " +
                       std::to_string(*ended) + " before it answered: " + last_log_lines(),
                   "look at its message, and at the option files of this pod's server");
    }
  }
}

StagingServer::~StagingServer() {
  end();
}

ServerLogin StagingServer::login() const {
  ServerLogin login;
  login.socket = socket_;
  return login;
}

std::string StagingServer::last_log_lines() const {
  return last_words(dir_, stderr_tail_.text());
}

void StagingServer::kill() {
  child_.signal(SIGKILL);
}

void StagingServer::end() {
  kill();
  child_.wait();
  if (reader_.joinable()) reader_.join();
}

std::optional<int> StagingServer::wait_for(std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (!child_.try_wait()) {
    if (std::chrono::steady_clock::now() >= deadline) return std::nullopt;
    std::this_thread::sleep_for(ask_every);
  }
  if (reader_.joinable()) reader_.join();
  return child_.try_wait();
}

void StagingServer::stop() {
  child_.signal(SIGTERM);
  const int code = child_.wait();
  reader_.join();
  if (code != 0)
    throw failed("the server on staging ended with exit code " + std::to_string(code) +
                     " when it was shut down: " + last_log_lines(),
                 "the next start goes on where this one was");
}

}  // namespace mysql_agent
