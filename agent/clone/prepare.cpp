#include "agent/clone/prepare.hpp"

#include <csignal>

#include "common/backup/backup_metadata.hpp"
#include "common/base/component.hpp"
#include "common/base/crash_point.hpp"
#include "common/base/log.hpp"
#include "common/base/process.hpp"
#include "common/base/units.hpp"

namespace mysql_agent {

void prepare_copy(const BackupTool& tool, const std::filesystem::path& directory, std::uint64_t memory) {
  log_event(LogLevel::info, component::clone, "began to prepare",
            {{"tool", tool.path.string()}, {"memory", size_text(memory)}});
  const Finished finished =
      run_command({prepare_arguments(tool, directory, memory), directory, {}}, [](std::string_view line) {
        log_event(LogLevel::debug, component::clone, "prepare said", {{"line", line}});
      });
  crash_point("prepare.done");
  const auto checkpoints = read_backup_checkpoints(directory);
  if (finished.exit_code == 0 && checkpoints && checkpoints->prepared()) return;
  const std::string what = "the prepare of the clone ended with exit code " + std::to_string(finished.exit_code) +
                           " and backup_type = " + (checkpoints ? checkpoints->backup_type : "none") + ": " +
                           finished.error_tail;
  // A tool that was killed, for memory or with its node, has not spoilt the copy.
  if (finished.exit_code >= 128)
    throw failed(what, finished.exit_code == 128 + SIGKILL
                           ? "it was killed, perhaps for memory: lower --use-memory or raise the limit"
                           : "the next start prepares again");
  throw CopyUnusable(what, "the next start clones again; if it goes on, look at the donor's data");
}

}  // namespace mysql_agent
