#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace headroom::app {

/// Where output goes: stdout, or a file that is written beside its place and renamed at the end (mode 0600),
/// so that a reader never sees half of it. A device or a pipe is written where it is. Without finish() the
/// file is taken away again.
class OutputFile {
 public:
  /// "" and "-" are stdout. Errors: the file cannot be made (Exit::usage), there is no room (Exit::partial).
  static Result<std::unique_ptr<OutputFile>> open(const std::string& path);
  /// Whether it will. Leaves nothing behind.
  static Result<bool> can_open(const std::string& path);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  /// False when it cannot be written, now or before: more is in vain.
  bool write(std::string_view text);
  /// Whether the reader of our stdout has gone away.
  bool reader_left() const;
  /// What could not be written (Exit::partial), or the end of it. A reader of our stdout that has gone away
  /// (`| head`) is no error.
  Result<bool> finish();

 private:
  OutputFile(int fd, std::string path, std::string beside)
      : fd_(fd), path_(std::move(path)), beside_(std::move(beside)) {}
  int fd_;
  std::string path_, beside_;  ///< empty: stdout; only beside_: written in place
  int error_ = 0;              ///< errno of the first write that failed
  bool finished_ = false;
};

}  // namespace headroom::app
