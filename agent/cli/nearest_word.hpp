#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mysql_agent {

/// The word of `known` that `word` is most likely a misspelling of: at most two letters are missing, wrong or too many.
/// Empty: there is no such word, or `word` is known.
std::string nearest_word(std::string_view word, const std::vector<std::string>& known);

}  // namespace mysql_agent
