#include "common/server/option_file.hpp"

#include <algorithm>
#include <boost/algorithm/string/case_conv.hpp>
#include <boost/algorithm/string/classification.hpp>
#include <boost/algorithm/string/trim.hpp>
#include <sstream>

#include "common/base/error.hpp"
#include "common/base/reserved_names.hpp"

namespace mysql_agent {
namespace {

// In double quotes the parser knows \b \t \n \r \s \\ and \", and a # begins no comment (mysys/my_default.c).
std::string option_value(std::string_view value) {
  std::string out = "\"";
  for (const char c : value) {
    switch (c) {
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      case '\b': out += "\\b"; break;
      case '\\': out += "\\\\"; break;
      case '"': out += "\\\""; break;
      default: out += c;
    }
  }
  return out + "\"";
}

}  // namespace

namespace {

constexpr std::string_view super_read_only_line = "loose_super_read_only=ON\n";

}  // namespace

std::string without_super_read_only(const std::string& options) {
  std::string out = options;
  if (const std::size_t at = out.find(super_read_only_line); at != std::string::npos)
    out.erase(at, super_read_only_line.size());
  return out;
}

// An option without a value is on. Servers read - and _ as the same.
bool runs_events(const std::string& options) {
  bool on = false;
  std::istringstream lines(options);
  for (std::string line; std::getline(lines, line);) {
    std::string option = boost::to_lower_copy(line.substr(0, line.find('#')));
    std::replace(option.begin(), option.end(), '-', '_');
    const std::size_t equals = std::min(option.find('='), option.size());
    const std::string name = boost::trim_copy(option.substr(0, equals));
    if (name != "event_scheduler" && name != "loose_event_scheduler") continue;
    const std::string value = boost::trim_copy_if(option.substr(equals), boost::is_any_of(" \t\r='\""));
    on = equals == option.size() || value == "on" || value == "1";
  }
  return on;
}

std::string without_events(const std::string& last_options) {
  const std::string option = "event_scheduler=OFF\n";
  if (last_options.find(option) != std::string::npos) return last_options;
  return last_options + "# The sidecar switches it on, once the copy has its position and may take writes.\n" + option;
}

const char* role_option_file(Role role) {
  return role == Role::primary ? option_files::primary : option_files::replica;
}

std::string server_id_options(std::uint32_t server_id) {
  return "# Written by mysql-agent init-mysql at every start of the pod.\n[mysqld]\nserver-id=" +
         std::to_string(server_id) + "\n";
}

std::uint64_t buffer_pool_for(std::uint64_t memory) {
  constexpr std::uint64_t step = 128ULL << 20;
  // What MySQL 9.7 takes beside its buffer pool with a few hundred connections.
  constexpr std::uint64_t beside = 768ULL << 20;
  if (memory <= beside + step) return 0;
  const std::uint64_t pool = std::min(memory / 2, memory - beside) / step * step;
  return pool <= step ? 0 : pool;
}

std::string agent_options(const PodSet& set, std::uint64_t buffer_pool) {
  std::string out =
      "# Written by mysql-agent init-mysql at every start of the pod: what the agent needs of the server.\n"
      "# primary.cnf or replica.cnf of the config map is read after this file and may say otherwise.\n"
      "[mysqld]\n"
      "# A clone carries its donor's replication settings: the sidecar starts replication, never the server.\n"
      "loose_skip_slave_start=ON\n"
      "loose_skip_replica_start=ON\n"
      "# The agent's own directory, and mkfs's, are no databases. MariaDB's word, then that of MySQL 5.7.\n";
  for (const char* option : {"loose_ignore_db_dirs=", "loose_ignore_db_dir="})
    for (const char* name : {reserved_names::agent, reserved_names::lost_found})
      out += std::string(option) + name + "\n";
  out +=
      "# Every pod can be a donor and, after a lost volume, the source of the others' missing transactions.\n"
      "# Fixed names: the default ones change with the host's.\n"
      "log_bin=binlog\n"
      "relay_log=relay-bin\n"
      "loose_log_slave_updates=ON\n"
      "loose_log_replica_updates=ON\n"
      "loose_binlog_format=ROW\n"
      "# GTIDs; strict, because a server that was recovered has a hole in its log that only strict mode reports.\n"
      "loose_gtid_strict_mode=ON\n"
      "loose_gtid_mode=ON\n"
      "loose_enforce_gtid_consistency=ON\n"
      "# A crash loses no transaction that a client or a replica has seen.\n"
      "sync_binlog=1\n"
      "innodb_flush_log_at_trx_commit=1\n"
      "loose_relay_log_recovery=ON\n";
  out += "report_host=" + set.own_host() + "\n";
  if (buffer_pool != 0)
    out += "# By the memory limit of the server's container (--server-memory).\ninnodb_buffer_pool_size=" +
           std::to_string(buffer_pool) + "\n";
  out +=
      "# No server takes writes before the sidecar knows that its data is the head of the set; a replica never does.\n"
      "read_only=ON\n" +
      std::string(super_read_only_line);
  if (set.role() == Role::replica)
    out +=
        "# A copy of the primary has its events, and would run them.\n"
        "event_scheduler=OFF\n"
        "# Connecting again is the sidecar's: it asks first whose server it is.\n"
        "loose_master_retry_count=1\n";
  return out;
}

namespace {

// XtraBackup has the same options for TLS as MySQL's clients (sslopt-longopts.h of 5.7 to 9.7). From 11.4 on MariaDB
// verifies the server's certificate by default.
std::string tool_tls_options(const ServerLogin& login, Flavour tool) {
  const std::string ca = login.tls_ca.empty() ? "" : "ssl-ca=" + option_value(login.tls_ca.string()) + "\n";
  if (tool == Flavour::mysql) {
    if (login.needs_tls()) return std::string("ssl-mode=") + (ca.empty() ? "REQUIRED" : "VERIFY_CA") + "\n" + ca;
    // caching_sha2_password, the default of accounts from 8.0.4 on, needs this. XtraBackup 2.4 does not know the
    // option.
    return login.socket.empty() ? "loose_get-server-public-key\n" : "";
  }
  if (!login.needs_tls()) return "";
  return "ssl\n" + (ca.empty() ? "ssl-verify-server-cert=0\n" : ca);
}

}  // namespace

std::string tool_login_options(const ServerLogin& login, Flavour tool) {
  std::string out =
      "[client]\nuser=" + option_value(login.user) + "\npassword=" + option_value(login.password.reveal()) + "\n";
  if (login.socket.empty())
    out += "protocol=tcp\nhost=" + option_value(login.host) + "\nport=" + std::to_string(login.port) + "\n";
  else out += "socket=" + option_value(login.socket) + "\n";
  out += tool_tls_options(login, tool);
  return out;
}

// The names of all plugins for keys end so: file_key_management, hashicorp_key_management, aws_key_management.
std::string prepare_plugin_options(const ServerSettings& own) {
  std::string out = "[mysqld]\n";
  if (const std::string plugins = own.value("plugin_dir"); !plugins.empty())
    out += "plugin_dir=" + option_value(plugins) + "\n";
  for (const ServerOption& option : own.options)
    if (option.name.find("key_management_") != std::string::npos)
      out += option.name + "=" + option_value(option.value) + "\n";
  return out;
}

}  // namespace mysql_agent
