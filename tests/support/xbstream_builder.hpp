#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mysql_agent::test {

/// CRC-32 with zlib's polynomial, bit by bit. It does not use the library that the agent uses.
inline std::uint32_t slow_crc32(std::string_view data) {
  std::uint32_t crc = 0xffffffffU;
  for (const char c : data) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (0xedb88320U & (0U - (crc & 1U)));
  }
  return ~crc;
}

/// Builds a stream of xbstream chunks. A test can make a chunk damaged.
class StreamBuilder {
 public:
  using SparseMap = std::vector<std::pair<std::uint32_t, std::uint32_t>>;  // {skip, write}

  StreamBuilder& payload(const std::string& path, std::uint64_t offset, const std::string& data,
                         std::uint32_t crc_change = 0) {
    head('P', path);
    return lengths(data.size(), offset, slow_crc32(data) ^ crc_change).raw(data);
  }
  /// A sparse chunk of XtraBackup. The CRC is of the map and the payload.
  StreamBuilder& sparse(const std::string& path, std::uint64_t offset, const SparseMap& map, const std::string& data,
                        std::uint32_t crc_change = 0) {
    StreamBuilder pairs;
    for (const auto& [skip, write] : map) pairs.number(skip, 4).number(write, 4);
    head('S', path).number(map.size(), 4);
    return lengths(data.size(), offset, slow_crc32(pairs.bytes() + data) ^ crc_change).raw(pairs.bytes()).raw(data);
  }
  // The chunks of mariadb-backup alone.
  StreamBuilder& seek(const std::string& path, std::uint64_t offset) { return head('S', path).number(offset, 8); }
  StreamBuilder& remove(const std::string& path) { return head('D', path); }
  StreamBuilder& rename(const std::string& from, const std::string& to) {
    return head('R', from).number(to.size(), 4).raw(to);
  }
  StreamBuilder& file_anew(const std::string& path, const std::string& data) {
    head('P', path, 2).lengths(data.size(), 0, slow_crc32(data)).raw(data);
    return end(path);
  }
  StreamBuilder& end(const std::string& path) { return head('E', path); }
  /// A whole file: a payload chunk and an end chunk.
  StreamBuilder& file(const std::string& path, const std::string& data) { return payload(path, 0, data).end(path); }

  StreamBuilder& head(char type, const std::string& path, unsigned char flags = 0) {
    return raw("XBSTCK01").number(flags, 1).raw({type}).number(path.size(), 4).raw(path);
  }
  StreamBuilder& lengths(std::uint64_t length, std::uint64_t offset, std::uint32_t crc) {
    return number(length, 8).number(offset, 8).number(crc, 4);
  }
  StreamBuilder& number(std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) bytes_ += static_cast<char>(value >> (8 * i));
    return *this;
  }
  StreamBuilder& raw(const std::string& bytes) {
    bytes_ += bytes;
    return *this;
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

}  // namespace mysql_agent::test
