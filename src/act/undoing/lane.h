#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "act/executor.h"
#include "act/pace.h"
#include "wire/link.h"

namespace headroom::act {

/// The one connection of an undo or a sweep, in whatever database the step is, under the pace of the run.
/// Once it has stopped, why() says so and nothing more is sent.
class UndoLane {
 public:
  static Result<UndoLane> open(const ApplyTarget& target, Pace& pace);

  bool stopped() const { return !why_.empty(); }
  const std::string& why() const { return why_; }
  void stop(std::string why);

  /// Waits until work may be done. False: stopped.
  bool permit();
  std::size_t most_units() const { return pace_->batch(); }
  /// SELECT, when it is another one than before. False: stopped.
  bool use(std::uint32_t db);

  wire::Link& link() { return *link_; }
  /// Sends what is queued and takes every answer; tells the pace. Empty: the connection broke, stopped.
  std::optional<std::vector<wire::Reply>> exchange(std::size_t units);
  /// One command. Empty: stopped.
  std::optional<wire::Reply> ask(const std::vector<std::string_view>& words);

 private:
  UndoLane(std::unique_ptr<wire::Link> link, Pace& pace) : link_(std::move(link)), pace_(&pace) {}
  std::unique_ptr<wire::Link> link_;
  Pace* pace_;
  std::optional<std::uint32_t> db_{};
  std::string why_{};
};

/// Whether after this error of a command about one key the run cannot go on: the server takes no changes, we
/// have no right, nobody knows the error.
bool ends_run(const std::string& error);

}  // namespace headroom::act
