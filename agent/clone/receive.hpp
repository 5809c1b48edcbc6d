#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>

#include "agent/clone/progress.hpp"
#include "common/base/error.hpp"
#include "common/net/tls.hpp"

namespace mysql_agent {

/// The donor said no, and why.
class DonorRefusal : public Error {
 public:
  DonorRefusal(const std::string& what, const std::string& hint) : Error(ExitCode::failed, what, hint) {}
};

struct ReceiveOptions {
  std::string host;
  std::uint16_t port = 0;
  bool recovery = false;  ///< say so to the donor: its replication need not be healthy
  std::filesystem::path staging;
  unsigned threads = 1;  ///< that write files
  std::chrono::milliseconds connect_timeout{};
  std::chrono::milliseconds stall_timeout{};  ///< without a byte, then the transfer is dead
  Tls tls;
};

struct ReceiveResult {
  std::uint64_t bytes = 0;
  std::uint64_t files = 0;
  std::string digest;
};

/// Fetches a clone into `staging`, which must be empty, and returns only when it is complete, verified and durable:
/// the HTTP message ended properly, Clone-Status is ok, bytes and digest agree, every file was closed, every CRC held,
/// and the tool's metadata files are there. Throws failed, or an error of its type, with the cause otherwise; staging
/// is then worth nothing.
ReceiveResult receive_clone(const ReceiveOptions& options, ReceiveProgress& progress);

}  // namespace mysql_agent
