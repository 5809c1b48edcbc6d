#include "agent/replication/log_watch.hpp"

#include <algorithm>

#include "common/server/gtid.hpp"

namespace mysql_agent {
namespace {

// MySQL and MariaDB: SHOW BINLOG EVENTS from an offset at which no event begins (ER_ERROR_WHEN_EXECUTING_COMMAND).
constexpr int wrong_offset = 1220;

std::string log_base(const std::string& file) {
  return file.substr(0, file.rfind('.'));
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
  if (log_base(before.binlog_file) != log_base(server.log_file)) return false;
  if (is_behind(log_end(server), before)) return true;
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
  if (place.binlog_file != server.log_file) {
    const auto files = log_files(client, dialect);
    if (std::find(files.begin(), files.end(), place.binlog_file) == files.end()) return out;
  }
  try {
    const auto events = client.query(dialect.log_events(place.binlog_file, place.binlog_offset, 1));
    out.known = true;
    if (!events.empty() && text_of(events.front(), "Event_type").find("tid") != std::string::npos)
      out.gtid = gtid_of(text_of(events.front(), "Info"));
  } catch (const SqlError& error) {
    if (!error.is_from_server()) throw;
    out.known = out.wrong_place = error.number() == wrong_offset;
  }
  return out;
}

std::string written_outside_log(const AgentState& state, const ServerFacts& server) {
  if (!server.log_bin) return "log_bin=OFF";
  // A set without GTIDs replicates by file and offset. Its primary has never noted an end of its log.
  if (!server.by_gtid && !state.log_end.gtid.empty()) return "gtid_mode is not ON";
  const std::size_t at = server.filters.find("binlog_");
  return at == std::string::npos ? "" : server.filters.substr(at, server.filters.find(';', at) - at);
}

Position log_end(const ServerFacts& server) {
  if (server.log_file.empty()) return {};
  return {.gtid = server.executed, .binlog_file = server.log_file, .binlog_offset = server.log_offset};
}

}  // namespace mysql_agent
