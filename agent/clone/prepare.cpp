#include "agent/clone/prepare.hpp"

#include <csignal>

#include "agent/clone/agreement.hpp"
#include "common/backup/backup_metadata.hpp"
#include "common/base/component.hpp"
#include "common/base/crash_point.hpp"
#include "common/base/log.hpp"
#include "common/base/process.hpp"
#include "common/base/units.hpp"
#include "common/server/option_file.hpp"

namespace mysql_agent {

namespace {

// mariadb-backup needs the plugins that wrote the pages. Without one it skips the page's redo log, and ends well.
std::vector<std::string> plugins_to_load(const BackupTool& tool, const std::filesystem::path& directory,
                                         const ServerSettings& own) {
  if (tool.version.flavour != Flavour::mariadb) return {};
  std::vector<std::string> plugins = plugins_of_copy(directory);
  for (const std::string& plugin : plugins)
    if (const auto trouble = plugin_trouble(plugin, own))
      throw CopyUnusable("the clone needs the plugin " + plugin + " for its pages: " + trouble->what, trouble->way_out);
  return plugins;
}

// The first error that a tool reports, though it may go on and end well.
class FirstError {
 public:
  void look_at(std::string_view line) {
    log_event(LogLevel::debug, component::clone, "prepare said", {{"line", line}});
    if (text_.empty() && line.find("[ERROR]") != std::string_view::npos) text_ = line;
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace

void prepare_copy(const BackupTool& tool, const std::filesystem::path& directory, std::uint64_t memory,
                  const ServerSettings& own) {
  const std::vector<std::string> plugins = plugins_to_load(tool, directory, own);
  if (tool.version.flavour == Flavour::mariadb) replace_plugins_of_copy(directory, plugins);
  Command command{prepare_arguments(tool, directory, memory, !plugins.empty()), directory, {}};
  Fd options;
  if (!plugins.empty()) {
    options = make_memory_file("prepare.cnf", prepare_plugin_options(own));
    command.option_file = options.get();
  }
  log_event(LogLevel::info, component::clone, "began to prepare",
            {{"tool", tool.path.string()}, {"memory", size_text(memory)}, {"plugins", plugins.size()}});
  FirstError error;
  const Finished finished = run_command(command, [&error](std::string_view line) { error.look_at(line); });
  crash_point("prepare.done");
  const auto checkpoints = read_backup_checkpoints(directory);
  if (finished.exit_code == 0 && checkpoints && checkpoints->prepared() && error.text().empty()) return;
  const std::string what = "the prepare of the clone ended with exit code " + std::to_string(finished.exit_code) +
                           " and backup_type = " + (checkpoints ? checkpoints->backup_type : "none") + ": " +
                           (error.text().empty() ? finished.error_tail : error.text());
  // A tool that was killed, for memory or with its node, has not spoilt the copy.
  if (finished.exit_code >= 128)
    throw failed(what, finished.exit_code == 128 + SIGKILL
                           ? "it was killed, perhaps for memory: lower --use-memory or raise the limit"
                           : "the next start prepares again");
  throw CopyUnusable(what,
                     "the next start clones again; if it goes on, compare the options for encryption and compression "
                     "here with the donor's, then look at the donor's data");
}

}  // namespace mysql_agent
