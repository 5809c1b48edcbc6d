#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "common/base/pod.hpp"

namespace mysql_agent {

struct InitOptions {
  PodSet set;
  std::filesystem::path conf_dir;
  std::filesystem::path config_map_dir;
  std::uint32_t server_id_base = 0;
  std::uint64_t server_memory = 0;  ///< bytes that the server's container may have; 0: unknown
};

/// What conf.d is to hold. The same options give the same plan: another run changes nothing.
struct InitPlan {
  struct File {
    std::string name;
    std::string content;
  };
  std::vector<File> write;
  std::vector<std::string> remove;  ///< left by an earlier start with the other role
};

/// | role    | written                                            | removed     |
/// |---------|----------------------------------------------------|-------------|
/// | primary | server-id.cnf, mysql-agent.cnf, primary.cnf        | replica.cnf |
/// | replica | server-id.cnf, mysql-agent.cnf, replica.cnf        | primary.cnf |
/// `role_options` is the text of the config map's file for the role. Throws usage_error for a server id out of range.
InitPlan plan_init(const InitOptions& options, const std::string& role_options);

/// The init container `init-mysql`: writes the server id and the options of the role durably; both follow from the
/// pod's ordinal. Throws usage_error where the config map lacks the role's file, and where a directory is missing or
/// cannot be written.
void init_mysql(const InitOptions& options);

}  // namespace mysql_agent
