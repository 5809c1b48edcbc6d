#include "agent/cli/command_line.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <exception>
#include <string_view>

#include "agent/cli/completion.hpp"
#include "agent/cli/flags.hpp"
#include "agent/cli/nearest_word.hpp"
#include "agent/cli/run.hpp"
#include "common/base/component.hpp"
#include "common/base/error.hpp"
#include "common/base/log.hpp"
#include "common/base/version.hpp"

namespace mysql_agent {
namespace {

void add_flag(CLI::App& app, const Flag& flag) {
  const std::string help = std::string(flag.help) + " [" + flag.initial.text + "]";
  if (flag.on != nullptr) {
    app.add_flag(flag.name, *flag.on, help)->envname(variable_of(flag.name))->group(flag.group);
    return;
  }
  const auto set = [flag](const std::string& value) {
    try {
      flag.set(value);
    } catch (const Error& error) {
      throw CLI::ValidationError(flag.name, error.what());
    }
  };
  app.add_option_function<std::string>(flag.name, set, help)
      ->envname(variable_of(flag.name))
      ->type_name("")
      ->group(flag.group)
      ->take_last();
}

// A misspelt variable would be ignored without a word. Others may begin like ours: Kubernetes sets some for each
// Service.
void warn_of_misspelt_variables(const std::vector<Flag>& flags) {
  std::vector<std::string> known;
  for (const Flag& flag : flags) known.push_back(variable_of(flag.name));
  for (char** each = environ; *each != nullptr; ++each) {
    const std::string_view setting(*each);
    const std::string name(setting.substr(0, setting.find('=')));
    if (!name.starts_with("MYSQL_AGENT_")) continue;
    if (const std::string nearest = nearest_word(name, known); !nearest.empty())
      log_event(LogLevel::warning, component::agent, "ignored a variable that no flag reads",
                {{"variable", name}, {"did_you_mean", nearest}});
  }
}

// What a parser's error is about, with the nearest subcommand where the first word is a misspelt one.
Error usage_of(const CLI::ParseError& error, int argc, const char* const* argv) {
  std::vector<std::string> names;
  for (const Subcommand& each : subcommands()) names.emplace_back(each.name);
  const std::string word = argc > 1 ? argv[1] : "";
  const std::string nearest = nearest_word(word, names);
  if (!nearest.empty())
    return usage_error("there is no subcommand '" + word + "'", "did you mean mysql-agent " + nearest + "?");
  const std::string see = "see mysql-agent " + (word.starts_with('-') ? "" : word + " ") + "--help";
  if (std::find(names.begin(), names.end(), word) == names.end())
    return usage_error(error.what(), "see mysql-agent --help, and mysql-agent <subcommand> --help");
  std::vector<std::string> flags{"--help"};
  for (const FlagDescription& flag : describe_flags_of(word)) flags.push_back(flag.flag);
  for (int i = 2; i < argc; ++i) {
    const std::string argument(argv[i]);
    const std::string flag = argument.substr(0, argument.find('='));
    if (!flag.starts_with("--") || std::find(flags.begin(), flags.end(), flag) != flags.end()) continue;
    const std::string near = nearest_word(flag, flags);
    return usage_error("mysql-agent " + word + " has no flag " + flag,
                       near.empty() ? see : "did you mean " + near + "? " + see);
  }
  return usage_error(error.what(), see);
}

}  // namespace

int run_command_line(int argc, const char* const* argv) {
  Settings settings;
  CLI::App app("Gives a StatefulSet of MySQL or MariaDB its roles, its clones and its replication.", "mysql-agent");
  app.set_version_flag("--version", "mysql-agent " + agent_version() +
                                        (agent_commit().empty() ? "" : " (commit " + agent_commit() + ")"));
  app.require_subcommand(1);
  app.failure_message([](const CLI::App*, const CLI::Error&) { return std::string(); });
  const std::vector<Flag> flags = flags_of(settings);
  for (const Subcommand& each : subcommands()) {
    CLI::App* const subcommand = app.add_subcommand(each.name, each.help)->group(purpose_text(each.purpose));
    for (const Flag& flag : flags)
      if (std::find(flag.subcommands.begin(), flag.subcommands.end(), each.name) != flag.subcommands.end())
        add_flag(*subcommand, flag);
    if (std::string_view(each.name) == "install")
      subcommand->add_option("DIR", settings.install_dir, "where to: DIR/mysql-agent")->required()->type_name("");
    if (std::string_view(each.name) == "completion")
      subcommand->add_option("SHELL", settings.shell, "bash, zsh or fish")
          ->required()
          ->type_name("")
          ->check(CLI::IsMember(completion_shells()));
  }
  try {
    app.parse(argc, argv);
    const auto chosen = std::find_if(subcommands().begin(), subcommands().end(),
                                     [&](const Subcommand& each) { return app.got_subcommand(each.name); });
    start_log(settings.log_level, settings.log_format);
    warn_of_misspelt_variables(flags);
    return static_cast<int>(run_subcommand(*chosen, settings));
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help and --version
    report(usage_of(error, argc, argv), settings.termination_log);
    return static_cast<int>(ExitCode::usage);
  } catch (const Error& error) {
    report(error, settings.termination_log);
    return static_cast<int>(error.code());
  } catch (const std::exception& error) {
    report(failed(std::string("unexpected: ") + error.what(), "this is a bug in mysql-agent; please report it"),
           settings.termination_log);
    return static_cast<int>(ExitCode::failed);
  }
}

}  // namespace mysql_agent
