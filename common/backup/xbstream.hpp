#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_set>

namespace mysql_agent {

/// What a reader calls for each part of a stream, in the stream's order. The views are valid only during the call.
struct XbstreamEvents {
  std::function<void(const std::string& path)> on_open;  ///< the first chunk of a file that does not exist yet
  std::function<void(const std::string& path, std::uint64_t offset, std::string_view data)> on_data;
  std::function<void(const std::string& path)> on_close;  ///< the end of a file
  // Only mariadb-backup removes and renames files, and only closed files. A stream that does so is refused if these are
  // not set.
  std::function<void(const std::string& path)> on_remove = {};
  std::function<void(const std::string& from, const std::string& to)> on_rename = {};  ///< `to` does not exist
};

/// Reads the xbstream format. The bytes can arrive in pieces of any length; the payload is not copied. A chunk is
/// little endian: `XBSTCK01`, flags (1 byte), type (1), path length (4), path. Then follows, by type:
///   P     payload length (8), offset (8), CRC32 of the payload (4), payload
///   E     nothing. The file is complete. An end chunk without any other chunk is an empty file
///   S     of XtraBackup: number of entries of a map (4), payload length (8), offset (8), CRC32 of map and payload (4),
///         the map (for each entry bytes to skip (4) and bytes to write (4)), payload.
///         https://github.com/percona/percona-xtrabackup/blob/8.0/storage/innobase/xtrabackup/src/xbstream_read.cc
///   S     of mariadb-backup: an offset (8). It is not needed, because each payload has its own offset
///   D     of mariadb-backup: nothing. The file was dropped
///   R     of mariadb-backup: length (4) and text of the new path. The file was renamed
/// mariadb-backup 10.11.19 and 11.8 send D and R for Aria and MyISAM tables that changed during the backup. Then they
/// send whole files again, as P with the flag 2.
/// https://github.com/MariaDB/server/blob/11.8/extra/mariabackup/xbstream_write.cc
///
/// Data is handed on before the CRC of its chunk is known: the caller must throw all data away if feed throws.
class XbstreamReader {
 public:
  explicit XbstreamReader(XbstreamEvents events) : events_(std::move(events)) {}

  /// Reads the next bytes. Throws failed, with the cause and its place in the stream: a wrong magic, an unknown type, a
  /// path that is_safe_stream_path does not accept, more data for a closed file that is not sent again, or a wrong CRC.
  void feed(std::string_view bytes);

  /// Tells the reader that the stream has ended. Throws failed if the stream ends inside a chunk, if a file was never
  /// closed, or if there was no file. The format has no end mark: only these show that a stream was cut.
  void finish() const;

  /// The number of closed files.
  std::uint64_t files() const { return closed_.size(); }

 private:
  /// The type byte of a chunk. `S` is also what mariadb-backup calls a seek.
  enum class ChunkType : char { payload = 'P', end = 'E', sparse = 'S', remove = 'D', rename = 'R' };
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
  std::string pending_;                // the bytes so far of the part that is being read
  std::size_t part_size_ = head_size;  // the length of that part
  std::uint64_t bytes_ = 0;            // read so far
  std::uint64_t chunk_start_ = 0;

  unsigned char flags_ = 0;
  ChunkType type_ = ChunkType::payload;
  std::string path_;
  std::uint64_t payload_left_ = 0;  // bytes of the payload that are still to be read
  std::uint64_t offset_ = 0;        // where the next payload byte goes in the file
  std::uint32_t expected_crc_ = 0;
  std::uint32_t crc_ = 0;
  std::string sparse_;             // the map of a sparse chunk: {skip, write} pairs
  std::size_t sparse_at_ = 0;      // the next pair
  std::uint64_t extent_left_ = 0;  // bytes that the current pair still writes
  bool in_hole_ = false;           // the file has no byte before offset_ yet
  std::unordered_set<std::string> open_;
  std::unordered_set<std::string> closed_;

  static constexpr std::size_t head_size = 14;  // magic, flags, type, path length
};

/// Whether a path of a stream may be created in a staging directory. Such a path is relative and has at most 512 bytes,
/// no control bytes, and no component that is empty or `..`. A component `.` is allowed at the beginning alone, because
/// both tools write `./` there. The path must not lie in the agent's own directory.
bool is_safe_stream_path(std::string_view path);

}  // namespace mysql_agent
