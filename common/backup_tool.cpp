#include "common/backup_tool.hpp"

#include <algorithm>

#include "common/container_limits.hpp"
#include "common/error.hpp"
#include "common/process.hpp"

namespace mysql_agent {

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

std::optional<BackupTool> find_backup_tool() {
  const auto path = find_in_path({"mariadb-backup", "mariabackup", "xtrabackup"});
  if (!path) return std::nullopt;
  // mariadb-backup says it on stdout, XtraBackup on stderr.
  const Finished said = run_command({{path->string(), "--version"}, "/", {}});
  if (said.exit_code != 0)
    throw failed(path->string() + " --version ended with " + std::to_string(said.exit_code) + ": " + said.error_tail,
                 "the tool is broken: look at its libraries");
  BackupTool tool{*path, "", parse_tool_version(said.out + "\n" + said.error_tail)};
  tool.name = tool.version.flavour == Flavour::mariadb ? "mariadb-backup" : "xtrabackup";
  return tool;
}

std::vector<std::string> backup_arguments(const BackupTool& tool, const std::filesystem::path& data_dir,
                                          unsigned parallel) {
  // --defaults-file must be first. No --safe-slave-backup: it stops the SQL thread, and with GTIDs the position is
  // right without it. The thread that copies the redo log sleeps a second between its looks unless told otherwise, and
  // the backup waits for it at its end: 2.2 GB to /dev/null took mariadb-backup 10.11 1.25 s with the default and 0.52 s
  // with 10 ms (--parallel=2). Each look costs some processor time, so not that often.
  return {tool.path.string(),
          std::string("--defaults-file=") + option_file_path,
          "--backup",
          "--stream=xbstream",
          "--slave-info",
          "--parallel=" + std::to_string(std::max(1U, parallel)),
          "--log-copy-interval=100",
          "--datadir=" + data_dir.string()};
}

std::vector<std::string> prepare_arguments(const BackupTool& tool, const std::filesystem::path& directory,
                                           std::uint64_t memory) {
  return {tool.path.string(), "--no-defaults", "--prepare", "--use-memory=" + std::to_string(memory),
          "--target-dir=" + directory.string()};
}

std::uint64_t default_prepare_memory() {
  return std::clamp<std::uint64_t>(allowed_memory() / 2, 128ULL << 20, 16ULL << 30);
}

}  // namespace mysql_agent
