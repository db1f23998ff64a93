#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "family/family.h"

/// Families of a user's own, from headroom.toml, in the same form as the known ones:
///
///   [[family]]
///   name = "carts"
///   examples = [{ key = "cart:17", type = "hash", role = "cart" }]
///
///   [[family.shapes]]
///   shape = "cart:{n}"
///   type = "hash"                        # or a list of types; any type when left out
///   role = "cart"
///   care = "expirable"
///   why = "rebuilt from the shop's database"
///   debris_when = "without_ttl"
///   debris = "cart-without-ttl"
///   debris_why = "the shop sets two days"
///
/// A family: name (needed), title, shapes (needed), rivals, closed_world, read_only, examples.
/// A shape: shape, role, why (needed), type, care (hands_off unless given), tell, debris_when, debris,
/// certainty, debris_why, idle_minutes. Words are those of family.h.
namespace headroom::family {

/// The families and the texts they point into: keep both together. Moving it is safe, copying it is not
/// possible.
struct UserFamilies {
  UserFamilies() = default;
  UserFamilies(UserFamilies&&) = default;
  UserFamilies& operator=(UserFamilies&&) = default;
  UserFamilies(const UserFamilies&) = delete;
  UserFamilies& operator=(const UserFamilies&) = delete;

  std::deque<std::string> texts{};
  std::vector<Family> families{};
};

/// Reads every [[family]] of a file; other tables are somebody else's. `file_name` is for messages. Unknown
/// keys, unknown words, a shape that does not compile and an example that no shape of its role fits are
/// errors, with line and column in `where`
/// ("headroom.toml:12:5").
Result<UserFamilies> parse_families(std::string_view toml, std::string_view file_name);

}  // namespace headroom::family
