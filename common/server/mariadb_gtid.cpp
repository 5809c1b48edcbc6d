#include "common/server/mariadb_gtid.hpp"

#include <charconv>

#include "common/base/error.hpp"

namespace mysql_agent {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view space = " \t\r\n";
  const std::size_t first = text.find_first_not_of(space);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(space) - first + 1);
}

template <typename T>
bool take_number(std::string_view& text, T& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

bool take_dash(std::string_view& text) {
  if (!text.starts_with('-')) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

std::string MariadbGtidList::Gtid::text() const {
  return std::to_string(domain) + "-" + std::to_string(server) + "-" + std::to_string(sequence);
}

MariadbGtidList MariadbGtidList::parse(std::string_view text) {
  MariadbGtidList list;
  std::string_view rest = trimmed(text);
  while (!rest.empty()) {
    const std::size_t comma = rest.find(',');
    std::string_view item = trimmed(rest.substr(0, comma));
    rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    Gtid gtid;
    const bool good = take_number(item, gtid.domain) && take_dash(item) && take_number(item, gtid.server) &&
                      take_dash(item) && take_number(item, gtid.sequence) && item.empty();
    const bool ends_in_comma = comma != std::string_view::npos && trimmed(rest).empty();
    if (!good || ends_in_comma)
      throw failed("'" + std::string(text) + "' is not a MariaDB GTID position", "it should read like 0-100-5");
    const auto [at, fresh] = list.domains_.emplace(gtid.domain, gtid);
    if (!fresh && at->second.sequence < gtid.sequence) at->second = gtid;
  }
  return list;
}

std::string MariadbGtidList::text() const {
  std::string out;
  for (const auto& [domain, gtid] : domains_) {
    if (!out.empty()) out += ',';
    out += gtid.text();
  }
  return out;
}

bool MariadbGtidList::covers(const MariadbGtidList& other) const {
  return other.beyond(*this).empty();
}

MariadbGtidList MariadbGtidList::beyond(const MariadbGtidList& other) const {
  MariadbGtidList out;
  for (const auto& [domain, gtid] : domains_) {
    const auto theirs = other.domains_.find(domain);
    if (theirs == other.domains_.end() || theirs->second.sequence < gtid.sequence) out.domains_.emplace(domain, gtid);
  }
  return out;
}

MariadbGtidList MariadbGtidList::with(const MariadbGtidList& other) const {
  MariadbGtidList out = *this;
  for (const auto& [domain, gtid] : other.beyond(*this).domains_) out.domains_[domain] = gtid;
  return out;
}

std::uint64_t MariadbGtidList::transactions_beyond(const MariadbGtidList& other) const {
  const MariadbGtidList ahead = beyond(other);
  std::uint64_t sum = 0;
  for (const auto& [domain, gtid] : ahead.domains_) {
    const auto theirs = other.domains_.find(domain);
    sum += gtid.sequence - (theirs == other.domains_.end() ? 0 : theirs->second.sequence);
  }
  return sum;
}

}  // namespace mysql_agent
