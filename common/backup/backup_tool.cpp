#include "common/backup/backup_tool.hpp"

#include <algorithm>

#include "common/backup/backup_metadata.hpp"
#include "common/base/container_limits.hpp"
#include "common/base/error.hpp"
#include "common/base/process.hpp"
#include "common/server/server_program.hpp"

namespace mysql_agent {
namespace {

// XtraBackup before 8.0.34 does not know the redo log of a server that is newer than the tool:
// https://docs.percona.com/percona-xtrabackup/8.0/server-backup-version-comparison.html
bool is_bound_to_its_patch(const ServerVersion& tool) {
  return tool.flavour == Flavour::mysql && tool.major == 8 && tool.minor == 0 && tool.patch < 34;
}

bool can_back_up(const ServerVersion& tool, const ServerVersion& server) {
  return tool.same_series(server) && (!is_bound_to_its_patch(tool) || server.patch <= tool.patch);
}

std::string servers_of(const ServerVersion& tool) {
  const std::string series = std::string(flavour_name(tool.flavour)) + " " + tool.series();
  return is_bound_to_its_patch(tool) ? series + " up to " + tool.number() : series;
}

}  // namespace

ServerVersion parse_tool_version(std::string_view text) {
  for (const std::string_view mark : {"based on MariaDB server ", "based on MySQL server "}) {
    const std::size_t at = text.find(mark);
    if (at != std::string_view::npos) {
      const std::string_view version = text.substr(at + mark.size());
      return parse_server_version(version.substr(0, version.find(' ')));
    }
  }
  throw failed("the backup tool does not say its version: '" + std::string(text.substr(0, 200)) + "'",
               "check that mariadb-backup or xtrabackup in PATH runs with --version");
}

namespace {

// If PATH has the tools of both families, the server program in PATH decides.
std::optional<std::filesystem::path> tool_in_path() {
  const auto of_mariadb = find_in_path({"mariadb-backup", "mariabackup"});
  const auto of_mysql = find_in_path({"xtrabackup"});
  if (!of_mariadb || !of_mysql) return of_mariadb ? of_mariadb : of_mysql;
  const auto server = find_server_program();
  return server && server->version.flavour == Flavour::mysql ? of_mysql : of_mariadb;
}

}  // namespace

std::optional<BackupTool> find_backup_tool() {
  const auto path = tool_in_path();
  if (!path) return std::nullopt;
  // mariadb-backup prints its version to stdout, XtraBackup to stderr.
  const Finished version_run = run_command({.argv = {path->string(), "--version"}});
  if (version_run.exit_code != 0)
    throw failed(path->string() + " --version ended with " + std::to_string(version_run.exit_code) + ": " +
                     version_run.error_tail,
                 "the tool is broken: look at its libraries");
  const ServerVersion version = parse_tool_version(version_run.out + "\n" + version_run.error_tail);
  return BackupTool{
      .path = *path, .name = version.flavour == Flavour::mariadb ? "mariadb-backup" : "xtrabackup", .version = version};
}

std::optional<std::string> tool_mismatch(const BackupTool& tool, const ServerVersion& server) {
  if (can_back_up(tool.version, server)) return std::nullopt;
  return "its server is " + server.text() + ", and the tool here is for " + servers_of(tool.version);
}

std::vector<std::string> backup_arguments(const BackupTool& tool, const std::filesystem::path& data_dir,
                                          unsigned parallel) {
  // --defaults-file must be the first option. --safe-slave-backup is not used: it stops the SQL thread, and with GTIDs
  // the position is right without it.
  //
  // --log-copy-interval is in milliseconds. The thread that copies the redo log sleeps that long between its looks, 1 s
  // by default, and the backup waits for this thread at its end. mariadb-backup 10.11 took 1.25 s for 2.2 GB to
  // /dev/null with the default, and 0.52 s with 10 ms (--parallel=2). Each look costs processor time, so that 100 ms is
  // a compromise.
  std::vector<std::string> out{tool.path.string(),
                               std::string("--defaults-file=") + option_file_path,
                               "--backup",
                               "--stream=xbstream",
                               "--slave-info",
                               "--parallel=" + std::to_string(std::max(1U, parallel)),
                               "--log-copy-interval=100",
                               "--datadir=" + data_dir.string()};
  if (tool.version.flavour == Flavour::mysql) {
    // XtraBackup makes its target directory even for a stream, which writes nothing into it. By default that is a
    // directory below the current directory. The directory / always exists.
    out.push_back("--target-dir=/");
    // Without this option XtraBackup 2.4 and 8.0 run perl, if it is installed, with the password in its environment,
    // and ask a server of Percona. 8.4 still knows the option: https://github.com/percona/percona-xtrabackup/pull/1674
    out.push_back("--no-version-check");
  }
  return out;
}

std::vector<std::string> prepare_arguments(const BackupTool& tool, const std::filesystem::path& directory,
                                           std::uint64_t memory, bool with_plugins) {
  std::vector<std::string> out{
      tool.path.string(), with_plugins ? std::string("--defaults-file=") + option_file_path : "--no-defaults",
      "--prepare", "--use-memory=" + std::to_string(memory), "--target-dir=" + directory.string()};
  for (std::string& option : backup_engine_options(directory)) out.push_back(std::move(option));
  return out;
}

std::uint64_t default_prepare_memory() {
  return std::clamp<std::uint64_t>(allowed_memory() / 2, 128ULL << 20, 16ULL << 30);
}

}  // namespace mysql_agent
