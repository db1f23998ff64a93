#include "act/execute/traits.h"

#include <charconv>

namespace headroom::act {
namespace {

/// "7.0.15" as 7'000; 0 when it is no version.
int release(std::string_view version) {
  int major = 0, minor = 0;
  const auto* end = version.data() + version.size();
  const auto first = std::from_chars(version.data(), end, major);
  if (first.ec != std::errc{}) return 0;
  if (first.ptr != end) std::from_chars(first.ptr + 1, end, minor);
  return major * 1'000 + minor;
}

}  // namespace

ServerTraits traits_of(const PlanServer& server) {
  const int version = release(server.version);
  return {.expire_nx = version >= 7'000,
          .trim_by_id = version >= 6'002,
          .fields_may_expire = version >= 7'004,
          .lfu = server.maxmemory_policy.find("lfu") != std::string::npos};
}

}  // namespace headroom::act
