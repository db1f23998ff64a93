#include "act/quarantine.h"

namespace headroom::act {
namespace {

constexpr std::string_view prefix = "headroom:q:";

/// What a cluster hashes of a key: what stands between the first '{' and the next '}', if it is not empty.
/// Source: the cluster specification of Redis, "hash tags".
std::string_view own_tag(std::string_view key) {
  const auto open = key.find('{');
  if (open == key.npos) return {};
  const auto close = key.find('}', open + 1);
  return close == key.npos ? std::string_view{} : key.substr(open + 1, close - open - 1);
}

/// What must stand in braces to reach the slot of `key`; empty: nothing does.
std::string_view tag_for(std::string_view key) {
  if (const auto own = own_tag(key); !own.empty()) return own;
  return key.find('}') == key.npos ? key : std::string_view{};
}

}  // namespace

std::string quarantine_name(std::string_view run, std::string_view key) {
  const auto tag = tag_for(key);
  if (tag.empty()) return {};
  std::string name;
  name.reserve(prefix.size() + run.size() + tag.size() + key.size() + 3);
  return name.append(prefix).append(run).append(":{").append(tag).append("}").append(key);
}

std::string_view quarantined_key(std::string_view name) {
  if (!name.starts_with(prefix)) return {};
  const auto colon = name.find(':', prefix.size());
  if (colon == name.npos || name.substr(colon + 1, 1) != "{") return {};
  const auto close = name.find('}', colon + 2);
  if (close == name.npos) return {};
  const auto tag = name.substr(colon + 2, close - colon - 2);
  const auto key = name.substr(close + 1);
  return tag_for(key) == tag ? key : std::string_view{};
}

}  // namespace headroom::act
