#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "act/signals.h"

namespace headroom::act {

/// Looks at the server ten times a second over a connection and in a thread of its own, so that a server that
/// hangs never keeps us from stopping. In real time.
class Lookout {
 public:
  using Open = std::function<Result<std::unique_ptr<wire::Link>>()>;
  /// Looks once before it returns. Errors: the server cannot be reached.
  static Result<std::unique_ptr<Lookout>> begin(Open open, std::shared_ptr<wire::Cancellation> cancellation);
  ~Lookout();

  struct View {
    Signals signals{};
    std::uint64_t buffer_limit = 0;
    RoundTrips::Span p99{}, least{}, last_two{};
  };
  /// What was seen last. When that is more than a second old, `signals.missing` says so.
  View view() const;

 private:
  Lookout(Open open, std::shared_ptr<wire::Cancellation> cancellation);
  void watch();
  Result<bool> connect();
  void look();
  Result<Signals> ask();
  Result<std::string> ping(RoundTrips& trips);

  Open open_;
  std::shared_ptr<wire::Cancellation> cancellation_;
  std::unique_ptr<wire::Link> link_{};  // of whoever looks: begin(), then the thread
  std::uint64_t buffer_limit_ = usual_replica_buffer_limit;
  RoundTrips trips_{};

  mutable std::mutex mutex_{};
  std::condition_variable ends_{};
  bool ended_ = false;
  View view_{};
  std::chrono::steady_clock::time_point seen_{};
  std::thread thread_{};
};

}  // namespace headroom::act
