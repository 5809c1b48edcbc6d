#include "common/server/server_program.hpp"

#include <unistd.h>

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

}  // namespace mysql_agent
