#include "common/base/log.hpp"

#include <fmt/chrono.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <cstdio>
#include <mutex>
#include <utility>

#include "common/base/json.hpp"

namespace mysql_agent {
namespace {

std::atomic<LogFormat> g_format{LogFormat::text};
std::mutex g_screen;
std::string g_below;  // guarded by g_screen; empty: there is no such line

constexpr const char* clear_line = "\r\033[K";

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return spdlog::level::debug;
    case LogLevel::info: return spdlog::level::info;
    case LogLevel::warning: return spdlog::level::warn;
    case LogLevel::error: return spdlog::level::err;
  }
  return spdlog::level::info;
}

std::string escaped(std::string_view value) {
  std::string out;
  bool quote = value.empty();
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == ' ' || c == '=' || c == '"') quote = true;
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  return quote ? '"' + out + '"' : out;
}

spdlog::logger& logger() {
  static const auto instance = spdlog::stderr_logger_mt("mysql-agent");
  return *instance;
}

}  // namespace

void start_log(LogLevel level, LogFormat format) {
  g_format = format;
  logger().set_level(to_spdlog(level));
  logger().flush_on(spdlog::level::trace);
  // Both formats use UTC, because people read the lines of several pods side by side.
  const char* pattern = format == LogFormat::text ? "%Y-%m-%dT%H:%M:%S.%eZ %l %v" : "%v";
  logger().set_formatter(std::make_unique<spdlog::pattern_formatter>(pattern, spdlog::pattern_time_type::utc));
}

void log_event(LogLevel level, std::string_view component, std::string_view event,
               std::initializer_list<LogField> fields) {
  if (!logger().should_log(to_spdlog(level))) return;
  std::string line;
  if (g_format == LogFormat::text) {
    line = fmt::format("{}: {}", component, event);
    for (const LogField& field : fields) line += fmt::format(" {}={}", field.key, escaped(field.value));
  } else {
    const auto now = std::chrono::system_clock::now();
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
    const auto level_name = spdlog::level::to_string_view(to_spdlog(level));
    Json json;
    json["time"] = fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(now), ms);
    json["level"] = std::string(level_name.data(), level_name.size());
    json["component"] = component;
    json["event"] = event;
    for (const LogField& field : fields) {
      if (field.bare) json[field.key] = parse_json(field.value);
      else json[field.key] = field.value;
    }
    line = json_text(json, -1);
  }
  const std::lock_guard lock(g_screen);
  if (!g_below.empty()) std::fputs(clear_line, stderr);
  logger().log(to_spdlog(level), "{}", line);
  if (!g_below.empty()) std::fputs(g_below.c_str(), stderr);
}

void show_below_log(std::string line) {
  const std::lock_guard lock(g_screen);
  g_below = std::move(line);
  std::fprintf(stderr, "\r%s\033[K", g_below.c_str());
  std::fflush(stderr);
}

void end_below_log(bool keep) {
  const std::lock_guard lock(g_screen);
  if (g_below.empty()) return;
  std::fputs(keep ? "\n" : clear_line, stderr);
  g_below.clear();
}

}  // namespace mysql_agent
