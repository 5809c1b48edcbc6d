#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "tests/support/random_set.hpp"

namespace mysql_agent::test {

/// What chance says about a step. Which pod `pod` is, and what `variant` means, is the step's to say.
struct Draw {
  unsigned pod = 0;
  unsigned variant = 0;
};

/// Something that happens to a set.
struct Step {
  const char* name;
  unsigned weight;
  bool is_survived;  ///< today's agent keeps its promise; else the step is left out
  void (*act)(RandomSet&, const Draw&);
};

/// Leaves out what today's agent does not survive. To be false when it does.
inline constexpr bool leave_out_what_fails = true;

/// The steps to choose from. `names` are those that are wanted, with commas; empty: those that are survived, or all
/// of them where `leave_out_what_fails` is false; `all`: all. Throws invalid_argument for a name that is none.
std::vector<Step> chosen_steps(const std::string& names);

/// Chooses a step by its weight.
const Step& choose(const std::vector<Step>& steps, unsigned number);

}  // namespace mysql_agent::test
