#include "source/bull/stream_id.h"

#include <charconv>
#include <cstdint>
#include <utility>

namespace headroom::source::bull {
namespace {

std::pair<std::uint64_t, std::uint64_t> parts(std::string_view id) {
  std::pair<std::uint64_t, std::uint64_t> both;
  const auto dash = std::min(id.find('-'), id.size());
  std::from_chars(id.data(), id.data() + dash, both.first);
  if (dash < id.size()) std::from_chars(id.data() + dash + 1, id.data() + id.size(), both.second);
  return both;
}

}  // namespace

std::string next_stream_id(std::string_view id) {
  const auto [time, sequence] = parts(id);
  return sequence == UINT64_MAX ? std::to_string(time + 1) + "-0"
                                : std::to_string(time) + "-" + std::to_string(sequence + 1);
}

bool stream_id_less(std::string_view left, std::string_view right) { return parts(left) < parts(right); }

}  // namespace headroom::source::bull
