#include "common/backup/xbstream.hpp"

#include <map>
#include <vector>

#include "tests/support/error_of.hpp"
#include "tests/support/xbstream_builder.hpp"

using namespace mysql_agent;
using test::StreamBuilder;

namespace {

// What a stream gave: the files, with a dot for each byte of a hole, and the order in which files began and ended.
struct Unpacked {
  std::map<std::string, std::string> files;
  std::vector<std::string> order;
  bool operator==(const Unpacked&) const = default;
};

XbstreamReader reader_into(Unpacked& out) {
  return XbstreamReader({.on_open =
                             [&out](const std::string& path) {
                               out.order.push_back("+" + path);
                               REQUIRE(out.files.emplace(path, "").second);
                             },
                         .on_data =
                             [&out](const std::string& path, std::uint64_t offset, std::string_view data) {
                               std::string& file = out.files.at(path);
                               REQUIRE(offset < 1000);
                               if (file.size() < offset + data.size()) file.resize(offset + data.size(), '.');
                               file.replace(offset, data.size(), data);
                             },
                         .on_close = [&out](const std::string& path) { out.order.push_back("-" + path); },
                         .on_remove =
                             [&out](const std::string& path) {
                               out.order.push_back("!" + path);
                               REQUIRE(out.files.erase(path) == 1);
                             },
                         .on_rename =
                             [&out](const std::string& from, const std::string& to) {
                               out.order.push_back(from + ">" + to);
                               auto file = out.files.extract(from);
                               file.key() = to;
                               REQUIRE(out.files.insert(std::move(file)).inserted);
                             }});
}

Unpacked unpack(const std::string& stream, std::size_t piece = std::string::npos) {
  Unpacked out;
  XbstreamReader reader = reader_into(out);
  for (std::size_t at = 0; at < stream.size(); at += std::min(piece, stream.size()))
    reader.feed(std::string_view(stream).substr(at, piece));
  reader.finish();
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
      .seek("ibdata1", 1)
      .file("dropped", "x")
      .sparse("holes", 10, {{2, 3}, {0, 1}, {4, 0}, {1, 2}}, "abcdef")
      .end("ibdata1")
      .sparse("holes", 40, {{7, 0}}, "")
      .end("./app/t.ibd")
      .end("empty")
      .end("holes")
      .remove("dropped")
      .file_anew("./app/t.ibd", "anew")
      .rename("./app/t.ibd", "app/u.ibd");
}

}  // namespace

TEST_CASE("a stream gives its files, interleaved ones and empty ones among them") {
  const Unpacked out = unpack(all_kinds().bytes());
  CHECK(out.files.size() == 4);
  CHECK(out.files.at("ibdata1") == "firstsecond");
  CHECK(out.files.at("app/u.ibd") == "anew");
  CHECK(out.files.at("empty").empty());
  CHECK(out.order == std::vector<std::string>{"+ibdata1", "+app/t.ibd", "+empty", "+dropped", "-dropped", "+holes",
                                              "-ibdata1", "-app/t.ibd", "-empty", "-holes", "!dropped", "!app/t.ibd",
                                              "+app/t.ibd", "-app/t.ibd", "app/t.ibd>app/u.ibd"});
}

TEST_CASE("an S chunk of XtraBackup leaves holes in the file, also at its end") {
  CHECK(unpack(all_kinds().bytes()).files.at("holes") == "............abcd.....ef" + std::string(23, '.') + '\0');
  const auto unpacked = [](const StreamBuilder::SparseMap& map, const std::string& data) {
    return unpack(StreamBuilder().sparse("f", 0, map, data).end("f").bytes()).files.at("f");
  };
  CHECK(unpacked({{0, 2}}, "ab") == "ab");
  CHECK(unpacked({{0, 2}, {3, 0}}, "ab") == std::string("ab..\0", 5));
  CHECK(unpacked({{0, 2}, {3, 0}, {0, 0}}, "ab") == std::string("ab..\0", 5));
  CHECK(unpacked({{0, 2}, {0, 0}}, "ab") == "ab");
  CHECK(unpacked({{0, 2}, {3, 0}, {0, 1}}, "abc") == "ab...c");
}

TEST_CASE("an S chunk of mariadb-backup says an offset that the payload says too") {
  const std::string stream =
      StreamBuilder().payload("log", 0, "abcdef").seek("log", 2).payload("log", 2, "XY").end("log").bytes();
  for (std::size_t piece = 1; piece <= 40; ++piece) {
    INFO(piece);
    REQUIRE(unpack(stream, piece).files.at("log") == "abXYef");
  }
}

TEST_CASE("what mariadb-backup says of tables that changed is followed") {
  CHECK(unpack(StreamBuilder().file("a", "x").remove("a").file("b", "y").bytes()).order ==
        std::vector<std::string>{"+a", "-a", "!a", "+b", "-b"});
  CHECK(unpack(StreamBuilder().file("a", "x").rename("./a", "./d/b").bytes()).files ==
        std::map<std::string, std::string>{{"d/b", "x"}});
  CHECK(unpack(StreamBuilder().file("a", "old").file_anew("a", "new").bytes()).files.at("a") == "new");
  CHECK(unpack(StreamBuilder().file_anew("a", "new").bytes()).files.at("a") == "new");
  CHECK(unpack(StreamBuilder().file("a", "x").remove("a").file("a", "y").bytes()).files.at("a") == "y");
  CHECK(unpack(StreamBuilder().file("a", "x").file("b", "y").rename("a", "b").bytes()).order ==
        std::vector<std::string>{"+a", "-a", "+b", "-b", "!b", "a>b"});
  CHECK(unpack(StreamBuilder().file("a", "x").remove("never").bytes()).order == std::vector<std::string>{"+a", "-a"});
  const std::string two_chunks = StreamBuilder()
                                     .file("a", "old")
                                     .head('P', "a", 2)
                                     .lengths(1, 0, test::slow_crc32("n"))
                                     .raw("n")
                                     .head('P', "a", 2)
                                     .lengths(1, 1, test::slow_crc32("w"))
                                     .raw("w")
                                     .end("a")
                                     .bytes();
  CHECK(unpack(two_chunks).files.at("a") == "nw");
}

TEST_CASE("a reader that cannot remove or rename refuses such chunks") {
  for (const std::string& stream :
       {StreamBuilder().file("a", "x").remove("a").bytes(), StreamBuilder().file("a", "x").rename("a", "b").bytes(),
        StreamBuilder().file("a", "x").file_anew("a", "y").bytes()}) {
    XbstreamReader reader({.on_open = [](const auto&) {},
                           .on_data = [](const auto&, auto, auto) {},
                           .on_close = [](const auto&) {},
                           .on_remove = {},
                           .on_rename = {}});
    CHECK(test::code_of([&] { reader.feed(stream); }) == ExitCode::failed);
  }
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
  // All files stay open until the end, so that no part of the stream is a whole stream.
  const std::string stream = StreamBuilder()
                                 .payload("a", 0, "xyz")
                                 .sparse("b", 0, {{1, 2}}, "pq")
                                 .payload("a", 3, "")
                                 .end("b")
                                 .end("a")
                                 .bytes();
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

TEST_CASE("a flipped bit in a payload or in a sparse map is noticed") {
  const StreamBuilder good = StreamBuilder().payload("a", 0, "xyz").sparse("b", 0, {{1, 2}}, "pq").end("b").end("a");
  const std::string map("\x01\0\0\0\x02\0\0\0", 8);
  for (const std::string& data : {std::string("xyz"), std::string("pq"), map}) {
    std::string stream = good.bytes();
    stream[stream.rfind(data)] ^= 1;
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
  CHECK_THAT(refusal(StreamBuilder().file("a", "x").head('P', "a", 1)), contains("goes on after its end"));
  CHECK_THAT(refusal(StreamBuilder().file("a", "x").end("a")), contains("goes on after its end"));
  CHECK_THAT(refusal(StreamBuilder().payload("a", 0, "x", 1).end("a")), contains("CRC32"));
  CHECK_THAT(refusal(StreamBuilder().payload("a", 0, "", 1).end("a")), contains("CRC32"));
  CHECK_THAT(refusal(StreamBuilder().sparse("a", 0, {{0, 1}}, "x", 1).end("a")), contains("CRC32"));
  CHECK_THAT(refusal(StreamBuilder().sparse("a", 0, {{9, 0}}, "", 1).end("a")), contains("CRC32"));
  CHECK_THAT(refusal(StreamBuilder().head('P', "a").lengths(1, ~0ULL, 0)), contains("beyond any file"));
  CHECK_THAT(refusal(StreamBuilder().head('P', "a").lengths(~0ULL, 0, 0)), contains("beyond any file"));
  CHECK_THAT(refusal(StreamBuilder().sparse("a", 0, {}, "")), contains("a sparse map of 0 entries"));
  CHECK_THAT(refusal(StreamBuilder().head('S', "a").number(0xffffffff, 4).lengths(0, 0, 0)),
             contains("a sparse map of 4294967295 entries"));
  CHECK_THAT(refusal(StreamBuilder().sparse("a", 0, {{0, 2}}, "x")), contains("does not add up"));
  CHECK_THAT(refusal(StreamBuilder().sparse("a", 0, {{0, 1}}, "xy")), contains("does not add up"));
  CHECK_THAT(refusal(StreamBuilder().file("a", "x").payload("a", 0, "y")), contains("goes on after its end"));
  CHECK_THAT(refusal(StreamBuilder().file("a", "x").sparse("a", 0, {{0, 1}}, "y")), contains("goes on after its end"));
  CHECK_THAT(refusal(StreamBuilder().payload("a", 0, "x").remove("a")), contains("is removed before its end"));
  CHECK_THAT(refusal(StreamBuilder().payload("a", 0, "x").rename("a", "b")), contains("is renamed before its end"));
  CHECK_THAT(refusal(StreamBuilder().file("a", "x").payload("b", 0, "y").rename("a", "b")),
             contains("is renamed before its end"));
  CHECK_THAT(refusal(StreamBuilder().rename("a", "b")), contains("is renamed before its end"));
  CHECK_THAT(refusal(StreamBuilder().file("a", "x").rename("a", "../b")), contains("leaves the directory"));
  CHECK_THAT(refusal(StreamBuilder().file("a", "x").rename("a", "")), contains("a path of 0 bytes"));
  CHECK_THAT(refusal(StreamBuilder().file("a", "x").rename("a", std::string(513, 'b'))),
             contains("a path of 513 bytes"));
  CHECK_THAT(refusal(StreamBuilder().remove("/etc/passwd")), contains("is absolute"));
}

TEST_CASE("a stream that ends too early is refused with the reason") {
  CHECK_THAT(refusal(StreamBuilder()), Catch::Contains("the stream is empty"));
  CHECK_THAT(refusal(StreamBuilder().raw("XBSTCK01")), Catch::Contains("inside a chunk"));
  CHECK_THAT(refusal(StreamBuilder().file("a", "x").payload("b", 0, "x")), Catch::Contains("before the file 'b' does"));
}

TEST_CASE("an error says in which chunk it was") {
  const std::size_t first = StreamBuilder().file("a", "x").bytes().size();
  CHECK_THAT(refusal(StreamBuilder().file("a", "x").payload("b", 0, "x", 1)),
             Catch::Contains("byte " + std::to_string(first) + ")"));
}

TEST_CASE("only paths below staging are safe") {
  for (const char* path : {"a", "ibdata1", "a/b", "./a", "././a/b", "a/b/c.ibd", "#innodb_redo/x", "...", "..a", "a..",
                           ".hidden", "mysql@002dagent/t.ibd", "a/.mysql-agent", "\xc3\xa4/t"}) {
    INFO(path);
    CHECK(is_safe_stream_path(path));
  }
  for (const char* path : {"",
                           "/",
                           "/a",
                           "//a",
                           "..",
                           "../a",
                           "a/..",
                           "a/../b",
                           "./..",
                           "./../a",
                           "a//b",
                           "a/",
                           ".",
                           "./",
                           "./.",
                           "a/.",
                           "a/./b",
                           ".mysql-agent",
                           ".mysql-agent/state.json",
                           "./.mysql-agent/state.json",
                           "a\n",
                           "a\tb",
                           "a\x01",
                           "\x1f"}) {
    INFO(path);
    CHECK_FALSE(is_safe_stream_path(path));
  }
  CHECK_FALSE(is_safe_stream_path(std::string_view("a\0b", 3)));
  CHECK(is_safe_stream_path(std::string(512, 'p')));
  CHECK_FALSE(is_safe_stream_path(std::string(513, 'p')));
}
