#pragma once

#include <string>

#include "act/journal_blocks.h"
#include "act/private_file.h"

namespace headroom::act {

/// The journal of the run in `folder`.
inline std::string journal_path(const std::string& folder) { return folder + "/journal"; }

/// The bytes of an open journal, which is borrowed; as many as it has now.
Result<BlockSource> journal_source(const Fd& file, const std::string& path);

}  // namespace headroom::act
