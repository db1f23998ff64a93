#include "kit/loaded_server.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace headroom::test {
namespace {

std::string dump_path(std::string_view name, std::string_view ending) {
  return std::string(HEADROOM_TREE "/tests/dumps/").append(name).append(ending);
}

char nibble(char digit) { return static_cast<char>(digit <= '9' ? digit - '0' : digit - 'a' + 10); }

std::string from_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes += static_cast<char>(static_cast<unsigned char>(nibble(hex[i])) << 4 | nibble(hex[i + 1]));
  return bytes;
}

// Names go through hex: redis-cli prints lines, and a name may hold a line end.
constexpr const char* every_key = R"(
local out = {}
for _, key in ipairs(redis.call('KEYS', '*')) do
  local hex = key:gsub('.', function(c) return string.format('%02x', c:byte()) end)
  hex = hex:gsub('\n', '0a')
  out[#out + 1] = redis.call('TYPE', key).ok .. ' ' .. redis.call('PTTL', key) .. ' ' ..
                  redis.call('MEMORY', 'USAGE', key, 'SAMPLES', 0) .. ' ' .. hex
end
return table.concat(out, '\n'))";

}  // namespace

std::unique_ptr<RedisServer> loaded_server(std::string_view name) {
  auto server = std::make_unique<RedisServer>();
  std::filesystem::copy_file(dump_path(name, ".rdb"), server->folder() + "/dump.rdb");
  server->restart();
  return server;
}

std::vector<std::string> dump_reports(std::string_view name) {
  std::ifstream file(dump_path(name, ".ndjson"));
  if (!file) throw std::runtime_error("no report beside the dump " + std::string(name));
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

std::string ask_json(const RedisServer& server, std::uint32_t db, const std::vector<std::string>& command) {
  std::vector<std::string> words = {"redis-cli",        "-s",    server.socket_path(), "-n",
                                    std::to_string(db), "--json"};
  words.insert(words.end(), command.begin(), command.end());
  auto finished = run(words);
  if (finished.status != 0) throw std::runtime_error("redis-cli: " + finished.err);
  return std::move(finished.out);
}

std::vector<FoundKey> all_keys(const RedisServer& server, std::uint32_t db) {
  const auto finished =
      run({"redis-cli", "-s", server.socket_path(), "-n", std::to_string(db), "EVAL", every_key, "0"});
  if (finished.status != 0) throw std::runtime_error("redis-cli: " + finished.err);
  std::vector<FoundKey> keys;
  std::istringstream lines(finished.out);
  std::string hex;
  for (FoundKey key; lines >> key.type;) {
    long long ttl = 0;
    lines >> ttl >> key.bytes;
    lines.get();
    std::getline(lines, hex);
    key.has_ttl = ttl >= 0;
    key.name = from_hex(hex);
    keys.push_back(key);
  }
  std::sort(keys.begin(), keys.end(), [](const FoundKey& a, const FoundKey& b) { return a.name < b.name; });
  return keys;
}

}  // namespace headroom::test
