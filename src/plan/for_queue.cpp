#include "base/glob.h"
#include "plan/policy.h"

namespace headroom::plan {

const BullPolicy& Policy::for_queue(std::string_view root) const {
  for (const auto& one : bull)
    if (glob_matches(one.match, root)) return one;
  return bull.back();
}

}  // namespace headroom::plan
