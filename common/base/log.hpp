#pragma once

#include <concepts>
#include <initializer_list>
#include <string>
#include <string_view>

namespace mysql_agent {

enum class LogLevel { debug, info, warning, error };
enum class LogFormat { text, json };

/// One `key=value` of a log line; numbers and bools are printed plainly.
struct LogField {
  LogField(std::string_view k, std::string_view v) : key(k), value(v) {}
  LogField(std::string_view k, const char* v) : key(k), value(v) {}
  LogField(std::string_view k, const std::string& v) : key(k), value(v) {}
  LogField(std::string_view k, bool v) : key(k), value(v ? "true" : "false") {}
  template <std::integral T>
  LogField(std::string_view k, T v) : key(k), value(std::to_string(v)) {}

  std::string key;
  std::string value;
};

/// Chooses level and format for the whole process. Everything goes to stderr; stdout is for results.
void start_log(LogLevel level, LogFormat format);

/// One line `time level component: event key=value ...`. The event is in the past tense; info is for a change
/// of state, once per change. Newlines and control bytes in values are escaped: a line stays a line.
void log_event(LogLevel level, std::string_view component, std::string_view event,
               std::initializer_list<LogField> fields = {});

}  // namespace mysql_agent
