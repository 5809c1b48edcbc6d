#pragma once

// What most units include from outside, compiled once. A unit includes what it uses all the same: the release is built
// without this file. Boost, fmt, <regex> and JSON are not here: g++ instantiates in each unit again what their plain
// functions need, which took each of them 1.5 s, and few of them include one.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <variant>
#include <vector>
