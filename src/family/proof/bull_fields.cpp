#include "family/proof/bull_fields.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>

namespace headroom::family {
namespace {

/// A text of 2 to 16 bytes as two words that overlap where it is shorter than both: equal for equal texts of
/// one length, and for no others. To compare words is to compare texts, without a call.
struct Words {
  std::uint64_t front = 0, back = 0;
  friend constexpr bool operator==(const Words&, const Words&) = default;
};

template <class Number>
constexpr std::uint64_t number_at(std::string_view text, std::size_t at) {
  std::array<char, sizeof(Number)> bytes{};
  std::copy_n(text.begin() + static_cast<std::ptrdiff_t>(at), sizeof(Number), bytes.begin());
  return std::bit_cast<Number>(bytes);
}
template <class Number>
constexpr Words overlapping(std::string_view text) {
  return {number_at<Number>(text, 0), number_at<Number>(text, text.size() - sizeof(Number))};
}
constexpr Words words_of(std::string_view text) {
  return text.size() >= 8   ? overlapping<std::uint64_t>(text)
         : text.size() >= 4 ? overlapping<std::uint32_t>(text)
                            : overlapping<std::uint16_t>(text);
}

struct Known {
  std::string_view name{};
  std::uint8_t bits = 0;
  Words words = words_of(name);
};
// In order of length, so that a field is compared with the few that are as long.
constexpr std::array<Known, 16> known{{{"pb", bull_field::of_runs},
                                       {"ats", bull_field::of_runs},
                                       {"atm", bull_field::of_runs},
                                       {"stc", bull_field::of_runs},
                                       {"name", bull_field::name},
                                       {"data", bull_field::data},
                                       {"opts", bull_field::opts},
                                       {"defa", bull_field::of_runs},
                                       {"timestamp", bull_field::timestamp},
                                       {"finishedOn", bull_field::of_runs},
                                       {"stacktrace", bull_field::of_runs},
                                       {"processedOn", bull_field::of_runs},
                                       {"returnvalue", bull_field::of_runs},
                                       {"failedReason", bull_field::of_runs},
                                       {"attemptsMade", bull_field::of_runs},
                                       {"stalledCounter", bull_field::of_runs}}};
constexpr std::size_t shortest = known.front().name.size(), longest = known.back().name.size();
static_assert(shortest >= 2 && longest <= 16);

/// Where the fields of a length begin in `known`.
constexpr auto begins = [] {
  std::array<std::uint8_t, longest + 2> first{};
  for (std::size_t length = 0; length < first.size(); ++length)
    while (first[length] < known.size() && known[first[length]].name.size() < length) ++first[length];
  return first;
}();
static_assert(std::is_sorted(known.begin(), known.end(),
                             [](const Known& a, const Known& b) { return a.name.size() < b.name.size(); }));

}  // namespace

std::uint8_t meaning_of_field(std::string_view field) {
  using namespace bull_field;
  if (field.size() >= shortest && field.size() <= longest) {
    const Words words = words_of(field);
    for (std::size_t i = begins[field.size()]; i < begins[field.size() + 1]; ++i)
      if (known[i].words == words) return static_cast<std::uint8_t>(known[i].bits | plain);
  }
  return field.find(':') == std::string_view::npos ? foreign | plain : foreign;
}

}  // namespace headroom::family
