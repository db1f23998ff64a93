#pragma once

#include <cstdint>
#include <string_view>

namespace headroom::family {

/// What the fields of a hash say of it, a bit each.
namespace bull_field {
inline constexpr std::uint8_t name = 1, data = 2, opts = 4, timestamp = 8;
inline constexpr std::uint8_t of_every_job =
    15;  ///< every job has these four, in every version of Bull and BullMQ
inline constexpr std::uint8_t of_runs = 16;  ///< what a run leaves, also one of an id whose hash was gone
inline constexpr std::uint8_t foreign = 32;  ///< written by an application
inline constexpr std::uint8_t plain = 64;    ///< without ':'; children of a job are named by their keys
}  // namespace bull_field

/// The bits of one field. Asked for some ten fields of every hash that may be a job: a few ns.
std::uint8_t meaning_of_field(std::string_view field);

}  // namespace headroom::family
