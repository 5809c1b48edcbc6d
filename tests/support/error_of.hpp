#pragma once

#include <catch2/catch.hpp>

#include "common/base/error.hpp"

namespace mysql_agent::test {

/// The Error that `act` throws. The test fails if `act` throws no Error.
template <typename Act>
Error error_of(Act act) {
  try {
    act();
  } catch (const Error& error) {
    return error;
  }
  FAIL("nothing was thrown");
  throw std::logic_error("not reached");
}

template <typename Act>
ExitCode code_of(Act act) {
  return error_of(act).code();
}

}  // namespace mysql_agent::test
