#pragma once

#include <vector>

#include "agent/pod/deviation.hpp"
#include "agent/pod/pod_view.hpp"

namespace mysql_agent {

/// All that there is to say of this pod. Nothing where its server does not answer.
///
/// | kind                | what the server says                                            | of        |
/// |---------------------|-----------------------------------------------------------------|-----------|
/// | binlog_format       | STATEMENT                                                       | any       |
/// | log_bin             | OFF                                                             | any       |
/// | log_replica_updates | OFF, with a binary log                                          | a replica |
/// | gtid_strict_mode    | OFF                                                             | a replica |
/// | read_only           | OFF, or on MySQL super_read_only=OFF                            | a replica |
/// | server_id           | the one that the primary has                                    | a replica |
/// | clone_plugin        | the sidecar looks after it, and it or its account is missing    | any (a)   |
/// | engine              | tables that the plugin would leave empty, where it is offered   | any       |
/// | sync_binlog         | not 1                                                           | a primary |
/// | flush_log           | innodb_flush_log_at_trx_commit is not 1                         | a primary |
/// | channel             | a source beside the agent's, or a primary's, does not run       | any (a)   |
///
/// (a) Of a primary that takes writes.
std::vector<Deviation> deviations_of(const PodView& view);

}  // namespace mysql_agent
