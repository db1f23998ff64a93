#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "base/result.h"
#include "memory/calibrate.h"
#include "source/rdb/input.h"

namespace headroom::app {

/// Reads the beginning of a file (32 MiB at most) and says under which quantum of jemalloc its keys would
/// have used the memory that the file says was used: keys lie in the order of their hashes, so the first are
/// as good a sample as any. Empty when the file does not say, or the fit does not decide.
std::optional<memory::Calibration> guess_allocator(
    const std::function<Result<std::unique_ptr<source::rdb::Input>>()>& open);

}  // namespace headroom::app
