#pragma once

#include <cstdio>
#include <functional>
#include <string>
#include <utility>

#include "common/backup/clone_engine.hpp"
#include "common/backup/clone_protocol.hpp"
#include "tests/support/raw_peer.hpp"
#include "tests/support/xbstream_builder.hpp"

/// The parts of a donor's answers, for tests with a donor that lies.
namespace mysql_agent::test {

/// The body of a fit donor's answer to /v1/donor. `version` is the version of its server.
inline std::string fit_donor(const std::string& pod, Role role, const ServerVersion& version,
                             Engine engine = Engine::xtrabackup) {
  DonorInfo info;
  info.pod = pod;
  info.role = role;
  info.server = version;
  info.tool_name = "mariadb-backup";
  info.engines = {engine_name(engine)};
  info.replication_state = "none";
  info.slots_total = info.slots_free = 1;
  info.bytes = 10'000;
  info.fit = info.has_data = true;
  return donor_info_text(info);
}

/// An HTTP answer with a JSON body.
inline std::string with_length(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

/// The head of an answer that is a stream.
inline std::string chunked_head() {
  return "HTTP/1.1 200 OK\r\nContent-Type: application/x-xbstream\r\nTransfer-Encoding: chunked\r\n\r\n";
}

/// A chunk of HTTP.
inline std::string chunk(const std::string& data) {
  char size[32];
  std::snprintf(size, sizeof size, "%zx\r\n", data.size());
  return size + data + "\r\n";
}

/// The trailer of an answer. answer_of fills empty fields with the right values.
struct Trailer {
  std::string status = "ok";
  std::string bytes;
  std::string digest;
};

/// A whole answer to /v1/clone, with this stream and trailer.
inline std::string answer_of(const std::string& stream, Trailer trailer = {}) {
  StreamDigest digest;
  digest.update(stream);
  if (trailer.bytes.empty()) trailer.bytes = std::to_string(stream.size());
  if (trailer.digest.empty()) trailer.digest = digest.text();
  return chunked_head() + (stream.empty() ? "" : chunk(stream)) + "0\r\nClone-Status: " + trailer.status +
         "\r\nClone-Bytes: " + trailer.bytes + "\r\nClone-Digest: " + trailer.digest + "\r\n\r\n";
}

/// The answers of a donor, for RawServer: `donor` to /v1/donor, and `clone` to /v1/clone. Both are whole HTTP answers.
inline std::function<std::string(const std::string&)> answers_of(std::string donor, std::string clone) {
  return [donor = std::move(donor), clone = std::move(clone)](const std::string& target) {
    return target.starts_with(clone_protocol::clone_path) ? clone : donor;
  };
}

/// A stream with all files that a clone must have. A prepare of it fails, because the files are no database.
inline std::string complete_stream() {
  return StreamBuilder()
      .file("ibdata1", std::string(5000, 'x'))
      .file("mysql/db.frm", "y")
      .file("xtrabackup_binlog_info", "binlog.000001\t330\t0-100-5\n")
      .file("xtrabackup_checkpoints", "backup_type = full-backuped\n")
      .file("backup-my.cnf", "[mysqld]\n")
      .file("xtrabackup_info", "tool_name = mariadb-backup\n")
      .bytes();
}

}  // namespace mysql_agent::test
