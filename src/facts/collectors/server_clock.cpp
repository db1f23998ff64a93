#include <array>
#include <charconv>

#include "facts/collector.h"

namespace headroom::facts {
namespace {

using namespace std::string_view_literals;

/// A part of TIME's answer. Five thousand years of microseconds fit; what does not is nonsense.
std::int64_t count_in(const wire::Reply& reply, std::int64_t most) {
  std::int64_t value = 0;
  const char* end = reply.text.data() + reply.text.size();
  const auto [stop, error] = std::from_chars(reply.text.data(), end, value);
  return error == std::errc{} && stop == end && value >= 0 && value <= most ? value : -1;
}

Result<bool> collect(wire::Link& link, ServerFacts& facts) {
  constexpr Loss loss{"TIME",
                      "ages of jobs and results cannot be told, since only the server's clock counts"};
  constexpr std::int64_t most_seconds = 200'000'000'000;
  auto reply = call_if_allowed(link, facts, std::array{"TIME"sv}, loss);
  if (!reply) return fail(reply.error());
  if (!*reply || (*reply)->items.size() != 2) return true;
  const auto seconds = count_in((*reply)->items[0], most_seconds);
  const auto microseconds = count_in((*reply)->items[1], 999'999);
  if (seconds >= 0 && microseconds >= 0)
    facts.server_time = std::chrono::milliseconds(seconds * 1000 + microseconds / 1000);
  return true;
}

}  // namespace

Collector server_clock() { return {collect}; }

}  // namespace headroom::facts
