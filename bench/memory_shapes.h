#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "redis_socket.h"

namespace headroom::bench {

/// Sends commands to a server in batches and drops the answers. Throws std::runtime_error on an error reply.
class Commands {
 public:
  explicit Commands(const std::string& socket_path) : socket_(socket_path) {}
  void operator()(const std::vector<std::string>& words);
  /// Waits for all answers.
  void finish();

 private:
  RedisSocket socket_;
  std::size_t waiting_ = 0;
};

/// Keys of one kind and size.
struct Shape {
  std::string name{};
  std::string type{};  ///< as TYPE says it
  std::uint64_t keys = 0;
  std::function<void(Commands&, const std::string& key, std::uint64_t number)> make{};
  std::size_t key_length = 20;
};

/// The name of key `number` of a shape: `length` characters.
std::string key_name(std::uint64_t number, std::size_t length);

/// Sizes around each threshold of each type, and keys as queue libraries and caches write them.
std::vector<Shape> memory_shapes();

}  // namespace headroom::bench
