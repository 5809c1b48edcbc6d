#pragma once

#include "common/server/server_version.hpp"

namespace mysql_agent::test {

/// A version of MySQL, like mysql_version(8, 4, 3).
inline ServerVersion mysql_version(int major, int minor, int patch) {
  return {.flavour = Flavour::mysql, .major = major, .minor = minor, .patch = patch};
}

/// A version of MariaDB, like mariadb_version(10, 11, 19).
inline ServerVersion mariadb_version(int major, int minor, int patch) {
  return {.flavour = Flavour::mariadb, .major = major, .minor = minor, .patch = patch};
}

}  // namespace mysql_agent::test
