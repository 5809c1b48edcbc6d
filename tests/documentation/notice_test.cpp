// Compares NOTICE.md with the libraries that the release links.
#include <catch2/catch.hpp>

#include <array>
#include <cstdio>
#include <map>
#include <memory>
#include <string>

#include "tests/documentation/rendered.hpp"

using namespace mysql_agent::test;

namespace {

std::string output_of(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "r"), &::pclose);
  REQUIRE(pipe);
  std::string out;
  std::array<char, 4096> buffer{};
  while (std::fgets(buffer.data(), buffer.size(), pipe.get())) out += buffer.data();
  return out;
}

/// The Debian packages in the second column of the table in NOTICE.md.
Words packages_of_notice() {
  Words out;
  for (const std::string& cell :
       matches(read_text(repository / "NOTICE.md"), "\\n\\| [^|]+ \\| ([a-z][^|]+) \\| [^|]+ \\|"))
    for (const std::string& package : matches(cell, "([a-z0-9.+-]+)")) out.insert(package);
  return out;
}

}  // namespace

TEST_CASE("NOTICE.md has the package of each library that the release links, and of each that it takes headers of") {
  const Words noticed = packages_of_notice();
  const std::string cmake = read_text(repository / "CMakeLists.txt");
  Words archives = matches(cmake, "NAMES (lib[a-z0-9+-]+\\.a)");
  std::string names = *matches(cmake, "foreach\\(NAME \\$\\{CLIENT_LIBRARY\\} ([a-z ]+)\\)").begin();
  for (const std::string& name : matches(names + " mariadbclient", "([a-z]+)")) archives.insert("lib" + name + ".a");
  CHECK(archives.size() >= 8);
  for (const std::string& archive : archives) {
    const Words owners = matches(output_of("dpkg-query -S '*/" + archive + "'"), "(?:^|\\n)([a-z0-9.+-]+)");
    INFO(archive << " is of " << Catch::Detail::stringify(owners));
    REQUIRE(owners.size() == 1);
    CHECK(noticed.count(*owners.begin()) == 1);
  }
  // Libraries that CMake's packages find. Those of Threads and of the language are the C library and the C++ library.
  const std::map<std::string, std::string> of_cmake{{"fmt", "libfmt-dev"},
                                                    {"CLI11", "libcli11-dev"},
                                                    {"nlohmann_json", "nlohmann-json3-dev"},
                                                    {"Boost", "libboost1.74-dev"},
                                                    {"Threads", "libc6-dev"}};
  for (const std::string& name : matches(cmake, "find_package\\(([A-Za-z0-9_]+)")) {
    INFO("find_package(" << name << ")");
    REQUIRE(of_cmake.count(name) == 1);
    CHECK(noticed.count(of_cmake.at(name)) == 1);
  }
  CHECK(noticed.count("libstdc++-12-dev") == 1);
  // The library packages that the build installs. Libraries of headers alone are among them.
  std::string setup = read_text(repository / "scripts/setup");
  setup = setup.substr(setup.find("libraries=\""));
  for (const std::string& package : matches(setup.substr(0, setup.find("\"\n")), "((?:lib|zlib)[a-z0-9+-]+-dev)")) {
    INFO("scripts/setup installs " << package);
    CHECK(noticed.count(package) == 1);
  }
}

TEST_CASE("each package in NOTICE.md has its terms on this machine, where scripts/licences gathers them") {
  const TempDir dir;
  INFO(output_of((repository / "scripts/licences").string() + " " + (dir / "doc").string() + " 2>&1"));
  for (const std::string& package : packages_of_notice()) {
    INFO(package);
    CHECK(std::filesystem::exists(dir / "doc" / package));
  }
  for (const char* name : {"LICENSE", "NOTICE.md", "common-licenses/GPL-2", "common-licenses/LGPL-2.1"})
    CHECK(std::filesystem::exists(dir / "doc" / name));
}
