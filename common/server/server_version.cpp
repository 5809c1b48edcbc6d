#include "common/server/server_version.hpp"

#include <charconv>
#include <stdexcept>
#include <tuple>

#include "common/base/error.hpp"

namespace mysql_agent {

const char* flavour_name(Flavour flavour) {
  switch (flavour) {
    case Flavour::mysql: return "mysql";
    case Flavour::mariadb: return "mariadb";
  }
  throw std::logic_error("an enumerator without a name");
}

std::string ServerVersion::text() const {
  return std::string(flavour_name(flavour)) + " " + number();
}

std::string ServerVersion::number() const {
  return series() + "." + std::to_string(patch);
}

std::string ServerVersion::series() const {
  return std::to_string(major) + "." + std::to_string(minor);
}

bool ServerVersion::same_series(const ServerVersion& other) const {
  return flavour == other.flavour && major == other.major && minor == other.minor;
}

bool ServerVersion::at_least(int want_major, int want_minor, int want_patch) const {
  return std::tie(major, minor, patch) >= std::tie(want_major, want_minor, want_patch);
}

ServerVersion parse_server_version(std::string_view text) {
  ServerVersion version;
  std::string_view rest = text;
  if (text.find("MariaDB") != std::string_view::npos) {
    version.flavour = Flavour::mariadb;
    if (rest.starts_with("5.5.5-")) rest.remove_prefix(6);
  }
  int* const parts[] = {&version.major, &version.minor, &version.patch};
  for (int i = 0; i < 3; ++i) {
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), *parts[i]);
    if (error != std::errc() || *parts[i] < 0)
      throw failed("'" + std::string(text) + "' is not a server version",
                   "expected something like 8.4.3 or 10.11.6-MariaDB");
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    if (i < 2 && rest.starts_with('.')) rest.remove_prefix(1);
    else if (i < 2)
      throw failed("'" + std::string(text) + "' is not a server version",
                   "expected something like 8.4.3 or 10.11.6-MariaDB");
  }
  return version;
}

}  // namespace mysql_agent
