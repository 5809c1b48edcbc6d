#pragma once

#include <string>

#include "tests/support/test_set.hpp"

namespace mysql_agent::test {

/// All that a pod tells a person: /readyz, /status, and its sidecar's log.
inline std::string told_by(TestSet& set, int ordinal) {
  return set.probe(ordinal, "/readyz").body + set.probe(ordinal, "/status").body + set.sidecar(ordinal).output();
}

/// Whether a pod tells `words` within `timeout`.
inline bool comes_to_tell(TestSet& set, int ordinal, const std::string& words,
                          std::chrono::seconds timeout = std::chrono::seconds(15)) {
  return eventually(timeout, [&] { return told_by(set, ordinal).find(words) != std::string::npos; });
}

/// A server's answer may be away for a moment, and its tables too.
inline std::string value_or_error(const TestSet& set, int ordinal, const std::string& query) {
  try {
    return set.value(ordinal, query);
  } catch (const Error& error) {
    return error.what();
  }
}

/// Changes how a replica follows its source, by hand: `what` has the words of MariaDB, MySQL's are made of them.
inline void change_source(const TestSet& set, int ordinal, std::string what) {
  MysqlClient client(set.login(ordinal), std::chrono::seconds(30));
  client.execute("STOP REPLICA");
  for (std::size_t at; set.kind().is_mysql() && (at = what.find("MASTER")) != std::string::npos;)
    what.replace(at, 6, "SOURCE");
  client.execute((set.kind().is_mysql() ? "CHANGE REPLICATION SOURCE TO " : "CHANGE MASTER TO ") + what);
  client.execute("START REPLICA");
}

}  // namespace mysql_agent::test
