#pragma once

#include "app/options.h"
#include "source/live_scan.h"

namespace headroom::app {

/// One line on stderr that is written over and wiped at the end: keys, keys/s, time left. Says nothing unless
/// stderr is a terminal and
/// --quiet was not given.
class ProgressLine {
 public:
  explicit ProgressLine(const Options& options);
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void show(const source::ScanProgress& progress);

 private:
  bool on_ = false;
  bool shown_ = false;
};

}  // namespace headroom::app
