#include "common/base/pod.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <stdexcept>

#include "common/base/error.hpp"

namespace mysql_agent {
namespace {

constexpr std::uint32_t max_ordinals_apart = 9999;

}  // namespace

const char* role_name(Role role) {
  switch (role) {
    case Role::primary: return "primary";
    case Role::replica: return "replica";
  }
  throw std::logic_error("an enumerator without a name");
}

Pod parse_pod_name(std::string_view name) {
  const std::string_view host = name.substr(0, name.find('.'));
  const auto bad = [&](const std::string& why) {
    return usage_error("the pod name '" + std::string(name) + "' " + why,
                       "it must be <set>-<ordinal>, as a StatefulSet names its pods: set --pod-name or POD_NAME");
  };
  const std::size_t dash = host.rfind('-');
  if (dash == std::string_view::npos || dash == 0) throw bad("does not end in -<ordinal>");
  const std::string_view digits = host.substr(dash + 1);
  if (digits.empty() || digits.find_first_not_of("0123456789") != std::string_view::npos)
    throw bad("does not end in -<ordinal>");
  if (digits.size() > 1 && digits.front() == '0') throw bad("has an ordinal with a leading zero");
  for (const char c : host.substr(0, dash)) {
    // Kubernetes allows the labels of RFC 1123. The name becomes a host name and a part of files.
    const bool allowed = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    if (!allowed) throw bad("has a character that no pod name has");
  }
  Pod pod{.name = std::string(host), .set = std::string(host.substr(0, dash)), .ordinal = 0};
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), pod.ordinal);
  if (error != std::errc()) throw bad("has an ordinal beyond 32 bits");
  return pod;
}

std::string PodSet::host(std::uint32_t ordinal) const {
  std::string out = peer_host_template;
  const auto replace = [&](std::string_view placeholder, const std::string& value) {
    for (std::size_t at = out.find(placeholder); at != std::string::npos; at = out.find(placeholder, at + value.size()))
      out.replace(at, placeholder.size(), value);
  };
  replace("{set}", pod.set);
  replace("{ordinal}", std::to_string(ordinal));
  replace("{service}", service);
  return out;
}

std::vector<std::uint32_t> PodSet::ordinals(std::uint32_t above) const {
  std::vector<std::uint32_t> out;
  const std::uint64_t end =
      std::min<std::uint64_t>(std::uint64_t{pod.ordinal} + above, std::numeric_limits<std::uint32_t>::max());
  for (std::uint64_t ordinal = first_ordinal; ordinal <= end; ++ordinal)
    out.push_back(static_cast<std::uint32_t>(ordinal));
  return out;
}

void check_pod_set(const PodSet& set) {
  const std::string hint = "write it like {set}-{ordinal}.{service} or 127.0.0.1{ordinal}";
  if (set.peer_host_template.find("{ordinal}") == std::string::npos)
    throw usage_error("--peer-host '" + set.peer_host_template + "' has no {ordinal}: all peers would be one host",
                      hint);
  if (set.own_host().find_first_of("{} \t\n'\"\\") != std::string::npos)
    throw usage_error("--peer-host '" + set.peer_host_template + "' gives the host '" + set.own_host() + "'", hint);
  if (set.pod.ordinal < set.first_ordinal)
    throw usage_error("the pod " + set.pod.name + " lies below --first-ordinal " + std::to_string(set.first_ordinal),
                      "--first-ordinal is the StatefulSet's .spec.ordinals.start");
  // Each pod asks the pods below it. A number of many digits is that of no StatefulSet's pod.
  if (set.pod.ordinal - set.first_ordinal > max_ordinals_apart)
    throw usage_error("the pod " + set.pod.name + " is more than " + std::to_string(max_ordinals_apart) +
                          " ordinals beyond --first-ordinal " + std::to_string(set.first_ordinal),
                      "its name must be <set>-<ordinal>, as a StatefulSet names its pods: set --pod-name or POD_NAME, "
                      "and --first-ordinal to the StatefulSet's .spec.ordinals.start");
}

std::uint32_t server_id(std::uint32_t base, std::uint32_t ordinal) {
  const std::uint64_t id = std::uint64_t{base} + ordinal;
  if (id == 0 || id > std::numeric_limits<std::uint32_t>::max())
    throw usage_error(
        "the server id " + std::to_string(base) + " + " + std::to_string(ordinal) + " is not in 1..4294967295",
        "choose another --server-id-base (0 means no replication to a server)");
  return static_cast<std::uint32_t>(id);
}

}  // namespace mysql_agent
