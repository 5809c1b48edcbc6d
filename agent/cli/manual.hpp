#pragma once

#include <string>

namespace mysql_agent {

/// The manual page in the macros of man(7), made of what the parser knows.
std::string manual_page();

}  // namespace mysql_agent
