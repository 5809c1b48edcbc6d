#include "common/net/search_list.hpp"

#include <chrono>
#include <sstream>

#include "common/base/file.hpp"
#include "common/net/http_client.hpp"

namespace mysql_agent {
namespace {

constexpr const char* resolv_conf_file = "/etc/resolv.conf";
// A name server that lives answers sooner. One that is dead must not cost its time for each domain.
constexpr std::chrono::seconds patience{2};

bool is_full(const std::string& host) {
  return host.ends_with('.') || is_literal_address(host);
}

// No where DNS gives no sure answer: another domain may be the right one.
bool resolves(const std::string& name) {
  try {
    return name_resolves(name);
  } catch (const ConnectError&) {
    return false;
  }
}

std::vector<std::string> own_search_domains() {
  return search_domains(read_file_if_exists(resolv_conf_file, 1 << 16).value_or(""));
}

}  // namespace

std::vector<std::string> search_domains(std::string_view resolv_conf) {
  std::vector<std::string> domains;
  std::istringstream lines{std::string(resolv_conf)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string word;
    words >> word;
    if (word != "search" && word != "domain") continue;
    domains.clear();
    while (words >> word) {
      if (word.starts_with('#') || word.starts_with(';')) break;
      if (word.ends_with('.')) word.pop_back();
      if (!word.empty()) domains.push_back(word);
    }
  }
  return domains;
}

std::string full_name(const std::string& host, const std::string& domain) {
  return domain.empty() || is_full(host) ? host : host + "." + domain + ".";
}

std::string domain_of(const std::string& host) {
  if (is_full(host)) return "";
  const auto begin = std::chrono::steady_clock::now();
  for (const std::string& domain : own_search_domains()) {
    if (resolves(full_name(host, domain))) return domain;
    if (std::chrono::steady_clock::now() - begin > patience) return "";
  }
  return "";
}

}  // namespace mysql_agent
