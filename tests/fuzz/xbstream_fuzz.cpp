#include <cstdio>
#include <cstdlib>
#include <map>

#include "common/backup/xbstream.hpp"
#include "common/base/error.hpp"

using namespace mysql_agent;

namespace {

// Aborts if the reader breaks a promise.
void must(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "broken promise: %s\n", what);
  std::abort();
}

// The outcome of a stream: a failure, or the files with the number of bytes that were written into each.
std::string read_in_pieces(std::string_view stream, std::size_t piece) {
  std::map<std::string, std::uint64_t> open;
  std::string log;
  XbstreamReader reader({.on_open =
                             [&](const std::string& path) {
                               must(is_safe_stream_path(path), "only safe paths are opened");
                               must(open.emplace(path, 0).second, "a file is opened once");
                             },
                         .on_data =
                             [&](const std::string& path, std::uint64_t offset, std::string_view data) {
                               const auto at = open.find(path);
                               must(at != open.end(), "data goes into open files");
                               must(offset + data.size() >= offset, "offsets do not overflow");
                               at->second += data.size();
                             },
                         .on_close =
                             [&](const std::string& path) {
                               must(open.count(path) == 1, "open files are closed");
                               log += path + " " + std::to_string(open[path]) + "\n";
                               open.erase(path);
                             },
                         .on_remove =
                             [&](const std::string& path) {
                               must(is_safe_stream_path(path) && open.count(path) == 0, "closed files are removed");
                             },
                         .on_rename =
                             [&](const std::string& from, const std::string& to) {
                               must(is_safe_stream_path(from) && is_safe_stream_path(to), "renames stay inside");
                             }});
  try {
    for (std::size_t at = 0; at < stream.size(); at += piece) reader.feed(stream.substr(at, piece));
    reader.finish();
    must(open.empty(), "a stream that is complete closes its files");
    return log;
  } catch (const Error&) {
    return "failed";
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view stream(reinterpret_cast<const char*>(data), size);
  // The outcome does not depend on the pieces in which the stream arrives.
  const std::string whole = read_in_pieces(stream, size == 0 ? 1 : size);
  for (const std::size_t piece : {1, 7, 64})
    must(read_in_pieces(stream, piece) == whole, "the pieces that a stream comes in do not matter");
  return 0;
}
