#include "agent/cli/nearest_word.hpp"

#include <algorithm>
#include <numeric>

namespace mysql_agent {
namespace {

constexpr std::size_t most_mistakes = 2;

// Levenshtein's distance, row by row.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({row[j] + 1, diagonal + 1, replaced});
    }
  }
  return row.back();
}

}  // namespace

std::string nearest_word(std::string_view word, const std::vector<std::string>& known) {
  std::string nearest;
  std::size_t least = most_mistakes + 1;
  for (const std::string& each : known) {
    const std::size_t mistakes = distance(word, each);
    if (mistakes == 0) return "";
    // All letters of a short word may be replaced by two mistakes.
    if (mistakes >= least || mistakes >= each.size() / 2) continue;
    least = mistakes;
    nearest = each;
  }
  return nearest;
}

}  // namespace mysql_agent
