#pragma once

#include <string>
#include <string_view>

namespace mysql_agent {

enum class Flavour { mysql, mariadb };
const char* flavour_name(Flavour flavour);  ///< `mysql` or `mariadb`, as in the clone protocol

/// What a server or its backup tool is.
struct ServerVersion {
  Flavour flavour = Flavour::mysql;
  int major = 0;
  int minor = 0;
  int patch = 0;

  std::string text() const;    ///< `mariadb 10.11.19`
  std::string number() const;  ///< `10.11.19`
  std::string series() const;  ///< `10.11`
  /// The same flavour, major and minor. (Whether a backup tool takes a server: tool_mismatch.)
  bool same_series(const ServerVersion& other) const;
  /// By number alone: only versions of one flavour compare.
  bool at_least(int want_major, int want_minor, int want_patch = 0) const;
  bool operator==(const ServerVersion&) const = default;
};

/// Reads `SELECT VERSION()`: `10.11.19-MariaDB-0+deb12u1-log`, `8.0.36-28`, `9.7.4`, also with the `5.5.5-` that old
/// MariaDB servers put in front for replicas. Throws failed for what has no number.
ServerVersion parse_server_version(std::string_view text);

}  // namespace mysql_agent
