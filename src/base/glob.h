#pragma once

#include <string_view>

namespace headroom {

/// Whether `text` fits the glob `pattern` as in the server's KEYS and SCAN MATCH: `*` any bytes, `?` one
/// byte, `[abc]`,
/// `[a-z]`, `[^a]` one of a class or none of it, `\` takes the next byte literally. Bytes are compared as
/// they are. A `[` that is never closed takes the rest of the pattern as its class; a lone `\` at the end
/// stands for itself. Source: stringmatchlen() in src/util.c of Redis 7.0, whose answers the tests compare.
/// Time: at most the product of the two lengths, whatever the pattern (the server's own is exponential in the
/// number of stars).
bool glob_matches(std::string_view pattern, std::string_view text);

}  // namespace headroom
