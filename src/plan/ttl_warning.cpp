#include "plan/ttl_warning.h"

namespace headroom::plan {

// EXPIRE resets the idle time; a TTL costs 40 to 43 bytes, and volatile-* evicts only keys that have one
// (safety.md 2.2, 2.5).
std::string ttl_warning(std::string_view policy) {
  std::string text = " Each TTL takes about 43 bytes until it ends.";
  if (policy == "allkeys-lru" || policy == "allkeys-lfu")
    text += " Under " + std::string(policy) +
            " giving a TTL counts as a use: these keys become the last to be evicted.";
  if (policy.starts_with("volatile-"))
    text += " Under " + std::string(policy) + " a key with a TTL may be evicted at once when memory is full.";
  return text;
}

}  // namespace headroom::plan
