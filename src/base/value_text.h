#pragma once

#include <chrono>
#include <optional>
#include <string_view>
#include <vector>

/// Reads the little that proofs and rules need to know of values. Values are hostile: every function takes
/// any bytes and runs in the time of one look at each.
namespace headroom {

/// The text of a field of a JSON object, as it stands between its quotes (escapes are left alone). Empty when
/// the field is missing, is no text, or the bytes before it are no JSON object (as far as one can tell
/// without matching brackets). A field of the same name
/// further inside is not taken for it.
std::optional<std::string_view> json_text(std::string_view json, std::string_view field);

/// The whole value of a field of a JSON object, of any kind, as it stands there: `{"a": [1]}` has the value
/// `[1]`. Empty as with json_text(), and where the value does not end.
std::optional<std::string_view> json_value(std::string_view json, std::string_view field);

/// The items of a JSON array as they stand there, at most `most`. Empty when this is no array, has more, or
/// does not end.
std::vector<std::string_view> json_items(std::string_view json, std::size_t most);

/// "2026-11-21T04:47:16.695318", with or without a fraction, "Z" or an offset; without one it is UTC. Since
/// the epoch.
std::optional<std::chrono::milliseconds> instant_of(std::string_view iso);

/// Where `word` begins in a name, npos if nowhere. Looks for its byte number `rare` first: a letter that few
/// names have makes this a few ns for most.
std::size_t find_word(std::string_view name, std::string_view word, std::size_t rare);

/// Whether the text is 8-4-4-4-12 hex digits.
bool is_uuid(std::string_view text);
/// Whether it ends in them, and what stands before is given back.
std::optional<std::string_view> before_uuid(std::string_view text);

}  // namespace headroom
