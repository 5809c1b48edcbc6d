#include "agent/install.hpp"

#include "common/base/component.hpp"
#include "common/base/error.hpp"
#include "common/base/file.hpp"
#include "common/base/log.hpp"
#include "common/base/version.hpp"

namespace mysql_agent {
namespace fs = std::filesystem;
namespace {

// The kernel's name for the running program. It works in an image that has nothing else, and after its file was
// replaced.
constexpr const char* running_program = "/proc/self/exe";
constexpr std::size_t largest_program = std::size_t{1} << 30;

}  // namespace

void install_program(const fs::path& directory) {
  std::error_code error;
  if (!fs::is_directory(directory, error))
    throw usage_error("the directory " + directory.string() + " is not there",
                      "mount a volume there, an emptyDir, and give that path");
  const std::string program = read_file(running_program, largest_program);
  const fs::path target = directory / "mysql-agent";
  write_file_durably(target, program, 0755);
  log_event(LogLevel::info, component::install, "installed the program",
            {{"file", target.string()}, {"bytes", program.size()}, {"version", agent_version()}});
}

}  // namespace mysql_agent
