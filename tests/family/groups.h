#pragma once

#include <cctype>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kit/loaded_server.h"
#include "model/pattern_group.h"

/// Groups of keys as a survey would hand them to attribute().
namespace headroom::test {

inline KeyType type_named(std::string_view name) {
  constexpr std::string_view names[] = {"unknown", "string", "list", "set", "zset", "hash", "stream"};
  for (std::size_t i = 0; i < std::size(names); ++i)
    if (names[i] == name) return static_cast<KeyType>(i);
  return KeyType::module;
}

inline std::string escaped(std::string_view key) {
  std::string out;
  for (const char byte : key) out.append(byte == '{' || byte == '}' ? 2 : 1, byte);
  return out;
}

/// Runs of digits become {n}: the part of folding that attribute() depends on.
inline std::string folded(std::string_view key) {
  std::string out;
  for (std::size_t i = 0; i < key.size();) {
    const auto is_digit = [&](std::size_t at) { return at < key.size() && key[at] >= '0' && key[at] <= '9'; };
    if (is_digit(i)) {
      while (is_digit(i)) ++i;
      out += "{n}";
    } else {
      out += escaped(key.substr(i++, 1));
    }
  }
  return out;
}

struct Named {
  std::string key{};
  KeyType type = KeyType::unknown;
};

inline PatternGroup group_of(const std::string& key, KeyType type, std::string pattern,
                             std::uint32_t db = 0) {
  PatternGroup group;
  group.db = db;
  group.pattern = std::move(pattern);
  group.example = key;
  group.keys = 1;
  if (type == KeyType::unknown) return group;
  group.measured = 1;
  group.measured_types[static_cast<std::size_t>(type)] = 1;
  group.max = Bytes{1000};
  return group;
}

/// One group per key.
inline std::vector<PatternGroup> groups_of(const std::vector<Named>& keys) {
  std::vector<PatternGroup> groups;
  for (const Named& one : keys) groups.push_back(group_of(one.key, one.type, escaped(one.key)));
  return groups;
}

/// One group per key of a server.
inline std::vector<PatternGroup> groups_of(const RedisServer& server, std::uint32_t db) {
  std::vector<PatternGroup> groups;
  for (const FoundKey& key : all_keys(server, db)) {
    groups.push_back(group_of(key.name, type_named(key.type), escaped(key.name), db));
    groups.back().max = Bytes{key.bytes};
    if (!key.has_ttl) groups.back().without_ttl_keys = {1, 1, 1};
  }
  return groups;
}

}  // namespace headroom::test
