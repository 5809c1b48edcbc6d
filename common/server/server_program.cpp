#include "common/server/server_program.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "common/base/error.hpp"
#include "common/base/process.hpp"

namespace mysql_agent {

ServerVersion parse_server_program_version(std::string_view text) {
  constexpr std::string_view mark = " Ver ";
  const std::size_t at = text.find(mark);
  if (at == std::string_view::npos)
    throw failed("the server program does not say its version: '" + std::string(text.substr(0, 200)) + "'",
                 "check that mysqld or mariadbd in PATH runs with --version");
  const std::string_view version = text.substr(at + mark.size());
  return parse_server_version(version.substr(0, version.find(' ')));
}

std::optional<ServerProgram> find_server_program() {
  const auto path = find_in_path({"mariadbd", "mysqld"});
  if (!path) return std::nullopt;
  // Option files are not read: a file that is unreadable or wrong must not hide the version.
  const Finished version_run = run_command({.argv = {path->string(), "--no-defaults", "--version"}});
  if (version_run.exit_code != 0)
    throw failed(path->string() + " --version ended with " + std::to_string(version_run.exit_code) + ": " +
                     version_run.error_tail,
                 "the server program is broken: look at its libraries");
  return ServerProgram{*path, parse_server_program_version(version_run.out)};
}

void allow_root(std::vector<std::string>& argv) {
  if (::geteuid() == 0) argv.push_back("--user=root");
}

ServerSettings read_server_settings(const ServerProgram& program, const std::filesystem::path& defaults_file,
                                    const std::filesystem::path& data_dir) {
  Command command;
  command.argv = {program.path.string()};
  if (!defaults_file.empty()) command.argv.push_back("--defaults-file=" + defaults_file.string());
  // With a binary log the program would look for its files. The data directory must exist.
  for (const std::string& option : {std::string("--skip-log-bin"), "--datadir=" + data_dir.string()})
    command.argv.push_back(option);
  allow_root(command.argv);
  command.argv.insert(command.argv.end(), {"--verbose", "--help"});
  const Finished help_run = run_command(command);
  return help_run.exit_code == 0 ? parse_server_settings(help_run.out) : ServerSettings();
}

ServerSettings parse_server_settings(std::string_view text) {
  ServerSettings out;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    for (const auto& [name, to] :
         {std::pair<std::string_view, std::optional<std::uint32_t>*>{"innodb-page-size", &out.page_size},
          {"lower-case-table-names", &out.lower_case_table_names}}) {
      if (!line.starts_with(name) || line.size() <= name.size() || line[name.size()] != ' ') continue;
      const std::size_t begin = line.find_first_not_of(' ', name.size());
      std::uint32_t value = 0;
      if (begin != std::string_view::npos &&
          std::from_chars(line.data() + begin, line.data() + line.size(), value).ec == std::errc())
        *to = value;
    }
  }
  return out;
}

}  // namespace mysql_agent
