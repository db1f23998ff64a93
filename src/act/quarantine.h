#pragma once

#include <string>
#include <string_view>

namespace headroom::act {

/// The name that a run gives a key it puts aside: "headroom:q:RUN:{tag}key", in the same slot of a cluster as
/// the key itself: `tag` is the key's own hash tag, or the whole key. Empty where there is none (a name with
/// a
/// '}' and no tag; safety.md 8): such a key can only be deleted with a journal.
std::string quarantine_name(std::string_view run, std::string_view key);
/// The name it had; empty when this is no quarantine name.
std::string_view quarantined_key(std::string_view name);

}  // namespace headroom::act
