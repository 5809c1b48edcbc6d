#include "common/server/server_settings.hpp"

#include <algorithm>
#include <charconv>

#include "common/base/process.hpp"

namespace mysql_agent {
namespace {

// Takes the next line off `text`.
std::string_view take_line(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(line.size() + 1, text.size()));
  return line;
}

// Servers read - and _ in names as the same.
std::string variable_name(std::string_view name) {
  std::string out(name);
  std::replace(out.begin(), out.end(), '-', '_');
  return out.starts_with("loose_") ? out.substr(6) : out;
}

ServerOption option_of(std::string_view argument) {
  const std::string_view text = argument.substr(2);  // after --
  const std::size_t equals = text.find('=');
  return {.name = variable_name(text.substr(0, equals)),
          .value = equals == std::string_view::npos ? "" : std::string(text.substr(equals + 1)),
          .argument = std::string(argument)};
}

// The program prints the options in one line, and quotes nothing.
std::vector<ServerOption> options_of(std::string_view text) {
  take_line(text);
  std::string_view line = take_line(text);
  std::vector<ServerOption> out;
  while (line.starts_with("--")) {
    const std::size_t next = line.find(" --", 2);
    std::string_view argument = line.substr(0, next);
    while (argument.ends_with(' ')) argument.remove_suffix(1);
    if (argument.size() > 2) out.push_back(option_of(argument));
    if (next == std::string_view::npos) break;
    line.remove_prefix(next + 1);
  }
  return out;
}

// The lines after the heading `Variables (--variable-name=value)`: a name, at least one space, and the value.
std::map<std::string, std::string> values_of(std::string_view text) {
  std::map<std::string, std::string> out;
  const std::size_t heading = text.find("Variables (--variable-name=value)");
  if (heading != std::string_view::npos) text.remove_prefix(heading);
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    const std::size_t space = line.find(' ');
    const std::size_t begin = line.find_first_not_of(' ', std::min(space, line.size()));
    if (space == 0 || begin == std::string_view::npos) continue;
    const std::string_view value = line.substr(begin);
    if (value != "(No default value)") out[variable_name(line.substr(0, space))] = value;
  }
  return out;
}

// Option files may say 8k.
std::optional<std::uint32_t> number_of(const std::string& text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  return unit == "k" || unit == "K" ? value * 1024 : value;
}

Command command_of(const ServerProgram& program, const std::filesystem::path& defaults_file) {
  Command command;
  command.argv = {program.path.string()};
  if (!defaults_file.empty()) command.argv.push_back("--defaults-file=" + defaults_file.string());
  return command;
}

}  // namespace

std::string ServerSettings::value(const std::string& name) const {
  if (const auto at = values.find(name); at != values.end()) return at->second;
  const auto all = all_values(name);
  return all.empty() ? "" : all.back();
}

std::vector<std::string> ServerSettings::all_values(std::string_view name) const {
  std::vector<std::string> out;
  for (const ServerOption& option : options)
    if (option.name == name) out.push_back(option.value);
  return out;
}

ServerSettings read_server_settings(const ServerProgram& program, const std::filesystem::path& defaults_file,
                                    const std::filesystem::path& data_dir) {
  Command options = command_of(program, defaults_file);
  options.argv.push_back("--print-defaults");
  const Finished options_run = run_command(options);
  Command help = command_of(program, defaults_file);
  // With a binary log the program would look for its files. The data directory must exist.
  for (const std::string& option : {std::string("--skip-log-bin"), "--datadir=" + data_dir.string()})
    help.argv.push_back(option);
  allow_root(help.argv);
  help.argv.insert(help.argv.end(), {"--verbose", "--help"});
  const Finished help_run = run_command(help);
  return parse_server_settings(options_run.exit_code == 0 ? options_run.out : "",
                               help_run.exit_code == 0 ? help_run.out : "");
}

ServerSettings parse_server_settings(std::string_view options, std::string_view help) {
  ServerSettings out;
  out.options = options_of(options);
  out.values = values_of(help);
  out.page_size = number_of(out.value("innodb_page_size"));
  out.lower_case_table_names = number_of(out.value("lower_case_table_names"));
  return out;
}

std::vector<std::string> loaded_plugins(const ServerSettings& settings) {
  std::vector<std::string> out;
  for (const char* option : {"plugin_load", "plugin_load_add"})
    for (const std::string& value : settings.all_values(option))
      for (std::string& plugin : plugins_in(value)) out.push_back(std::move(plugin));
  return out;
}

std::vector<std::string> plugins_in(std::string_view plugin_load) {
  std::vector<std::string> out;
  while (!plugin_load.empty()) {
    std::string_view plugin = plugin_load.substr(0, plugin_load.find(';'));
    plugin_load.remove_prefix(std::min(plugin.size() + 1, plugin_load.size()));
    if (const std::size_t equals = plugin.find('='); equals != std::string_view::npos) plugin.remove_prefix(equals + 1);
    if (plugin.ends_with(".so")) plugin.remove_suffix(3);
    if (!plugin.empty()) out.emplace_back(plugin);
  }
  return out;
}

}  // namespace mysql_agent
