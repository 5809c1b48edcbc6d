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

/// promtool has nothing to say about a /metrics.
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

/// What a series of a pod's /metrics says; empty where there is none.
inline std::string metric(const TestSet& set, int ordinal, const std::string& series) {
  const std::string text = "\n" + set.probe(ordinal, "/metrics").body;
  const std::string line = "\nmysql_agent_" + series + " ";
  const std::size_t at = text.find(line);
  if (at == std::string::npos) return "";
  const std::size_t from = at + line.size();
  return text.substr(from, text.find('\n', from) - from);
}

}  // namespace mysql_agent::test
