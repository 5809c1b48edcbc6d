#include "agent/init_mysql.hpp"

#include "common/base/component.hpp"
#include "common/base/crash_point.hpp"
#include "common/base/error.hpp"
#include "common/base/file.hpp"
#include "common/base/log.hpp"
#include "common/server/option_file.hpp"

namespace mysql_agent {
namespace {

std::string read_role_options(const InitOptions& options) {
  const auto path = options.config_map_dir / role_option_file(options.set.role());
  if (auto text = read_file_if_exists(path, 1 << 20)) return *std::move(text);
  throw usage_error("the config map has no " + path.string(),
                    "the ConfigMap needs primary.cnf and replica.cnf, mounted at --config-map-dir");
}

void write_plan(const InitPlan& plan, const std::filesystem::path& conf_dir) {
  for (const std::string& name : plan.remove) remove_tree(conf_dir / name);
  crash_point("init.removed");
  for (const InitPlan::File& file : plan.write) {
    // Servers ignore option files that others can write; any user may read these.
    write_file_durably(conf_dir / file.name, file.content, 0644);
    crash_point("init.written");
  }
}

}  // namespace

InitPlan plan_init(const InitOptions& options, const std::string& role_options) {
  const Role role = options.set.role();
  const Role other = role == Role::primary ? Role::replica : Role::primary;
  const std::uint32_t id = server_id(options.server_id_base, options.set.pod.ordinal);
  return {{{option_files::server_id, server_id_options(id)},
           {option_files::agent, agent_options(options.set, buffer_pool_for(options.server_memory))},
           {role_option_file(role), role_options}},
          {role_option_file(other)}};
}

void init_mysql(const InitOptions& options) {
  try {
    const InitPlan plan = plan_init(options, read_role_options(options));
    write_plan(plan, options.conf_dir);
  } catch (const Error& error) {
    if (error.code() == ExitCode::usage) throw;
    // A failure here is a mount or a permission: another try would not help.
    throw usage_error(error.what(), "mount an emptyDir at --conf-dir and the ConfigMap at --config-map-dir");
  }
  log_event(LogLevel::info, component::init, "wrote the server's options",
            {{"pod", options.set.pod.name},
             {"role", role_name(options.set.role())},
             {"server_id", server_id(options.server_id_base, options.set.pod.ordinal)},
             {"buffer_pool", buffer_pool_for(options.server_memory)},
             {"conf_dir", options.conf_dir.string()}});
}

}  // namespace mysql_agent
