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
};

/// What conf.d is to hold. The same input gives the same plan: a re-run changes nothing.
struct InitPlan {
  struct File {
    std::string name;
    std::string content;
  };
  std::vector<File> write;
  std::vector<std::string> remove;  ///< what an earlier start with another role left
};

/// | role    | written                                            | removed     |
/// |---------|----------------------------------------------------|-------------|
/// | primary | server-id.cnf, mysql-agent.cnf, primary.cnf        | replica.cnf |
/// | replica | server-id.cnf, mysql-agent.cnf, replica.cnf        | primary.cnf |
/// `role_options` is the config map's file for the role. Throws usage_error for a server id out of range.
InitPlan plan_init(const InitOptions& options, const std::string& role_options);

/// The init container `init-mysql`: server id and role from the pod's ordinal, written durably. Throws usage_error:
/// config map without the role's file, directory that is missing or cannot be written.
void init_mysql(const InitOptions& options);

}  // namespace mysql_agent
