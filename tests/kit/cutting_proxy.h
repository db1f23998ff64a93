#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace headroom::test {

/// A way to a Redis server that breaks where a test says: at the N-th request or the N-th reply of all
/// connections that were opened since. A Unix socket in front of the server's own; the connection that is cut
/// is closed on both sides, the others live on.
class CuttingProxy {
 public:
  enum class Cut : std::uint8_t {
    none,
    /// The N-th request does not reach the server, nor do those behind it on its connection. What was sent
    /// before is done and answered.
    request_lost,
    /// The N-th reply does not reach the client, nor do those behind it. What the client had sent by then, as
    /// a pipeline does, is done by the server.
    reply_lost,
  };

  /// Throws std::runtime_error when it cannot listen at `path`.
  CuttingProxy(std::string server_path, std::string path);
  ~CuttingProxy();
  CuttingProxy(const CuttingProxy&) = delete;
  CuttingProxy& operator=(const CuttingProxy&) = delete;

  std::string url() const { return "unix://" + path_; }
  /// Begins to count anew, with `nth` = 1 for the next one. After the cut new connections are closed at once
  /// for as long as `refusing`.
  void arm(Cut cut, std::uint64_t nth, std::chrono::milliseconds refusing = {});
  bool has_cut() const;  ///< since arm()
  std::uint64_t requests() const;
  std::uint64_t replies() const;

 private:
  class Side;
  struct Pair;
  void serve();
  void accept();
  bool move(Pair& pair, short client, short server);
  void request(Pair& pair, std::string message);
  void reply(Pair& pair, std::string message);

  std::string server_path_, path_;
  int listening_ = -1, stop_ = -1;
  mutable std::mutex mutex_{};
  Cut cut_ = Cut::none;
  std::uint64_t nth_ = 0, requests_ = 0, replies_ = 0;
  bool has_cut_ = false;
  std::chrono::milliseconds refusing_{};
  std::chrono::steady_clock::time_point refuses_until_{};
  std::list<std::shared_ptr<Pair>> pairs_{};
  std::thread thread_{};
};

}  // namespace headroom::test
