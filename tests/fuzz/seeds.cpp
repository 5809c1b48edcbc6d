#include <filesystem>
#include <fstream>

#include "tests/fuzz/absolute_path.hpp"
#include "tests/support/fake_donor.hpp"

using namespace mysql_agent;
using namespace mysql_agent::test;

// Writes the fuzzers' first inputs that are not texts. Usage: seeds DIRECTORY
// DIRECTORY/xbstream gets streams with each type of chunk, and with paths that leave staging. DIRECTORY/http gets whole
// answers around these streams.
int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::filesystem::path directory = argv[1];
  std::filesystem::create_directories(directory / "xbstream");
  std::filesystem::create_directories(directory / "http");
  const std::pair<const char*, StreamBuilder> streams[] = {
      {"file", StreamBuilder().file("ibdata1", "data")},
      {"empty-file", StreamBuilder().end("test/db.opt")},
      {"two-interleaved",
       StreamBuilder().payload("a", 0, "1").payload("b", 0, "2").payload("a", 1, "3").end("b").end("a")},
      {"sparse", StreamBuilder().sparse("a.ibd", 0, {{4, 2}, {8, 3}, {5, 0}}, "12345").end("a.ibd")},
      {"changed", StreamBuilder()
                      .file("a.MAI", "1")
                      .remove("a.MAI")
                      .file("b.MAI", "2")
                      .rename("b.MAI", "c.MAI")
                      .file_anew("c.MAI", "3")},
      {"outside", StreamBuilder().file("../x", "data")},
      {"outside-by-a-folder", StreamBuilder().file("a/../../x", "data")},
      {"outside-by-a-rename", StreamBuilder().file("a", "data").rename("a", "../x")},
      {"absolute", StreamBuilder().file(absolute_path, "data")},
      {"seek", StreamBuilder().payload("a", 0, "1").seek("a", 8).payload("a", 8, "2").end("a")},
  };
  const auto write = [&](const std::string& name, const std::string& bytes) {
    std::ofstream(directory / name, std::ios::binary) << bytes;
  };
  for (const auto& [name, stream] : streams) {
    write(std::string("xbstream/") + name, stream.bytes());
    write(std::string("http/clone-") + name, "c" + answer_of(stream.bytes()));
  }
  write("http/clone-complete", "c" + answer_of(complete_stream()));
  const ServerVersion version = parse_server_version("10.11.19-MariaDB");
  write("http/donor", "b" + with_length(fit_donor("mysql-0", Role::primary, version)));
  write("http/donor-silent", "b");
  write("http/clone-silent", "c");
  write("http/donor-chunked", "b" + chunked_head() + chunk(fit_donor("mysql-0", Role::primary, version)) + "0\r\n\r\n");
  write("http/request",
        "aGET /v1/clone?for=recovery HTTP/1.1\r\nHost: mysql-0.mysql\r\nUser-Agent: mysql-agent/0.1.0\r\n\r\n");
  write("http/request-with-body", "aPOST /v1/donor HTTP/1.1\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\nbody");
  return 0;
}
