#pragma once

#include <string>
#include <string_view>

namespace mysql_agent {

/// The family of a server. Percona Server is MySQL.
enum class Flavour { mysql, mariadb };
const char* flavour_name(Flavour flavour);  ///< `mysql` or `mariadb`, as in the clone protocol

/// The family and the version of a server, or of the server that a backup tool is made for.
struct ServerVersion {
  Flavour flavour = Flavour::mysql;
  int major = 0;
  int minor = 0;
  int patch = 0;

  std::string text() const;    ///< `mariadb 10.11.19`
  std::string number() const;  ///< `10.11.19`
  std::string series() const;  ///< `10.11`
  /// Whether flavour, major and minor are equal. (Whether a backup tool can back up a server: see tool_mismatch.)
  bool same_series(const ServerVersion& other) const;
  /// Compares the numbers alone: the caller knows the flavour.
  bool at_least(int want_major, int want_minor, int want_patch = 0) const;
  bool operator==(const ServerVersion&) const = default;
};

/// Reads the value of `SELECT VERSION()`: `10.11.19-MariaDB-0+deb12u1-log`, `8.0.36-28`, `9.7.4`. The `5.5.5-` that old
/// MariaDB servers put in front for replicas is left out. Throws failed for a text without three numbers.
ServerVersion parse_server_version(std::string_view text);

}  // namespace mysql_agent
