#include "facts/server_time.h"

#include <array>
#include <charconv>
#include <string_view>

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

}  // namespace

std::optional<std::chrono::milliseconds> read_time(const wire::Reply& reply) {
  constexpr std::int64_t most_seconds = 200'000'000'000;
  if (reply.items.size() != 2) return std::nullopt;
  const auto seconds = count_in(reply.items[0], most_seconds);
  const auto microseconds = count_in(reply.items[1], 999'999);
  if (seconds < 0 || microseconds < 0) return std::nullopt;
  return std::chrono::milliseconds(seconds * 1000 + microseconds / 1000);
}

Result<std::chrono::milliseconds> server_time(wire::Link& link) {
  const auto reply = link.call(std::array{"TIME"sv});
  if (!reply) return fail(reply.error());
  const auto time = read_time(*reply);
  if (time) return *time;
  return fail({"the server does not tell its time, and only its clock counts", "TIME",
               "allow +time to this user", Exit::unreachable});
}

}  // namespace headroom::facts
