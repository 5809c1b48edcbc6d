#pragma once

#include <catch2/catch.hpp>
#include <string>

#include "tests/support/test_set.hpp"

namespace mysql_agent::test {

inline std::string promtool() {
  const std::filesystem::path program = cache_folder() / "promtool";
  if (!std::filesystem::exists(program)) FAIL("there is no " << program << ": run scripts/setup --servers");
  return program.string();
}

/// Checks that promtool finds no fault with the text of a /metrics.
inline void check_by_promtool(const std::string& text) {
  const TempDir dir;
  INFO(text);
  write_text(dir / "metrics", text);
  const Ran ran =
      run_to_end({"/bin/sh", "-c", "exec \"$1\" check metrics <\"$2\"", "sh", promtool(), (dir / "metrics").string()});
  INFO(ran.output);
  CHECK(ran.exit_code == 0);
  CHECK(ran.output.empty());
}

/// The value of a series in a pod's /metrics; empty if there is no such series.
inline std::string metric(const TestSet& set, int ordinal, const std::string& series) {
  const std::string text = "\n" + set.probe(ordinal, "/metrics").body;
  const std::string line = "\nmysql_agent_" + series + " ";
  const std::size_t at = text.find(line);
  if (at == std::string::npos) return "";
  const std::size_t from = at + line.size();
  return text.substr(from, text.find('\n', from) - from);
}

}  // namespace mysql_agent::test
