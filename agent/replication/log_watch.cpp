#include "agent/replication/log_watch.hpp"

#include <algorithm>

#include "common/server/gtid.hpp"

namespace mysql_agent {
namespace {

// MySQL and MariaDB: SHOW BINLOG EVENTS from an offset at which no event begins (ER_ERROR_WHEN_EXECUTING_COMMAND).
constexpr int wrong_offset = 1220;

struct LogName {
  std::string base;
  std::uint64_t number = 0;
};

LogName log_name(const std::string& file) {
  const std::size_t dot = file.rfind('.');
  if (dot == std::string::npos) return {.base = file};
  return {.base = file.substr(0, dot), .number = std::strtoull(file.c_str() + dot + 1, nullptr, 10)};
}

// `BEGIN GTID 0-100-5`, `GTID 0-100-5 cid=9`, or `SET @@SESSION.GTID_NEXT= '3e11fa47-...:5'`.
std::string gtid_of(const std::string& info) {
  constexpr std::string_view word = "GTID ";
  if (const std::size_t quote = info.find('\''); quote != std::string::npos)
    return info.substr(quote + 1, info.find('\'', quote + 1) - quote - 1);
  const std::size_t at = info.find(word);
  if (at == std::string::npos) return "";
  const std::size_t begin = at + word.size();
  return info.substr(begin, info.find(' ', begin) - begin);
}

}  // namespace

bool was_reset(const Position& before, const ServerFacts& server, const LogAtPlace& at) {
  if (before.binlog_file.empty() || server.log_file.empty()) return false;
  const LogName then = log_name(before.binlog_file);
  const LogName now = log_name(server.log_file);
  if (then.base != now.base) return false;
  if (now.number < then.number) return true;
  if (now.number == then.number && server.log_offset < before.binlog_offset) return true;
  if (!at.known) return false;
  if (at.wrong_place) return true;
  const Flavour flavour = server.version.flavour;
  const auto had = GtidPosition::try_parse(flavour, before.gtid);
  const auto next = GtidPosition::try_parse(flavour, at.gtid);
  return had && next && !next->empty() && had->covers(*next);
}

LogAtPlace read_log_at(MysqlClient& client, const ServerFacts& server, const Position& place) {
  LogAtPlace out;
  if (place.binlog_file.empty() || server.log_file.empty()) return out;
  const Dialect dialect(server.version);
  const auto files = client.query(dialect.binary_logs());
  const auto is_named = [&](const Row& row) { return row.at("Log_name").value_or("") == place.binlog_file; };
  if (std::none_of(files.begin(), files.end(), is_named)) return out;
  try {
    const auto events = client.query(dialect.log_events(place.binlog_file, place.binlog_offset, 1));
    out.known = true;
    if (!events.empty() && events.front().at("Event_type").value_or("").find("tid") != std::string::npos)
      out.gtid = gtid_of(events.front().at("Info").value_or(""));
  } catch (const SqlError& error) {
    if (!error.is_from_server()) throw;
    out.known = out.wrong_place = error.number() == wrong_offset;
  }
  return out;
}

Position log_end(const ServerFacts& server) {
  if (server.log_file.empty()) return {};
  return {.gtid = server.executed, .binlog_file = server.log_file, .binlog_offset = server.log_offset};
}

}  // namespace mysql_agent
