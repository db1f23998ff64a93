#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "wire/link.h"

namespace headroom::source::celery {

/// A string without a TTL.
struct ReadResult {
  std::string_view key{};  ///< of the names that were given
  std::string value{};
  bool too_large = false;                      ///< more than largest_value: not read
  std::optional<std::chrono::seconds> idle{};  ///< before the value was read, which resets it
  Bytes bytes{};                               ///< MEMORY USAGE, or what it was for others of that length
};
/// What an apply will not journal is not worth reading either (UNDO-4).
inline constexpr std::uint64_t largest_value = 8U << 20U;

/// Reads the values of those names that are strings without a TTL, in three round trips: PTTL of all; OBJECT
/// IDLETIME and MEMORY USAGE of those without; then the values by MGET, about a MiB at a time (TYPE where
/// none is read). `with_value` false: no value is read, and no idle time is spoiled. The database is selected
/// already.
Result<std::vector<ReadResult>> read_results(wire::Link& link, std::span<const std::string> names,
                                             bool with_value = true);

/// Reads batch after batch like read_results(), and asks less once it knows what the values are like: as long
/// as the caller says that idle times are of no use, and values are short, it asks PTTL and then, for sizes
/// are not known, GETRANGE: at most 8 MiB for a batch of 512. Longer values are read as above.
class ResultReader {
 public:
  Result<std::vector<ReadResult>> read(wire::Link& link, std::span<const std::string> names);
  /// Of the batch that was read last: whether an idle time was wanted for any.
  void idle_was_wanted(bool wanted) { idle_wanted_ = wanted; }

 private:
  Result<std::vector<ReadResult>> read_short(wire::Link& link, std::span<const std::string> names);
  void learn(std::span<const ReadResult> results);

  bool idle_wanted_ = true;
  bool none_expires_ =
      false;  ///< in the last batch: values are asked for at once, to touch none that expires
  std::uint64_t measured_ = 0, besides_ = 0;  ///< results by MEMORY USAGE; their bytes besides name and value
  std::uint64_t mean_ = 0;                    ///< length of the values of the last batch
};

/// Whether somebody is subscribed to the channel of a name, as AsyncResult.get() is: PUBSUB NUMSUB, one
/// command. Without the right to ask, everybody is taken to be waiting.
Result<std::vector<bool>> awaited(wire::Link& link, std::span<const std::string_view> names);

/// Which of the groups have a key of a chord beside them (.j, .s): EXISTS, one round trip.
Result<std::vector<bool>> in_chord(wire::Link& link, std::span<const std::string_view> groups);

}  // namespace headroom::source::celery
