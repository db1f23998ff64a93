#pragma once

#include <cstdint>
#include <string_view>

namespace headroom {

/// XXH3, 64 bits. Not for secrets; the same on every machine, so that runs can be compared.
std::uint64_t hash_bytes(std::string_view bytes, std::uint64_t seed = 0);

}  // namespace headroom
