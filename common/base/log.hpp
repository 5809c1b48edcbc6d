#pragma once

#include <concepts>
#include <initializer_list>
#include <string>
#include <string_view>

namespace mysql_agent {

enum class LogLevel { debug, info, warning, error };
enum class LogFormat { text, json };

/// One `key=value` of a log line. Numbers are printed in decimal, bools as `true` or `false`; in the format json both
/// are no texts.
struct LogField {
  LogField(std::string_view k, std::string_view v) : key(k), value(v) {}
  LogField(std::string_view k, const char* v) : key(k), value(v) {}
  LogField(std::string_view k, const std::string& v) : key(k), value(v) {}
  LogField(std::string_view k, bool v) : key(k), value(v ? "true" : "false"), bare(true) {}
  template <std::integral T>
  LogField(std::string_view k, T v) : key(k), value(std::to_string(v)), bare(true) {}

  std::string key;
  std::string value;
  bool bare = false;  ///< the value is JSON as it is: a number, true or false
};

/// Sets level and format of the log, for the whole process. The log goes to stderr; stdout is for results.
void start_log(LogLevel level, LogFormat format);

/// Writes one line `time level component: event key=value ...`; the time is in UTC. The event is in the past tense.
/// Level info is for a change of state, once for each change. Newlines and control bytes in values are escaped, so that
/// a line stays one line. Any thread may call it.
void log_event(LogLevel level, std::string_view component, std::string_view event,
               std::initializer_list<LogField> fields = {});

/// Shows a line below the log on stderr, which is a terminal: each line of the log goes above it. Any thread may call
/// it.
void show_below_log(std::string line);
/// Ends that line. `keep`: it stays on the screen as it is. Without such a line this does nothing.
void end_below_log(bool keep);

}  // namespace mysql_agent
