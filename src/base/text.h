#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

/// Text for people and bytes of strangers. Key names are hostile: they may clear the screen, write to the
/// clipboard, or swap their letters around. Nothing here looks at the locale, and every function is pure.
namespace headroom {

/// True when `bytes` is valid UTF-8 (RFC 3629). The empty text is.
bool is_utf8(std::string_view bytes);

/// `bytes` as visible text that can be read back to exactly those bytes. A backslash is doubled; a control
/// byte or a byte that is not UTF-8 becomes \xNN; a valid character that acts or cannot be seen (C1 controls,
/// direction marks, zero-width characters, unusual blanks, a combining mark with nothing before it) becomes
/// \u{N...}. All else stays, emoji included.
std::string escaped(std::string_view bytes);

/// escaped(), in double quotes where the name alone would be misread: when it is empty, holds a blank, or
/// begins with a double quote. Inside quotes a double quote becomes \". Still exact: what begins with a quote
/// is quoted.
std::string escape_for_terminal(std::string_view bytes);

/// For our own sentences, which may quote a name that is escaped already: makes safe as escaped() does, but
/// leaves backslashes alone, so that doing it twice changes nothing. Not reversible.
std::string printable(std::string_view text);

/// XXH3-64 of `bytes` as 16 hex digits, as `xxhsum -H3` prints it: tells names apart that are too long to
/// show.
std::string fingerprint(std::string_view bytes);

/// RFC 4648, with padding.
std::string base64(std::string_view bytes);

/// Columns of a terminal that valid UTF-8 takes. A byte that is not UTF-8 counts 1.
std::size_t display_width(std::string_view text);

/// At most `width` columns of `text`: the middle gives way to "…", since names differ at both ends. Never
/// cuts a character or takes a combining mark from its letter.
std::string truncate_middle(std::string_view text, std::size_t width);

/// Lines of at most `width` columns, broken at blanks; a word that is longer is broken anywhere. At least one
/// line. `width` 0 means no limit.
std::vector<std::string> wrap(std::string_view text, std::size_t width);

/// "512 B", "1.50 KiB", "5.28 GiB": three digits. Binary units, as in Redis' own used_memory_human, which
/// calls this 5.28G.
std::string human_bytes(Bytes bytes);

/// "3 712 004": groups of three with a plain space, so that it survives copying and every terminal font.
std::string human_count(std::uint64_t count);

/// "25 %", "98.5 %", "<0.1 %": at most one decimal; ">99.9 %" rather than a 100 % that is not true.
std::string human_share(double of_one);

/// "350 ms", "4.2 s", "5 min 3 s", "3 d 2 h": the two largest units. A negative length has a minus sign.
std::string human_duration(std::chrono::milliseconds length);

/// "2024-05-01 12:34:56 UTC". Years outside 1970-9999 show as the nearest moment inside.
std::string human_instant(std::chrono::milliseconds since_epoch);

/// RFC 3339 for programs: "2024-05-01T12:34:56Z", with ".789" when there are milliseconds. Same limits.
std::string iso_instant(std::chrono::milliseconds since_epoch);

}  // namespace headroom
