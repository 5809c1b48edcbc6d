#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/pod.hpp"
#include "common/server/mysql_client.hpp"
#include "common/server/server_settings.hpp"
#include "common/server/server_version.hpp"

namespace mysql_agent {

/// The files that init-mysql writes into the server's conf.d. A server reads them in the order of their names, and the
/// last value of an option counts. So the agent's file comes first, then the user's file for the role, then the server
/// id.
namespace option_files {
constexpr const char* agent = "mysql-agent.cnf";
constexpr const char* primary = "primary.cnf";
constexpr const char* replica = "replica.cnf";
constexpr const char* server_id = "server-id.cnf";
}  // namespace option_files

/// The name of the role's file: primary.cnf or replica.cnf.
const char* role_option_file(Role role);

/// The text of server-id.cnf.
std::string server_id_options(std::uint32_t server_id);

/// The text of mysql-agent.cnf: the options that the agent needs the server to have. An option that not all supported
/// servers know begins with `loose_`: a server that does not know such an option warns and goes on.
/// `buffer_pool` is in bytes; 0: the server's default stays.
std::string agent_options(const PodSet& set, std::uint64_t buffer_pool = 0);

/// The buffer pool, in bytes, of a server whose container may have `memory` bytes: half of that, and at least 768 MiB
/// less than that, in steps of 128 MiB, for a server rounds up to a multiple of such steps. 0: no more than the
/// server's default of 128 MiB, or `memory` is 0, unknown.
std::uint64_t buffer_pool_for(std::uint64_t memory);

/// `options`, as agent_options makes them, without the option that keeps an image's entrypoint from making accounts in
/// a first data directory: MySQL's super_read_only refuses even root (error 1290).
std::string without_super_read_only(const std::string& options);

/// Whether `options`, a user's option file, switches event_scheduler on.
bool runs_events(const std::string& options);

/// `last_options`, the text of the file that is read last, with event_scheduler switched off.
std::string without_events(const std::string& last_options);

/// The text of an option file with which the backup tool logs in. Command::option_file hands the file to the tool, so
/// that no password stands in argv or in the environment. Values are quoted as the option file parser of both families
/// reads them: https://mariadb.com/kb/en/configuring-mariadb-with-option-files/
/// `tool` is the family of the tool, because the options for TLS differ. If a CA is given, mariadb-backup from 11.4 on
/// also checks the name in the server's certificate.
std::string tool_login_options(const ServerLogin& login, Flavour tool);

/// The text of an option file for a prepare of mariadb-backup: where the server of this pod has its plugins, and what
/// it tells the plugins that manage keys. It can hold a secret (file_key_management_filekey).
std::string prepare_plugin_options(const ServerSettings& own);

}  // namespace mysql_agent
