#include "common/server/gtid.hpp"

#include <stdexcept>

#include "common/base/error.hpp"

namespace mysql_agent {
namespace {

template <typename Family, typename Value>
const Family& held(const Value& value) {
  if (const auto* family = std::get_if<Family>(&value)) return *family;
  throw std::logic_error("GTIDs of MariaDB and of MySQL were mixed");
}

}  // namespace

GtidPosition GtidPosition::parse(Flavour flavour, std::string_view text) {
  if (flavour == Flavour::mariadb) return GtidPosition(MariadbGtidList::parse(text));
  return GtidPosition(MysqlGtidSet::parse(text));
}

std::optional<GtidPosition> GtidPosition::try_parse(Flavour flavour, std::string_view text) {
  try {
    return parse(flavour, text);
  } catch (const Error&) {
    return std::nullopt;
  }
}

bool GtidPosition::empty() const {
  return std::visit([](const auto& own) { return own.empty(); }, value_);
}

std::string GtidPosition::text() const {
  return std::visit([](const auto& own) { return own.text(); }, value_);
}

bool GtidPosition::covers(const GtidPosition& other) const {
  return std::visit([&]<typename Family>(const Family& own) { return own.covers(held<Family>(other.value_)); }, value_);
}

GtidPosition GtidPosition::beyond(const GtidPosition& other) const {
  return std::visit(
      [&]<typename Family>(const Family& own) { return GtidPosition(own.beyond(held<Family>(other.value_))); }, value_);
}

std::uint64_t GtidPosition::transactions_beyond(const GtidPosition& other) const {
  return std::visit(
      [&]<typename Family>(const Family& own) { return own.transactions_beyond(held<Family>(other.value_)); }, value_);
}

std::string joined_gtids(const std::string& a, const std::string& b) {
  return a.empty() || b.empty() ? a + b : a + "," + b;
}

}  // namespace mysql_agent
