#include "common/xbstream.hpp"

#include <map>
#include <vector>

#include "tests/unit/error_of.hpp"
#include "tests/support/xbstream_builder.hpp"

using namespace mysql_agent;
using test::StreamBuilder;

namespace {

// What a stream gave: the files, with a dot for each byte of a hole, and the order of their beginnings and ends.
struct Unpacked {
  std::map<std::string, std::string> files;
  std::vector<std::string> order;
  bool operator==(const Unpacked&) const = default;
};

XbstreamReader reader_into(Unpacked& out) {
  return XbstreamReader({[&out](const std::string& path) {
                           out.order.push_back("+" + path);
                           out.files[path];
                         },
                         [&out](const std::string& path, std::uint64_t offset, std::string_view data) {
                           std::string& file = out.files.at(path);
                           REQUIRE(offset < 1000);
                           if (file.size() < offset + data.size()) file.resize(offset + data.size(), '.');
                           file.replace(offset, data.size(), data);
                         },
                         [&out](const std::string& path) { out.order.push_back("-" + path); }});
}

Unpacked unpack(const std::string& stream, std::size_t piece = std::string::npos) {
  Unpacked out;
  XbstreamReader reader = reader_into(out);
  for (std::size_t at = 0; at < stream.size(); at += std::min(piece, stream.size())) reader.feed(std::string_view(stream).substr(at, piece));
  reader.finish();
  CHECK(reader.bytes() == stream.size());
  CHECK(reader.files() == out.files.size());
  return out;
}

std::string refusal(const StreamBuilder& stream) {
  const Error error = test::error_of([&] { unpack(stream.bytes()); });
  CHECK(error.code() == ExitCode::failed);
  return error.what();
}

StreamBuilder all_kinds() {
  return StreamBuilder()
      .payload("ibdata1", 0, "first")
      .payload("./app/t.ibd", 0, std::string(300, 'r'))
      .payload("ibdata1", 5, "second")
      .payload("empty", 0, "")
      .sparse("holes", 10, {{2, 3}, {0, 1}, {4, 0}, {1, 2}}, "abcdef")
      .end("ibdata1")
      .sparse("holes", 40, {{7, 0}}, "")
      .end("./app/t.ibd")
      .end("empty")
      .end("holes");
}

}  // namespace

TEST_CASE("a stream gives its files, interleaved ones and empty ones among them") {
  const Unpacked out = unpack(all_kinds().bytes());
  CHECK(out.files.size() == 4);
  CHECK(out.files.at("ibdata1") == "firstsecond");
  CHECK(out.files.at("app/t.ibd") == std::string(300, 'r'));
  CHECK(out.files.at("empty").empty());
  CHECK(out.order == std::vector<std::string>{"+ibdata1", "+app/t.ibd", "+empty", "+holes", "-ibdata1", "-app/t.ibd", "-empty", "-holes"});
}

TEST_CASE("an S chunk leaves holes in the file") {
  CHECK(unpack(all_kinds().bytes()).files.at("holes") == "............abcd.....ef");
}

TEST_CASE("an end chunk alone is an empty file") {
  const Unpacked out = unpack(StreamBuilder().end("mysql/general_log.CSV").file("a", "x").bytes());
  CHECK(out.files.at("mysql/general_log.CSV").empty());
  CHECK(out.order == std::vector<std::string>{"+mysql/general_log.CSV", "-mysql/general_log.CSV", "+a", "-a"});
}

TEST_CASE("a stream says the same in pieces of any length") {
  const std::string stream = all_kinds().bytes();
  const Unpacked whole = unpack(stream);
  for (std::size_t piece = 1; piece <= 40; ++piece) {
    INFO(piece);
    REQUIRE(unpack(stream, piece) == whole);
  }
}

TEST_CASE("a stream cut at any byte is noticed") {
  // All files stay open until the end, so that no cut falls on a whole stream.
  const std::string stream =
      StreamBuilder().payload("a", 0, "xyz").sparse("b", 0, {{1, 2}}, "pq").payload("a", 3, "").end("b").end("a").bytes();
  for (std::size_t length = 0; length < stream.size(); ++length) {
    INFO(length);
    REQUIRE(test::code_of([&] { unpack(stream.substr(0, length)); }) == ExitCode::failed);
  }
}

TEST_CASE("a stream cut inside a chunk is noticed where all files before it are whole") {
  const std::string whole = StreamBuilder().file("a", "xyz").bytes();
  const std::string stream = StreamBuilder().raw(whole).payload("b", 0, "pq").bytes();
  for (std::size_t length = whole.size() + 1; length < stream.size(); ++length) {
    INFO(length);
    REQUIRE(test::code_of([&] { unpack(stream.substr(0, length)); }) == ExitCode::failed);
  }
}

TEST_CASE("a flipped bit in a payload is noticed") {
  const StreamBuilder good = StreamBuilder().payload("a", 0, "xyz").sparse("b", 0, {{1, 2}}, "pq").end("b").end("a");
  for (const char* data : {"xyz", "pq"}) {
    std::string stream = good.bytes();
    stream[stream.find(data)] ^= 1;
    CHECK_THAT(test::error_of([&] { unpack(stream); }).what(), Catch::Contains("CRC32"));
  }
}

TEST_CASE("a damaged stream is refused with the reason") {
  const auto contains = [](const char* text) { return Catch::Contains(text); };
  CHECK_THAT(refusal(StreamBuilder().raw("XBSTCK02").raw(std::string(20, '\0'))), contains("no chunk begins"));
  CHECK_THAT(refusal(StreamBuilder().file("a", "x").raw("hello, this is no chunk")), contains("no chunk begins"));
  CHECK_THAT(refusal(StreamBuilder().head('X', "a")), contains("unknown type"));
  CHECK_THAT(refusal(StreamBuilder().head('X', "a", 1)), contains("ignorable"));
  CHECK_THAT(refusal(StreamBuilder().head('P', "")), contains("a path of 0 bytes"));
  CHECK_THAT(refusal(StreamBuilder().head('P', std::string(513, 'p'))), contains("a path of 513 bytes"));
  CHECK_THAT(refusal(StreamBuilder().file("../evil", "x")), contains("'../evil'"));
  CHECK_THAT(refusal(StreamBuilder().end("../evil")), contains("'../evil'"));
  CHECK_THAT(refusal(StreamBuilder().file("a\nb", "x")), contains("'a?b'"));
  CHECK_THAT(refusal(StreamBuilder().end("a").payload("a", 0, "x")), contains("goes on after its end"));
  CHECK_THAT(refusal(StreamBuilder().file("a", "x").file("a", "y")), contains("goes on after its end"));
  CHECK_THAT(refusal(StreamBuilder().file("a", "x").file("./a", "y")), contains("goes on after its end"));
  CHECK_THAT(refusal(StreamBuilder().file("a", "x").end("a")), contains("goes on after its end"));
  CHECK_THAT(refusal(StreamBuilder().payload("a", 0, "x", 1).end("a")), contains("CRC32"));
  CHECK_THAT(refusal(StreamBuilder().payload("a", 0, "", 1).end("a")), contains("CRC32"));
  CHECK_THAT(refusal(StreamBuilder().sparse("a", 0, {{0, 1}}, "x", 1).end("a")), contains("CRC32"));
  CHECK_THAT(refusal(StreamBuilder().sparse("a", 0, {{9, 0}}, "", 1).end("a")), contains("CRC32"));
  CHECK_THAT(refusal(StreamBuilder().head('P', "a").lengths(1, ~0ULL, 0)), contains("beyond any file"));
  CHECK_THAT(refusal(StreamBuilder().head('P', "a").lengths(~0ULL, 0, 0)), contains("beyond any file"));
  CHECK_THAT(refusal(StreamBuilder().sparse("a", 0, {}, "")), contains("a sparse map of 0 entries"));
  CHECK_THAT(refusal(StreamBuilder().head('S', "a").number(0xffffffff, 4)), contains("a sparse map of 4294967295 entries"));
  CHECK_THAT(refusal(StreamBuilder().sparse("a", 0, {{0, 2}}, "x")), contains("does not add up"));
  CHECK_THAT(refusal(StreamBuilder().sparse("a", 0, {{0, 1}}, "xy")), contains("does not add up"));
}

TEST_CASE("a stream that ends too early is refused with the reason") {
  CHECK_THAT(refusal(StreamBuilder()), Catch::Contains("the stream is empty"));
  CHECK_THAT(refusal(StreamBuilder().raw("XBSTCK01")), Catch::Contains("inside a chunk"));
  CHECK_THAT(refusal(StreamBuilder().file("a", "x").payload("b", 0, "x")), Catch::Contains("before the file 'b' does"));
}

TEST_CASE("an error says in which chunk it was") {
  const std::size_t first = StreamBuilder().file("a", "x").bytes().size();
  CHECK_THAT(refusal(StreamBuilder().file("a", "x").payload("b", 0, "x", 1)), Catch::Contains("byte " + std::to_string(first) + ")"));
}

TEST_CASE("only paths below staging are safe") {
  for (const char* path : {"a", "ibdata1", "a/b", "./a", "././a/b", "a/b/c.ibd", "#innodb_redo/x", "...", "..a", "a..", ".hidden",
                           "mysql@002dagent/t.ibd", "a/.mysql-agent", "\xc3\xa4/t"}) {
    INFO(path);
    CHECK(is_safe_stream_path(path));
  }
  for (const char* path : {"", "/", "/a", "//a", "..", "../a", "a/..", "a/../b", "./..", "./../a", "a//b", "a/", ".", "./", "./.", "a/.",
                           "a/./b", ".mysql-agent", ".mysql-agent/state.json", "./.mysql-agent/state.json", "a\n", "a\tb", "a\x01", "\x1f"}) {
    INFO(path);
    CHECK_FALSE(is_safe_stream_path(path));
  }
  CHECK_FALSE(is_safe_stream_path(std::string_view("a\0b", 3)));
  CHECK(is_safe_stream_path(std::string(512, 'p')));
  CHECK_FALSE(is_safe_stream_path(std::string(513, 'p')));
}
