#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <string_view>

#include "model/key_record.h"
#include "wire/link.h"

namespace headroom::source {

/// One look-up about one key.
enum class Detail : std::uint8_t { type, ttl, bytes, encoding, idle, freq };
inline constexpr std::array all_details{Detail::type,     Detail::ttl,  Detail::bytes,
                                        Detail::encoding, Detail::idle, Detail::freq};
using DetailSet = std::bitset<all_details.size()>;

/// What the replies about one key have said so far.
struct Found {
  KeyRecord record{};
  bool gone = false;        ///< some reply says that there is no such key
  std::size_t learned = 0;  ///< replies that were no error
};

/// Knows the commands that look at a key without touching it, and learns which of them this server refuses.
class Details {
 public:
  /// `lfu`: the server counts uses (OBJECT FREQ) instead of idle time.
  explicit Details(bool lfu);

  /// What to ask about a key, the refused commands left out. May be empty.
  DetailSet wanted(Look look) const;
  static std::size_t commands(DetailSet set) { return set.count(); }
  static bool weighs(DetailSet set) { return set.test(static_cast<std::size_t>(Detail::bytes)); }

  /// Queues the commands of `set`, in the order of all_details.
  static void ask(wire::Link& link, std::string_view key, DetailSet set);
  /// Adds what one reply says. A reply of a kind that makes no sense leaves its field unknown.
  void learn(Detail detail, const wire::Reply& reply, Found& found);

 private:
  DetailSet askable_;
};

/// Call when all replies about a key are in: decides whether its size may be an extrapolation (see
/// live_scan.h).
void mark_if_sampled(KeyRecord& record);

}  // namespace headroom::source
