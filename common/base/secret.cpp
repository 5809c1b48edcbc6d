#include "common/base/secret.hpp"

#include "common/base/error.hpp"
#include "common/base/file.hpp"

namespace mysql_agent {

Secret read_secret_file(const std::filesystem::path& path) {
  if (path.empty()) return Secret();
  std::string text;
  try {
    text = read_file(path, 64 * 1024);
  } catch (const Error& error) {
    throw usage_error(error.what(), "mount the Secret as a file that the agent's user can read");
  }
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  if (text.find('\0') != std::string::npos)
    throw usage_error("the secret in " + path.string() + " contains a NUL byte", "write it as text");
  return Secret(std::move(text));
}

}  // namespace mysql_agent
