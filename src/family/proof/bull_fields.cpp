#include "family/proof/bull_fields.h"

#include <algorithm>
#include <array>

namespace headroom::family {
namespace {

struct Known {
  std::string_view name{};
  std::uint8_t bits = 0;
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
constexpr std::size_t longest = known.back().name.size();

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
  if (field.size() <= longest)
    for (std::size_t i = begins[field.size()]; i < begins[field.size() + 1]; ++i)
      if (known[i].name == field) return static_cast<std::uint8_t>(known[i].bits | plain);
  return field.find(':') == std::string_view::npos ? foreign | plain : foreign;
}

}  // namespace headroom::family
