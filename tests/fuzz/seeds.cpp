#include <filesystem>
#include <fstream>

#include "tests/support/xbstream_builder.hpp"

using mysql_agent::test::StreamBuilder;

// Writes good streams of each kind of chunk, for the fuzzer to begin with: seeds DIRECTORY
int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::filesystem::path directory = argv[1];
  std::filesystem::create_directories(directory);
  const std::pair<const char*, StreamBuilder> streams[] = {
      {"file", StreamBuilder().file("ibdata1", "data")},
      {"empty-file", StreamBuilder().end("test/db.opt")},
      {"two-interleaved", StreamBuilder().payload("a", 0, "1").payload("b", 0, "2").payload("a", 1, "3").end("b").end("a")},
      {"sparse", StreamBuilder().sparse("a.ibd", 0, {{4, 2}, {8, 3}, {5, 0}}, "12345").end("a.ibd")},
      {"changed", StreamBuilder().file("a.MAI", "1").remove("a.MAI").file("b.MAI", "2").rename("b.MAI", "c.MAI").file_anew("c.MAI", "3")},
      {"seek", StreamBuilder().payload("a", 0, "1").seek("a", 8).payload("a", 8, "2").end("a")},
  };
  for (const auto& [name, stream] : streams) std::ofstream(directory / name, std::ios::binary) << stream.bytes();
  return 0;
}
