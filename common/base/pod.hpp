#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mysql_agent {

enum class Role { primary, replica };
/// `primary` or `replica`, as in the clone protocol.
const char* role_name(Role role);

/// A pod of a StatefulSet. Its name `<set>-<ordinal>` is stable.
struct Pod {
  std::string name;
  std::string set;
  std::uint32_t ordinal = 0;
};

/// Splits `<set>-<ordinal>`. Of a host name with a domain (`mysql-1.mysql.default.svc`) the part before the first dot
/// counts. Throws usage_error for any other text, and for an ordinal with leading zeros or beyond 32 bits.
Pod parse_pod_name(std::string_view name);

/// The set as one pod sees it: the names and the hosts of its peers. All of it comes from flags.
struct PodSet {
  Pod pod;
  std::string service = "mysql";  ///< the headless Service
  std::string peer_host_template = "{set}-{ordinal}.{service}";
  std::uint32_t first_ordinal = 0;

  /// The pod with the first ordinal (`.spec.ordinals.start`) is the primary. There is no failover.
  Role role() const { return pod.ordinal == first_ordinal ? Role::primary : Role::replica; }
  std::string pod_name(std::uint32_t ordinal) const { return pod.set + "-" + std::to_string(ordinal); }
  /// The host name or address of a pod, from the template.
  std::string host(std::uint32_t ordinal) const;
  std::string own_host() const { return host(pod.ordinal); }
  std::string source_host() const { return host(first_ordinal); }
  /// The ordinals of the pods that may exist: from the first ordinal to `above` ordinals beyond this pod's own.
  std::vector<std::uint32_t> ordinals(std::uint32_t above) const;
};

/// Throws usage_error if the template has no `{ordinal}` or has an unknown placeholder, or if the pod's ordinal is
/// lower than `first_ordinal`, or very much higher.
void check_pod_set(const PodSet& set);

/// The `server_id` of the pod's server, base + ordinal. Throws usage_error unless it is in 1 to 2^32-1.
std::uint32_t server_id(std::uint32_t base, std::uint32_t ordinal);

}  // namespace mysql_agent
