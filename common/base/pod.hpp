#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mysql_agent {

enum class Role { primary, replica };
const char* role_name(Role role);

/// A pod of a StatefulSet, by its stable name `<set>-<ordinal>`.
struct Pod {
  std::string name;
  std::string set;
  std::uint32_t ordinal = 0;
};

/// Splits `<set>-<ordinal>`. A host name with a domain (`mysql-1.mysql.default.svc`) counts up to its first dot.
/// Throws usage_error for anything else, an ordinal with leading zeros or beyond 32 bits included.
Pod parse_pod_name(std::string_view name);

/// The set as seen from one pod: who the peers are and where. All of it comes from flags; nothing is asked.
struct PodSet {
  Pod pod;
  std::string service = "mysql";
  std::string peer_host_template = "{set}-{ordinal}.{service}";
  std::uint32_t first_ordinal = 0;

  /// The pod with the first ordinal (`.spec.ordinals.start`) is the primary; there is no failover.
  Role role() const { return pod.ordinal == first_ordinal ? Role::primary : Role::replica; }
  std::string pod_name(std::uint32_t ordinal) const { return pod.set + "-" + std::to_string(ordinal); }
  std::string host(std::uint32_t ordinal) const;
  std::string own_host() const { return host(pod.ordinal); }
  std::string source_host() const { return host(first_ordinal); }
  /// The pods that there may be: all below this one, itself, and `above` of those that follow it.
  std::vector<std::uint32_t> ordinals(std::uint32_t above) const;
};

/// Throws usage_error where the template has no `{ordinal}` or an unknown placeholder, or where the pod's ordinal
/// lies below `first_ordinal`.
void check_pod_set(const PodSet& set);

/// base + ordinal, the `server_id` of the pod's server: 1 to 2^32-1. Throws usage_error beyond that.
std::uint32_t server_id(std::uint32_t base, std::uint32_t ordinal);

}  // namespace mysql_agent
