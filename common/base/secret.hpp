#pragma once

#include <filesystem>
#include <string>

namespace mysql_agent {

/// A password or key. It has no formatter and no stream operator, so it cannot slip into a log or an error.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}

  /// The only way to the value; each call is a place to look at in a review.
  const std::string& reveal() const { return value_; }
  bool empty() const { return value_.empty(); }

 private:
  std::string value_;
};

/// Reads a secret from a file of at most 64 KiB; one newline at its end is not part of it (editors and
/// `kubectl create secret --from-file` leave one). An empty path gives an empty secret. Throws usage_error.
Secret read_secret_file(const std::filesystem::path& path);

}  // namespace mysql_agent
