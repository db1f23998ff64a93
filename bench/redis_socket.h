#pragma once

#include <chrono>
#include <initializer_list>
#include <string>
#include <string_view>

namespace headroom::bench {

/// A bare RESP2 connection over a Unix socket. Not headroom's own wire room: a yardstick must not be cut from
/// the cloth it measures. One thread at a time. Everything throws std::runtime_error when the server is gone
/// or a reply is an error. Only flat replies (status, integer, bulk): what the benchmarks ask for never
/// nests.
class RedisSocket {
 public:
  explicit RedisSocket(const std::string& path);
  ~RedisSocket();
  RedisSocket(const RedisSocket&) = delete;
  RedisSocket& operator=(const RedisSocket&) = delete;

  /// Queues a command of `arguments` parts; exactly so many part() calls must follow.
  void command(std::size_t arguments);
  void part(std::string_view text);
  void part(std::uint64_t number);
  /// A part of `size` bytes, made of `filling` over and over: sent as it is made, so that a giant never lies
  /// in our memory.
  void part_of(std::string_view filling, std::uint64_t size);
  void queue(std::initializer_list<std::string_view> parts);
  std::size_t queued_bytes() const { return out_.size(); }

  /// Writes all that is queued.
  void send();
  /// Waits up to `patience` for bytes of the server and keeps them; false when none came.
  bool receive(std::chrono::nanoseconds patience);
  /// Takes the oldest complete reply out of what was received; false when there is none.
  bool take(std::string& reply);

  /// The next reply, waiting for it.
  std::string reply();
  /// One round trip.
  std::string call(std::initializer_list<std::string_view> parts);

 private:
  int fd_ = -1;
  std::string out_;
  std::string in_;
  std::size_t read_to_ = 0;  // in_ before this was taken already
};

/// The number behind "name:" in a reply of INFO; throws when it is not there.
double info_number(std::string_view info, std::string_view name);

}  // namespace headroom::bench
