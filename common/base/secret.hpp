#pragma once

#include <filesystem>
#include <string>

namespace mysql_agent {

/// A password or key. It has no formatter and no stream operator, so that it cannot get into a log or an error.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}

  /// The value. There is no other way to it: a review looks at each call.
  const std::string& reveal() const { return value_; }
  bool empty() const { return value_.empty(); }

 private:
  std::string value_;
};

/// Reads a secret from a file of at most 64 KiB. One newline at the end is not part of the secret: editors leave one,
/// and `kubectl create secret --from-file` keeps it. An empty path gives an empty secret. Throws usage_error, also for
/// a NUL byte.
Secret read_secret_file(const std::filesystem::path& path);

}  // namespace mysql_agent
