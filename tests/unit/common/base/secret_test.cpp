#include "common/base/secret.hpp"

#include <ostream>

#include "tests/support/error_of.hpp"
#include "tests/support/temp_dir.hpp"

using namespace mysql_agent;
using test::code_of;
using test::TempDir;
using test::write_text;

template <typename T>
concept printable = requires(std::ostream& out, const T& value) {
  out << value;
};
template <typename T>
concept text_like = std::is_convertible_v<T, std::string> || std::is_convertible_v<T, std::string_view>;

TEST_CASE("a secret has no way into a text but reveal") {
  STATIC_REQUIRE_FALSE(printable<Secret>);
  STATIC_REQUIRE_FALSE(text_like<Secret>);
  CHECK(Secret("pw").reveal() == "pw");
  CHECK(Secret().empty());
  CHECK_FALSE(Secret(" ").empty());
}

TEST_CASE("one newline at the end of a secret's file is not part of it") {
  const TempDir dir;
  const auto read = [&](const std::string& text) {
    write_text(dir / "secret", text);
    return read_secret_file(dir / "secret").reveal();
  };
  CHECK(read("pw") == "pw");
  CHECK(read("pw\n") == "pw");
  CHECK(read("pw\r\n") == "pw");
  CHECK(read("pw\n\n") == "pw\n");
  CHECK(read(" a'b\"c\\d\ne%f\xf0\x9f\x94\x91 \n") == " a'b\"c\\d\ne%f\xf0\x9f\x94\x91 ");
  CHECK(read("").empty());
}

TEST_CASE("no file is no secret, and a file that is not there is a usage error") {
  const TempDir dir;
  CHECK(read_secret_file("").empty());
  CHECK(code_of([&] { read_secret_file(dir / "none"); }) == ExitCode::usage);
  CHECK(code_of([&] { read_secret_file(dir.path()); }) == ExitCode::usage);
}

TEST_CASE("a secret that no password can be is a usage error, and is not quoted") {
  const TempDir dir;
  write_text(dir / "secret", std::string("canary\0x", 8));
  const Error error = test::error_of([&] { read_secret_file(dir / "secret"); });
  CHECK(error.code() == ExitCode::usage);
  CHECK_THAT(error.what(), !Catch::Contains("canary"));
  write_text(dir / "secret", std::string(70'000, 'x'));
  CHECK(code_of([&] { read_secret_file(dir / "secret"); }) == ExitCode::usage);
}
