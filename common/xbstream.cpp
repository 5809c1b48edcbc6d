#include "common/xbstream.hpp"

#include <libdeflate.h>

#include <algorithm>
#include <cstring>

#include "common/data_dir.hpp"
#include "common/error.hpp"

namespace mysql_agent {
namespace {

constexpr std::string_view magic = "XBSTCK01";
constexpr std::size_t max_path = 512;
constexpr std::uint32_t max_sparse_entries = 1 << 20;
constexpr std::uint64_t max_offset = 1ULL << 62;
constexpr unsigned char flag_ignorable = 1;

// Little endian, as all machines that MySQL and MariaDB are shipped for; read bytewise so that it holds anywhere.
std::uint64_t little_endian(const char* at, std::size_t bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes; i-- > 0;) value = value << 8 | static_cast<unsigned char>(at[i]);
  return value;
}

// A path that comes from a donor may hold anything: an error shows it within one line.
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
    if (first && part == DataDir::agent_name) return false;
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
               "nothing was published; the clone is tried again, from another donor where there is one");
}

void XbstreamReader::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    if (step_ == Step::payload) {
      std::uint64_t take = std::min<std::uint64_t>(bytes.size(), left_);
      if (type_ == 'S') take = std::min(take, extent_left_);
      take_payload(bytes.substr(0, take));
      bytes_ += take;
      bytes.remove_prefix(take);
      continue;
    }
    const std::size_t take = std::min(bytes.size(), want_ - pending_.size());
    pending_.append(bytes.substr(0, take));
    bytes_ += take;
    bytes.remove_prefix(take);
    if (pending_.size() < want_) return;
    switch (step_) {
      case Step::head: read_head(); break;
      case Step::path: read_path(); break;
      case Step::lengths: read_lengths(); break;
      case Step::sparse_count: {
        const std::uint64_t entries = little_endian(pending_.data(), 4);
        if (entries == 0 || entries > max_sparse_entries) fail("a sparse map of " + std::to_string(entries) + " entries");
        // The count stands in front of length, offset and CRC; the map follows them.
        sparse_.assign(entries * 8, '\0');
        want_ = 20;
        step_ = Step::lengths;
        break;
      }
      case Step::sparse_map: read_sparse_map(); break;
      case Step::payload: break;
    }
    pending_.clear();
  }
}

void XbstreamReader::read_head() {
  chunk_start_ = bytes_ - head_size;
  if (std::string_view(pending_).substr(0, magic.size()) != magic) fail("no chunk begins where one should");
  const auto flags = static_cast<unsigned char>(pending_[8]);
  type_ = pending_[9];
  // A chunk of an unknown type cannot even be skipped: where it ends only its type tells.
  if (type_ != 'P' && type_ != 'S' && type_ != 'E')
    fail(std::string("a chunk of an unknown type") + ((flags & flag_ignorable) != 0 ? ", marked as ignorable" : ""));
  const std::uint64_t length = little_endian(&pending_[10], 4);
  if (length == 0 || length > max_path) fail("a path of " + std::to_string(length) + " bytes");
  want_ = static_cast<std::size_t>(length);
  step_ = Step::path;
}

void XbstreamReader::read_path() {
  path_ = pending_;
  if (!is_safe_stream_path(path_)) fail("the path '" + shown(path_) + "' is absolute, leaves the directory or is not allowed");
  while (path_.starts_with("./")) path_.erase(0, 2);
  if (closed_.contains(path_)) fail("the file '" + shown(path_) + "' goes on after its end");
  if (type_ == 'E') {
    // mariadb-backup 10.11 writes a log table's empty file (mysql/general_log.CSV) as an end chunk alone.
    if (open_.erase(path_) == 0) events_.on_open(path_);
    closed_.insert(path_);
    events_.on_close(path_);
    want_ = head_size;
    step_ = Step::head;
    return;
  }
  if (open_.insert(path_).second) events_.on_open(path_);
  sparse_.clear();
  want_ = type_ == 'S' ? 4 : 20;
  step_ = type_ == 'S' ? Step::sparse_count : Step::lengths;
}

void XbstreamReader::read_lengths() {
  left_ = little_endian(&pending_[0], 8);
  offset_ = little_endian(&pending_[8], 8);
  want_crc_ = static_cast<std::uint32_t>(little_endian(&pending_[16], 4));
  crc_ = 0;
  if (offset_ > max_offset || left_ > max_offset) fail("an offset or a length beyond any file");
  if (type_ == 'S') {
    want_ = sparse_.size();
    step_ = Step::sparse_map;
    return;
  }
  step_ = Step::payload;
  if (left_ == 0) end_chunk();
}

void XbstreamReader::read_sparse_map() {
  sparse_ = pending_;
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < sparse_.size(); i += 8) sum += little_endian(&sparse_[i + 4], 4);
  if (sum != left_) fail("a sparse map that does not add up to its payload");
  sparse_at_ = 0;
  extent_left_ = 0;
  step_ = Step::payload;
  take_payload({});
  if (left_ == 0 && step_ == Step::payload) end_chunk();
}

void XbstreamReader::take_payload(std::string_view data) {
  if (!data.empty()) {
    crc_ = libdeflate_crc32(crc_, data.data(), data.size());
    events_.on_data(path_, offset_, data);
    offset_ += data.size();
    left_ -= data.size();
    if (type_ == 'S') extent_left_ -= data.size();
  }
  // On to the next extent that holds bytes: skip leaves a hole in the file.
  while (type_ == 'S' && extent_left_ == 0 && sparse_at_ < sparse_.size()) {
    offset_ += little_endian(&sparse_[sparse_at_], 4);
    extent_left_ = little_endian(&sparse_[sparse_at_ + 4], 4);
    sparse_at_ += 8;
  }
  if (left_ == 0 && !data.empty()) end_chunk();
}

void XbstreamReader::end_chunk() {
  if (crc_ != want_crc_) fail("the CRC32 of a chunk of '" + shown(path_) + "' is wrong");
  want_ = head_size;
  step_ = Step::head;
}

void XbstreamReader::finish() const {
  const std::string hint = "nothing was published; the clone is tried again, from another donor where there is one";
  if (step_ != Step::head || !pending_.empty()) throw failed("the stream ends inside a chunk, after " + std::to_string(bytes_) + " bytes", hint);
  if (!open_.empty()) throw failed("the stream ends before the file '" + shown(*open_.begin()) + "' does", hint);
  if (closed_.empty()) throw failed("the stream is empty", hint);
}

}  // namespace mysql_agent
