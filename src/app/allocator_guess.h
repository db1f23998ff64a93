#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "app/options.h"
#include "base/result.h"
#include "memory/calibrate.h"
#include "model/server_facts.h"
#include "source/rdb/input.h"

namespace headroom::app {

/// Reads the beginning of a file (16 MiB at most) and says under which quantum of jemalloc its keys would
/// have used the memory that the file says was used: keys lie in the order of their hashes, so the first are
/// as good a sample as any. Empty when the file does not say, or the fit does not decide.
std::optional<memory::Calibration> guess_allocator(
    const std::function<Result<std::unique_ptr<source::rdb::Input>>()>& open);

/// Puts the allocator that --allocator names into what is known of a server; with "auto" the one that was
/// guessed, if any.
void set_allocator(const Options& options, const std::optional<memory::Calibration>& guess,
                   ServerFacts& server);

}  // namespace headroom::app
