#pragma once

#include <memory>
#include <string>

#include "source/rdb/input.h"

namespace headroom::source::rdb {

/// Unpacks what `packed` gives; several packed pieces behind one another are one. Errors name `where`.
std::unique_ptr<Input> gzip_input(std::unique_ptr<Input> packed, std::string where);
std::unique_ptr<Input> zstd_input(std::unique_ptr<Input> packed, std::string where);

}  // namespace headroom::source::rdb
