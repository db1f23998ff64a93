#pragma once

#include <string_view>

namespace headroom::app {

/// The RDB image that `headroom demo` loads (tests/dumps/demo.rdb, written by the real libraries), built into
/// the program so that the demo runs wherever the program does.
std::string_view demo_dump();

}  // namespace headroom::app
