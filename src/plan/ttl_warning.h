#pragma once

#include <string>
#include <string_view>

namespace headroom::plan {

/// What giving TTLs does besides under this maxmemory-policy, in a sentence that begins with a blank; empty
/// when nothing (TTL-3).
std::string ttl_warning(std::string_view maxmemory_policy);

}  // namespace headroom::plan
