#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "source/rdb/input.h"

namespace headroom::source::rdb {

/// Opens an RDB file for reading; "-" is standard input. What is packed by gzip or zstd is unpacked on the
/// way, told by its first bytes and not by its name. A regular file that changes while it is read is an error
/// at its end (F06), and changed() tells it to those who stop before. Errors (Exit::usage): not there, not
/// allowed, a directory, packed data that is damaged.
Result<std::unique_ptr<Input>> open_file(const std::string& path);

}  // namespace headroom::source::rdb
