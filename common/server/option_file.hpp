#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/pod.hpp"
#include "common/server/mysql_client.hpp"
#include "common/server/server_version.hpp"

namespace mysql_agent {

/// The files that init-mysql leaves in the server's conf.d. Servers read them in the order of their names, the last
/// one wins: the agent's, then the user's own for the role, then the server id.
namespace option_files {
constexpr const char* agent = "mysql-agent.cnf";
constexpr const char* primary = "primary.cnf";
constexpr const char* replica = "replica.cnf";
constexpr const char* server_id = "server-id.cnf";
}  // namespace option_files

/// The one of primary.cnf and replica.cnf that belongs to a role.
const char* role_option_file(Role role);

std::string server_id_options(std::uint32_t server_id);

/// What the agent needs of the server, as option file text. `loose_` stands before each option that not all
/// supported servers know: those warn and go on.
std::string agent_options(const PodSet& set);

/// How the backup tool logs in, as an option file that only it can read (see Command::option_file), so that no password
/// stands in argv or the environment. Values are quoted as the option file parser of both families reads them:
/// https://mariadb.com/kb/en/configuring-mariadb-with-option-files/
/// `tool` is whose tool it is: their words for TLS differ. Where a CA is given, mariadb-backup from 11.4 on verifies
/// the name too.
std::string tool_login_options(const ServerLogin& login, Flavour tool);

}  // namespace mysql_agent
