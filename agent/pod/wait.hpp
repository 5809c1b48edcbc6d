#pragma once

#include <string>

namespace mysql_agent {

/// Why a replica does not connect to its source yet. Each of these reasons passes by itself.
enum class WaitKind {
  primary_not_asked,  ///< this sidecar has not asked the primary yet
  no_such_pod,        ///< `host`: the name of the primary does not resolve
  primary_silent,     ///< `host`: the primary's sidecar does not answer; `detail`: the error
  primary_not_up,     ///< `detail`: what the primary's sidecar says
  primary_not_open,   ///< the primary takes no writes yet; `detail`: why
  set_unknown,        ///< the primary's sidecar does not say which set its data is of
};

struct Wait {
  WaitKind kind = WaitKind::primary_not_asked;
  std::string host{};
  std::string detail{};
  bool operator==(const Wait&) const = default;
};

/// The sentence for people.
std::string wait_text(const Wait& wait);

}  // namespace mysql_agent
