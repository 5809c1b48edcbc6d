#include "common/backup/stage_writer.hpp"

#include <cstring>

#include "common/base/slab_pool.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/temp_dir.hpp"

using namespace mysql_agent;
using test::code_of;
using test::read_text;
using test::TempDir;
using test::write_text;

namespace {

// Writes `data` from a buffer of its own, as a transfer does.
std::weak_ptr<char[]> write(StageWriter& writer, const std::string& path, std::uint64_t offset,
                            const std::string& data) {
  const std::shared_ptr<char[]> buffer(new char[data.size() + 1]);
  std::memcpy(buffer.get(), data.data(), data.size());
  writer.write(path, offset, {buffer.get(), data.size()}, buffer);
  return buffer;
}

}  // namespace

TEST_CASE("files are written below the directory, in the directories of their paths") {
  const TempDir dir;
  StageWriter writer(dir.path(), 2);
  for (const char* path : {"ibdata1", "app/t.ibd", "app/u.ibd", "a/b/c/d"}) {
    writer.open(path);
    write(writer, path, 0, std::string("data of ") + path);
    writer.close(path);
  }
  writer.open("empty");
  writer.close("empty");
  writer.finish();
  for (const char* path : {"ibdata1", "app/t.ibd", "app/u.ibd", "a/b/c/d"})
    CHECK(read_text(dir / path) == std::string("data of ") + path);
  CHECK(read_text(dir / "empty").empty());
}

TEST_CASE("bytes land at their offset, and what is left out is a hole") {
  const TempDir dir;
  StageWriter writer(dir.path(), 1);
  writer.open("f");
  write(writer, "f", 6, "end");
  write(writer, "f", 0, "be");
  writer.close("f");
  writer.finish();
  CHECK(read_text(dir / "f") == std::string("be\0\0\0\0end", 9));
}

TEST_CASE("many interleaved files keep their order with several threads") {
  const TempDir dir;
  StageWriter writer(dir.path(), 4);
  const auto name = [](int i) { return "d" + std::to_string(i % 3) + "/f" + std::to_string(i); };
  for (int i = 0; i < 40; ++i) writer.open(name(i));
  // Each write overwrites the last bytes of the write before it. Only the right order gives the right file.
  for (int round = 0; round < 30; ++round)
    for (int i = 0; i < 40; ++i)
      write(writer, name(i), static_cast<std::uint64_t>(round) * 2, std::string(4, static_cast<char>('A' + round)));
  for (int i = 0; i < 40; ++i) writer.close(name(i));
  writer.finish();
  std::string whole;
  for (int round = 0; round < 30; ++round) whole += std::string(2, static_cast<char>('A' + round));
  whole += std::string(2, static_cast<char>('A' + 29));
  for (int i = 0; i < 40; ++i) REQUIRE(read_text(dir / name(i)) == whole);
}

TEST_CASE("a long file passes the mark where writeback begins") {
  const TempDir dir;
  StageWriter writer(dir.path(), 2);
  writer.open("long");
  for (std::uint64_t i = 0; i < 20; ++i)
    write(writer, "long", i << 20, std::string(1 << 20, static_cast<char>('a' + i)));
  writer.close("long");
  writer.finish();
  const std::string text = read_text(dir / "long");
  REQUIRE(text.size() == 20U << 20);
  for (std::size_t i = 0; i < 20; ++i) CHECK(text[(i << 20) + 5] == static_cast<char>('a' + i));
}

TEST_CASE("buffers are given back once they are written") {
  const TempDir dir;
  StageWriter writer(dir.path(), 2);
  writer.open("f");
  const auto buffer = write(writer, "f", 0, "data");
  writer.close("f");
  writer.finish();
  CHECK(buffer.expired());
}

TEST_CASE("a file that exists is never written over") {
  const TempDir dir;
  write_text(dir / "f", "old");
  std::filesystem::create_symlink(dir / "f", dir / "link");
  StageWriter writer(dir.path(), 1);
  const Error error = test::error_of([&] { writer.open("f"); });
  CHECK(error.code() == ExitCode::failed);
  CHECK_THAT(error.what(), Catch::Contains((dir / "f").string()));
  CHECK(code_of([&] { writer.open("link"); }) == ExitCode::failed);
  CHECK(code_of([&] { writer.open("f/below"); }) == ExitCode::failed);
  CHECK(read_text(dir / "f") == "old");
}

TEST_CASE("closed files are removed and renamed, with all that is still being written") {
  const TempDir dir;
  StageWriter writer(dir.path(), 2);
  for (const char* path : {"gone", "app/moved", "anew"}) {
    writer.open(path);
    for (std::uint64_t i = 0; i < 4; ++i) write(writer, path, i << 20, std::string(1 << 20, 'x'));
    writer.close(path);
  }
  writer.remove("gone");
  writer.rename("app/moved", "other/deep/moved");
  writer.remove("anew");
  writer.open("anew");
  write(writer, "anew", 0, "new");
  writer.close("anew");
  writer.finish();
  CHECK_FALSE(std::filesystem::exists(dir / "gone"));
  CHECK_FALSE(std::filesystem::exists(dir / "app/moved"));
  CHECK(read_text(dir / "other/deep/moved") == std::string(4 << 20, 'x'));
  CHECK(read_text(dir / "anew") == "new");
}

TEST_CASE("no rename replaces a file, and what is not there cannot be removed") {
  const TempDir dir;
  write_text(dir / "old", "old");
  write_text(dir / "f", "f");
  StageWriter writer(dir.path(), 1);
  CHECK(code_of([&] { writer.rename("f", "old"); }) == ExitCode::failed);
  CHECK(code_of([&] { writer.rename("none", "g"); }) == ExitCode::failed);
  const Error error = test::error_of([&] { writer.remove("none"); });
  CHECK(error.code() == ExitCode::failed);
  CHECK_THAT(error.what(), Catch::Contains((dir / "none").string()));
  CHECK(read_text(dir / "old") == "old");
}

TEST_CASE("a write that fails in the background is an error of finish, with the path") {
  const TempDir dir;
  StageWriter writer(dir.path(), 2);
  writer.open("good");
  writer.open("bad");
  write(writer, "bad", 1ULL << 63, "no file reaches that far");
  const Error error = test::error_of([&] { writer.finish(); });
  CHECK(error.code() == ExitCode::failed);
  CHECK_THAT(error.what(), Catch::Contains((dir / "bad").string()));
}

TEST_CASE("a writer that is given up does not hang") {
  const TempDir dir;
  StageWriter writer(dir.path(), 3);
  writer.open("f");
  write(writer, "f", 0, "half");
}

TEST_CASE("a writer needs its directory") {
  const TempDir dir;
  CHECK(code_of([&] { StageWriter(dir / "none", 1); }) == ExitCode::failed);
}

TEST_CASE("a pool hands out its buffers and waits for one to come back") {
  SlabPool pool(2, 16);
  std::shared_ptr<char[]> first = pool.take();
  const std::shared_ptr<char[]> second = pool.take();
  CHECK(first.get() != second.get());
  char* const address = first.get();
  char* third = nullptr;
  std::thread waiting([&] { third = pool.take().get(); });
  first.reset();
  waiting.join();
  CHECK(third == address);
}
