#pragma once

#include <cstdint>
#include <string>

#include "live/exact_kit.h"

/// What is taken away and put back again in the tests of exact undo.
namespace headroom::test {

/// Every type in every encoding, and where the server has them, hashes whose fields have a TTL of their own;
/// with a TTL and without, once for each rule of rule_of_every_kind() and once for nobody.
void make_every_shape(ExactKit& kit);
/// A rule for every way of removal and every type, since rules for any type leave some alone.
std::string rule_of_every_kind();
/// The steps of such a plan. Journal and quarantine take all, with a TTL and without; a rule's TTL is given
/// only to strings (TTL-4), and only to those that have none.
std::uint64_t steps_of_every_kind(const ExactKit& kit);

/// A queue of the real BullMQ with all that can be cleaned, by `boldest`.
void make_bull(ExactKit& kit);
inline constexpr auto boldest =
    "[bull]\ncompleted = { count = 0 }\nfailed = { count = 0 }\nrelease_parents = true\nevent_entries = 1\n"
    "waiting_danglers = true\nabandoned = true\norphan_age = \"1m\"\n";

}  // namespace headroom::test
