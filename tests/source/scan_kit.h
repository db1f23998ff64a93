#pragma once

#include <gtest/gtest.h>

#include <stdexcept>

#include "kit/redis_cli.h"
#include "kit/redis_server.h"
#include "recording_sink.h"
#include "source/live_scan.h"
#include "wire/connection.h"

/// What the specs of the live scan share.
namespace headroom::source {

using test::RecordingSink;
using test::redis_cli;
using test::RedisServer;
using namespace std::chrono_literals;

inline wire::Endpoint endpoint_of(const RedisServer& server) {
  wire::Endpoint endpoint;
  endpoint.kind = wire::Endpoint::Kind::unix_socket;
  endpoint.path = server.socket_path();
  return endpoint;
}

inline Reopen open_at(const wire::Endpoint& endpoint) {
  return [endpoint]() -> Result<std::unique_ptr<wire::Link>> {
    auto opened = wire::Connection::open(endpoint, "test");
    if (!opened) return fail(opened.error());
    return std::unique_ptr<wire::Link>(*std::move(opened));
  };
}
inline Reopen open_at(const RedisServer& server) { return open_at(endpoint_of(server)); }

inline ScanOutcome scan_all(const RedisServer& server, RecordingSink& sink, const ScanOptions& options = {}) {
  auto outcome = scan(open_at(server), sink, options);
  if (!outcome) throw std::runtime_error(outcome.error().what);
  return *outcome;
}

inline std::unique_ptr<wire::Link> connect(const RedisServer& server) {
  auto link = open_at(server)();
  if (!link) throw std::runtime_error(link.error().what);
  return *std::move(link);
}

inline wire::Reply command(wire::Link& link, std::initializer_list<std::string_view> words) {
  auto reply = link.call({words.begin(), words.size()});
  if (!reply) throw std::runtime_error(reply.error().what);
  return *std::move(reply);
}

/// A clock that moves by a fixed step whenever somebody looks at it, and by what anybody sleeps.
struct FakeClock {
  std::chrono::steady_clock::time_point time{};
  std::chrono::nanoseconds step = 100us;
  std::chrono::nanoseconds slept{};
  Clock clock() {
    return {[this] { return time += step; },
            [this](std::chrono::nanoseconds length) { time += length, slept += length; }};
  }
};

}  // namespace headroom::source
