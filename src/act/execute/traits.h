#pragma once

#include "model/plan.h"

namespace headroom::act {

/// What this server can do, by its version and policy.
struct ServerTraits {
  bool expire_nx = false;          ///< 7.0: PEXPIREAT NX, PEXPIRETIME
  bool trim_by_id = false;         ///< 6.2: XTRIM MINID
  bool fields_may_expire = false;  ///< 7.4: HGETALL does not tell all of a hash
  bool lfu = false;                ///< OBJECT FREQ is there, OBJECT IDLETIME is not
};
ServerTraits traits_of(const PlanServer& server);

}  // namespace headroom::act
