#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

#include "kit/redis_cli.h"
#include "kit/redis_server.h"
#include "wire/connection.h"

/// What the specs of pressure, lease, preflight and identity share.
namespace headroom::act::test {

using headroom::test::redis_cli;
using headroom::test::RedisServer;

inline wire::Endpoint endpoint_of(const RedisServer& server, const std::string& user = {}) {
  wire::Endpoint endpoint;
  endpoint.kind = wire::Endpoint::Kind::unix_socket;
  endpoint.path = server.socket_path();
  endpoint.user = user;
  if (!user.empty()) endpoint.password = "secret";
  return endpoint;
}

inline std::function<Result<std::unique_ptr<wire::Link>>()> open_at(const RedisServer& server,
                                                                    const std::string& user = {}) {
  return [endpoint = endpoint_of(server, user)]() -> Result<std::unique_ptr<wire::Link>> {
    auto opened = wire::Connection::open(endpoint, "headroom:test");
    if (!opened) return fail(opened.error());
    return std::unique_ptr<wire::Link>(*std::move(opened));
  };
}

inline std::unique_ptr<wire::Link> connect(const RedisServer& server, const std::string& user = {}) {
  auto link = open_at(server, user)();
  if (!link) throw std::runtime_error(link.error().what);
  return *std::move(link);
}

/// Waits for what the server is on its way to; a minute is far more than it takes.
inline bool becomes(const std::function<bool()>& state) {
  for (int tries = 0; tries < 6000; ++tries) {
    if (state()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

inline std::string info(const RedisServer& server, const std::string& field) {
  const auto text = redis_cli(server, {"INFO", "all"});
  const auto at = text.find("\n" + field + ":");
  if (at == std::string::npos) return {};
  const auto begin = at + field.size() + 2;
  return text.substr(begin, text.find_first_of("\r\n", begin) - begin);
}

}  // namespace headroom::act::test
