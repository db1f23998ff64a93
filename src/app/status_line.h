#pragma once

#include <mutex>
#include <string>
#include <string_view>

#include "act/executor.h"
#include "app/options.h"

namespace headroom::app {

/// One line on stderr while a run is at work: steps done, and what it waits for. Says nothing unless stderr
/// is a terminal and --quiet was not given. From any thread.
class StatusLine {
 public:
  explicit StatusLine(const Options& options);
  ~StatusLine();
  StatusLine(const StatusLine&) = delete;
  StatusLine& operator=(const StatusLine&) = delete;

  void steps(const act::ApplyProgress& progress);
  /// Empty: going on.
  void waits(std::string_view reason);

 private:
  void show();
  std::mutex mutex_;
  bool on_ = false, shown_ = false;
  act::ApplyProgress progress_{};
  std::string reason_{};
};

}  // namespace headroom::app
