#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "act/execute/pipeline.h"
#include "act/execute/server_clock.h"
#include "act/executor.h"

namespace headroom::act {

/// One connection to the server of the plan, proved to be that server whenever it is opened.
class Lane {
 public:
  explicit Lane(const ApplyTarget& target, ServerClock& clock) : target_(target), clock_(clock) {}

  /// Opens it, or opens it again. Errors: cannot be reached; Exit::refused: it is another server now, or
  /// has another role.
  Result<bool> open();
  bool is_open() const { return link_ != nullptr; }
  void close() { link_.reset(); }
  wire::Link& link() { return *link_; }

  Trouble select(std::uint32_t db);
  /// Sees to it that nothing sent over the connection of before will be done any more: ends it at the
  /// server, or where that is not allowed, waits until `deadline` (ms, server) has passed.
  Trouble outlive(std::int64_t deadline);
  std::uint32_t replicas() const { return replicas_; }

  bool watching = false;  ///< there are keys WATCHed from a try that ended without EXEC

 private:
  const ApplyTarget& target_;
  ServerClock& clock_;
  std::unique_ptr<wire::Link> link_{};
  std::uint32_t db_ = 0;
  std::int64_t id_ = 0, id_before_ = 0;
  std::uint32_t replicas_ = 0;
};

}  // namespace headroom::act
