#include "common/backup/xbstream.hpp"

#include <libdeflate.h>

#include <algorithm>
#include <cstring>

#include "common/backup/clone_protocol.hpp"
#include "common/base/error.hpp"
#include "common/base/reserved_names.hpp"

namespace mysql_agent {
namespace {

constexpr std::string_view magic = "XBSTCK01";
constexpr std::size_t max_path = 512;
constexpr std::uint32_t max_sparse_entries = 1 << 20;
constexpr std::uint64_t max_offset = 1ULL << 62;
constexpr unsigned char flag_ignorable = 1;
constexpr unsigned char flag_rewrite = 2;
// mariadb-backup's S chunk has 8 bytes. With the next 8 bytes it can be told from XtraBackup's S chunk.
constexpr std::size_t seek_bytes = 8;
constexpr std::size_t sparse_or_seek_bytes = 16;
constexpr std::size_t lengths_bytes = 20;

// Reads a number byte by byte, so that the result is right on a machine of any byte order.
std::uint64_t little_endian(const char* at, std::size_t bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes; i-- > 0;) value = value << 8 | static_cast<unsigned char>(at[i]);
  return value;
}

// A path from a donor can hold any bytes. An error shows its first 100 bytes, in one line.
std::string shown(std::string_view path) {
  std::string out;
  for (const char c : path.substr(0, 100)) out += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
  return out;
}

}  // namespace

bool is_safe_stream_path(std::string_view path) {
  if (path.empty() || path.size() > max_path) return false;
  bool first = true;
  for (std::string_view rest = path;;) {
    const std::size_t slash = rest.find('/');
    const std::string_view part = rest.substr(0, slash);
    if (part.empty() || part == "..") return false;
    // mariadb-backup and XtraBackup both write `./` in front of some paths.
    if (part == "." && !first) return false;
    if (first && part == reserved_names::agent) return false;
    if (part != ".") first = false;
    if (slash == std::string_view::npos) {
      if (part == ".") return false;
      break;
    }
    rest = rest.substr(slash + 1);
  }
  return std::none_of(path.begin(), path.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

void XbstreamReader::fail(const std::string& what) const {
  throw failed("the stream is damaged: " + what + " (in the chunk at byte " + std::to_string(chunk_start_) + ")",
               clone_protocol::again_hint);
}

void XbstreamReader::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    if (step_ == Step::payload) {
      std::uint64_t take = std::min<std::uint64_t>(bytes.size(), payload_left_);
      if (type_ == ChunkType::sparse) take = std::min(take, extent_left_);
      take_payload(bytes.substr(0, take));
      bytes_ += take;
      bytes.remove_prefix(take);
      continue;
    }
    const std::size_t take = std::min(bytes.size(), part_size_ - pending_.size());
    pending_.append(bytes.substr(0, take));
    bytes_ += take;
    bytes.remove_prefix(take);
    if (pending_.size() < part_size_) return;
    pending_.erase(0, read_part());
  }
}

// Reads the part that is complete in pending_; returns how many bytes of it are used up.
std::size_t XbstreamReader::read_part() {
  const std::size_t all = pending_.size();
  switch (step_) {
    case Step::head: read_head(); break;
    case Step::path: read_path(); break;
    case Step::new_path_length: expect(Step::new_path, little_endian(pending_.data(), 4)); break;
    case Step::new_path: read_new_path(); break;
    case Step::lengths: read_lengths(); break;
    case Step::sparse_map: read_sparse_map(); break;
    case Step::payload: break;
    case Step::sparse_or_seek:
      // The magic of the next chunk follows. In XtraBackup's chunk these bytes are a payload's length, and the magic
      // would be a length of more than 2^62 bytes.
      if (std::string_view(pending_).substr(seek_bytes) == magic) {
        expect(Step::head, head_size);
        return seek_bytes;
      }
      read_sparse_count();
      return 4;
  }
  return all;
}

void XbstreamReader::expect(Step step, std::uint64_t bytes) {
  if ((step == Step::path || step == Step::new_path) && (bytes == 0 || bytes > max_path))
    fail("a path of " + std::to_string(bytes) + " bytes");
  step_ = step;
  part_size_ = static_cast<std::size_t>(bytes);
}

void XbstreamReader::read_head() {
  chunk_start_ = bytes_ - head_size;
  if (std::string_view(pending_).substr(0, magic.size()) != magic) fail("no chunk begins where one should");
  flags_ = static_cast<unsigned char>(pending_[8]);
  type_ = static_cast<ChunkType>(pending_[9]);
  // A chunk of an unknown type cannot be skipped, because only the type tells where a chunk ends.
  if (std::string_view("PSEDR").find(pending_[9]) == std::string_view::npos)
    fail(std::string("a chunk of an unknown type") + ((flags_ & flag_ignorable) != 0 ? ", marked as ignorable" : ""));
  expect(Step::path, little_endian(&pending_[10], 4));
}

// The path in pending_, without `./` at its beginning.
std::string XbstreamReader::checked_path() const {
  if (!is_safe_stream_path(pending_))
    fail("the path '" + shown(pending_) + "' is absolute, leaves the directory or is not allowed");
  std::string path = pending_;
  while (path.starts_with("./")) path.erase(0, 2);
  return path;
}

void XbstreamReader::read_path() {
  path_ = checked_path();
  expect(Step::head, head_size);
  switch (type_) {
    case ChunkType::payload:
      begin_file();
      expect(Step::lengths, lengths_bytes);
      break;
    case ChunkType::end: end_file(); break;
    case ChunkType::sparse: expect(Step::sparse_or_seek, sparse_or_seek_bytes); break;
    case ChunkType::remove: remove_file(); break;
    case ChunkType::rename: expect(Step::new_path_length, 4); break;
  }
}

void XbstreamReader::read_new_path() {
  const std::string to = checked_path();
  if (!events_.on_rename) fail("the file '" + shown(path_) + "' is renamed");
  if (!closed_.contains(path_) || open_.contains(to)) fail("the file '" + shown(path_) + "' is renamed before its end");
  if (closed_.contains(to)) events_.on_remove(to);
  closed_.erase(path_);
  closed_.insert(to);
  events_.on_rename(path_, to);
  expect(Step::head, head_size);
}

// A closed file can be sent again; the new file replaces the closed file.
void XbstreamReader::begin_file() {
  if (closed_.contains(path_)) {
    if ((flags_ & flag_rewrite) == 0) fail("the file '" + shown(path_) + "' goes on after its end");
    remove_file();
  }
  if (open_.insert(path_).second) events_.on_open(path_);
}

void XbstreamReader::end_file() {
  if (closed_.contains(path_)) fail("the file '" + shown(path_) + "' goes on after its end");
  // mariadb-backup 10.11 writes a log table's empty file (mysql/general_log.CSV) as an end chunk alone.
  if (open_.erase(path_) == 0) events_.on_open(path_);
  closed_.insert(path_);
  events_.on_close(path_);
}

// mariadb-backup 10.11 also removes files that it has never sent.
void XbstreamReader::remove_file() {
  if (!events_.on_remove) fail("the file '" + shown(path_) + "' is removed");
  if (open_.contains(path_)) fail("the file '" + shown(path_) + "' is removed before its end");
  if (closed_.erase(path_) != 0) events_.on_remove(path_);
}

void XbstreamReader::read_sparse_count() {
  begin_file();
  const std::uint64_t entries = little_endian(pending_.data(), 4);
  if (entries == 0 || entries > max_sparse_entries) fail("a sparse map of " + std::to_string(entries) + " entries");
  // The count is in front of length, offset and CRC; the map comes after them.
  sparse_.assign(entries * 8, '\0');
  expect(Step::lengths, lengths_bytes);
}

void XbstreamReader::read_lengths() {
  payload_left_ = little_endian(&pending_[0], 8);
  offset_ = little_endian(&pending_[8], 8);
  expected_crc_ = static_cast<std::uint32_t>(little_endian(&pending_[16], 4));
  crc_ = 0;
  in_hole_ = false;
  if (offset_ > max_offset || payload_left_ > max_offset) fail("an offset or a length beyond any file");
  if (type_ == ChunkType::sparse) {
    expect(Step::sparse_map, sparse_.size());
    return;
  }
  step_ = Step::payload;
  if (payload_left_ == 0) end_chunk();
}

void XbstreamReader::read_sparse_map() {
  sparse_ = pending_;
  crc_ = libdeflate_crc32(0, sparse_.data(), sparse_.size());
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < sparse_.size(); i += 8) sum += little_endian(&sparse_[i + 4], 4);
  if (sum != payload_left_) fail("a sparse map that does not add up to its payload");
  sparse_at_ = 0;
  extent_left_ = 0;
  step_ = Step::payload;
  take_payload({});
  if (payload_left_ == 0 && step_ == Step::payload) end_chunk();
}

void XbstreamReader::take_payload(std::string_view data) {
  if (!data.empty()) {
    crc_ = libdeflate_crc32(crc_, data.data(), data.size());
    events_.on_data(path_, offset_, data);
    offset_ += data.size();
    payload_left_ -= data.size();
    if (type_ == ChunkType::sparse) extent_left_ -= data.size();
  }
  // Goes to the next pair that writes bytes. The bytes that a pair skips are a hole in the file.
  while (type_ == ChunkType::sparse && extent_left_ == 0 && sparse_at_ < sparse_.size()) {
    const std::uint64_t skipped = little_endian(&sparse_[sparse_at_], 4);
    offset_ += skipped;
    extent_left_ = little_endian(&sparse_[sparse_at_ + 4], 4);
    in_hole_ = extent_left_ == 0 && (in_hole_ || skipped > 0);
    sparse_at_ += 8;
  }
  if (payload_left_ == 0 && !data.empty()) end_chunk();
}

void XbstreamReader::end_chunk() {
  if (crc_ != expected_crc_) fail("the CRC32 of a chunk of '" + shown(path_) + "' is wrong");
  // Writes the last byte of a hole at the end, else the file would be too short. Its last page may be compressed.
  if (in_hole_) events_.on_data(path_, offset_ - 1, std::string_view("\0", 1));
  expect(Step::head, head_size);
}

void XbstreamReader::finish() const {
  const char* const hint = clone_protocol::again_hint;
  if (step_ != Step::head || !pending_.empty())
    throw failed("the stream ends inside a chunk, after " + std::to_string(bytes_) + " bytes", hint);
  if (!open_.empty()) throw failed("the stream ends before the file '" + shown(*open_.begin()) + "' does", hint);
  if (closed_.empty()) throw failed("the stream is empty", hint);
}

}  // namespace mysql_agent
