#pragma once

#include <string>

#include "common/server/mysql_client.hpp"
#include "common/server/server_facts.hpp"
#include "common/volume/state_file.hpp"

namespace mysql_agent {

/// What a binary log has at a place that was once its end.
struct LogAtPlace {
  bool known = false;        ///< the file is there, and may be read; else nothing is found
  bool wrong_place = false;  ///< no event begins there
  std::string gtid{};        ///< of the transaction that begins there; empty: none does
};

/// Finds that a server's binary log was thrown away and begun anew (RESET MASTER). The server then gives out GTIDs a
/// second time, and a replica that has them already skips what they are now. `before` is an earlier end of the log, and
/// the GTIDs that the server had then.
///
/// | # | the log's end now                    | what begins at the earlier end   | reset |
/// |---|--------------------------------------|----------------------------------|-------|
/// | 1 | of another log_bin, or not known     |                                  | no    |
/// | 2 | before the earlier end               |                                  | yes   |
/// | 3 | there, or later                      | no event begins there            | yes   |
/// | 4 | there, or later                      | a GTID that the server had then  | yes   |
/// | 5 | there, or later                      | another GTID, or nothing         | no    |
bool was_reset(const Position& before, const ServerFacts& server, const LogAtPlace& at);

/// Reads what `was_reset` asks for. Throws SqlError.
LogAtPlace read_log_at(MysqlClient& client, const ServerFacts& server, const Position& place);

/// What keeps a primary's writes out of its log: `log_bin=OFF`, `binlog_ignore_db=logs`, or no GTIDs in a set that had
/// them; empty: nothing.
std::string written_outside_log(const AgentState& state, const ServerFacts& server);

/// The end of a server's log, and what the server has; empty where it is not known.
Position log_end(const ServerFacts& server);

}  // namespace mysql_agent
