// Fills the redis-server on a Unix socket with a deterministic mix of keys and says what it made.
//   generate_keys --socket PATH [--keys N] [--seed S] [--value-size FACTOR] [--giants FACTOR]
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <exception>

#include "mixed_keys.h"
#include "redis_socket.h"

namespace {

using namespace headroom::bench;

void fill_and_tell(const std::string& path, const MixedKeys& wanted) {
  const Made made = fill(path, wanted);
  RedisSocket server(path);
  fmt::print("{:<24} {:>12}\n", "kind", "keys");
  for (const auto& [kind, keys] : made.keys) fmt::print("{:<24} {:>12}\n", kind, keys);
  fmt::print("{} keys by {} commands in {:.1f} s: {:.0f} keys/s; used_memory {:.1f} MB\n", wanted.keys,
             made.commands, made.seconds, static_cast<double>(wanted.keys) / made.seconds,
             info_number(server.call({"INFO", "memory"}), "used_memory") / 1e6);
}

}  // namespace

int main(int count, char** arguments) {
  CLI::App app("fills a redis-server with mixed keys");
  std::string path;
  MixedKeys wanted;
  app.add_option("-s,--socket", path, "Unix socket of the server; its db 0 must be empty")->required();
  app.add_option("--keys", wanted.keys, "how many, at least 1000")->capture_default_str();
  app.add_option("--seed", wanted.seed, "the same seed makes the same keys")->capture_default_str();
  app.add_option("--value-size", wanted.value_size, "factor on value lengths and element counts")
      ->capture_default_str();
  app.add_option("--giants", wanted.giants, "factor on the giants; 0: none")->capture_default_str();
  CLI11_PARSE(app, count, arguments);
  try {
    fill_and_tell(path, wanted);
  } catch (const std::exception& error) {
    fmt::print(stderr, "generate_keys: {}\n", error.what());
    return 1;
  }
  return 0;
}
