#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_set>

namespace mysql_agent {

/// What a stream says, in its order. The views live only during the call.
struct XbstreamEvents {
  std::function<void(const std::string& path)> on_open;  ///< the first chunk of a file, which is not there
  std::function<void(const std::string& path, std::uint64_t offset, std::string_view data)> on_data;
  std::function<void(const std::string& path)> on_close;  ///< the file's end chunk
  /// mariadb-backup's, of files that are closed. Where these are not set, such chunks are refused.
  std::function<void(const std::string& path)> on_remove = {};
  std::function<void(const std::string& from, const std::string& to)> on_rename = {};  ///< `to` is not there
};

/// Reads the xbstream format as the bytes come, in pieces of any length, and copies none of the payload. Little endian
/// chunks: `XBSTCK01`, flags (1), type (1), path length (4), path; then for
///   P  payload length (8), offset (8), CRC32 of the payload (4), payload
///   E  nothing: the file is complete. An end chunk alone is an empty file
///   S  of XtraBackup: entries of the map (4), payload length (8), offset (8), CRC32 of map and payload (4), the map:
///   bytes
///      to skip (4) and to write (4) for each entry, payload
///      https://github.com/percona/percona-xtrabackup/blob/8.0/storage/innobase/xtrabackup/src/xbstream_read.cc
///   S  of mariadb-backup: an offset (8), of no use where each payload says its own
///   D, R  of mariadb-backup: the file was dropped; was renamed, and length (4) and text of the new path follow. It
///   sends them for
///      Aria and MyISAM tables that changed during the backup, and then whole files again, P with the flag 2
///      (10.11.19 and 11.8 do; https://github.com/MariaDB/server/blob/11.8/extra/mariabackup/xbstream_write.cc).
/// Data is handed on before its chunk's CRC is known: whoever keeps it must throw it away when feed throws.
class XbstreamReader {
 public:
  explicit XbstreamReader(XbstreamEvents events) : events_(std::move(events)) {}

  /// Throws failed, with the cause and its place in the stream: wrong magic, unknown type, a path that is absolute,
  /// leaves the directory or names the agent's own, a file after its end that is not sent anew, a wrong CRC.
  void feed(std::string_view bytes);

  /// The stream is over. Throws failed where it ends inside a chunk, where a file was never closed, or where there
  /// was no file at all: there is no end mark in the format, so this is all that tells a cut.
  void finish() const;

  std::uint64_t files() const { return closed_.size(); }

 private:
  enum class Step { head, path, new_path_length, new_path, lengths, sparse_or_seek, sparse_map, payload };

  std::size_t read_part();
  void expect(Step step, std::uint64_t bytes);
  void read_head();
  void read_path();
  void read_new_path();
  void read_sparse_count();
  void read_lengths();
  void read_sparse_map();
  void begin_file();
  void end_file();
  void remove_file();
  void take_payload(std::string_view data);
  void end_chunk();
  std::string checked_path() const;
  [[noreturn]] void fail(const std::string& what) const;

  XbstreamEvents events_;
  Step step_ = Step::head;
  std::string pending_;           // the fixed-length part that is being gathered
  std::size_t want_ = head_size;  // its length
  std::uint64_t bytes_ = 0;
  std::uint64_t chunk_start_ = 0;

  unsigned char flags_ = 0;
  char type_ = 0;
  std::string path_;
  std::uint64_t left_ = 0;    // payload bytes still to come
  std::uint64_t offset_ = 0;  // where the next of them goes
  std::uint32_t want_crc_ = 0;
  std::uint32_t crc_ = 0;
  std::string sparse_;  // the map of an S chunk: {skip, write} pairs
  std::size_t sparse_at_ = 0;
  std::uint64_t extent_left_ = 0;  // of the current pair's write
  bool in_hole_ = false;           // nothing was written yet where offset_ points
  std::unordered_set<std::string> open_;
  std::unordered_set<std::string> closed_;

  static constexpr std::size_t head_size = 14;  // magic, flags, type, path length
};

/// Whether a path may be created below a staging directory: relative, no empty, `.` or `..` component, no control
/// bytes, at most 512 bytes, and not the agent's own directory.
bool is_safe_stream_path(std::string_view path);

}  // namespace mysql_agent
