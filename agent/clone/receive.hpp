#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "agent/clone/progress.hpp"
#include "common/base/error.hpp"
#include "common/net/tls.hpp"

namespace mysql_agent {

/// The donor refused the clone. The text has the donor's reason.
class DonorRefusal : public Error {
 public:
  DonorRefusal(const std::string& what, const std::string& hint) : Error(ExitCode::failed, what, hint) {}
};

struct ReceiveOptions {
  std::string host;
  std::uint16_t port = 0;
  bool recovery = false;  ///< tells the donor that its replication need not be healthy
  std::filesystem::path staging;
  unsigned threads = 1;  ///< how many threads write files
  std::chrono::milliseconds connect_timeout{};
  std::chrono::milliseconds stall_timeout{};  ///< without a byte, then the transfer is dead
  Tls tls;
  std::vector<std::string> system_files;  ///< the files of InnoDB's system tablespace, beside the usual ones
};

struct ReceiveResult {
  std::uint64_t bytes = 0;
  std::uint64_t files = 0;
  std::string digest;
};

/// Fetches a clone into `staging`, which must be empty. Returns only when the clone is complete, verified and durable:
/// the HTTP message ended properly, Clone-Status is ok, bytes and digest agree, every file was closed, every CRC is
/// right, and the tool's metadata files are there. Otherwise throws failed, or an error of its own type, with the
/// cause; staging is then worth nothing.
ReceiveResult receive_clone(const ReceiveOptions& options, ReceiveProgress& progress);

}  // namespace mysql_agent
