#include "act/execute/traits.h"

#include "act/rights.h"

namespace headroom::act {

ServerTraits traits_of(const PlanServer& server) {
  const int version = release_of(server.version);
  return {.expire_nx = version >= 7'000,
          .trim_by_id = version >= 6'002,
          .fields_may_expire = version >= 7'004,
          .lfu = server.maxmemory_policy.find("lfu") != std::string::npos};
}

}  // namespace headroom::act
