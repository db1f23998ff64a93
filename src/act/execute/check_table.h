#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "act/execute/job.h"
#include "act/execute/traits.h"
#include "model/plan.h"
#include "wire/link.h"

/// Every CheckKind in its three forms: told to the script, judged by what was read of the key anyway, asked
/// by commands. Numbers are compared as doubles everywhere, as Lua does; a text is a number when it is
/// digits, with a sign and a fraction at most.
namespace headroom::act {

/// Before 7.0 a deadline is only known as a rest and a clock, each to the millisecond and a moment apart.
inline constexpr std::int64_t expiry_tolerance = 20;

/// What the plan says of the deadline of a key of the step: no_ttl or expires_at. Null: nothing.
const Check* expiry_check(const Step& step, std::uint16_t key);

/// For the script. Empty: it cannot do that (value_hash, fingerprint: XXH3); the client must.
std::optional<ScriptOp> script_check(const Check& check, std::string_view key, const ServerTraits& traits);

/// True or false where what was read settles it; empty: it does not.
std::optional<bool> judged_by_state(const Check& check, const KeyState& state);

/// The commands to ask, each as its words. Empty: nobody can (a length of a type that has none).
std::vector<std::vector<std::string>> questions(const Check& check, std::string_view key,
                                                const ServerTraits& traits);
/// The answers to questions(), in order. Needs: no errors among them but WRONGTYPE.
bool answers_hold(const Check& check, std::span<const wire::Reply> answers, const ServerTraits& traits);

/// A double that reads back as the same double, and as Redis prints scores: "inf", "-inf".
std::string number_text(double value);
std::optional<double> plain_number(std::string_view text);

bool is_wrong_type(const wire::Reply& reply);
/// RESP2 sends a score as text, RESP3 as a double.
std::optional<double> score_of(const wire::Reply& reply);
/// HMGET of fingerprint_fields, as fingerprint() takes it.
std::vector<std::optional<std::string>> fields_of(const wire::Reply& reply);

}  // namespace headroom::act
