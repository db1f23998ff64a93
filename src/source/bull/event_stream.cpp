#include "source/bull/event_stream.h"

#include <algorithm>
#include <charconv>
#include <string>

#include "source/bull/reads.h"
#include "source/bull/stream_id.h"

namespace headroom::source::bull {
namespace {

// An entry may carry the result of a job: few at a time.
constexpr std::uint64_t entries_per_page = 100;

std::optional<std::uint64_t> whole_number(const wire::Reply& reply) {
  if (reply.kind != wire::Reply::Kind::text) return std::nullopt;
  std::uint64_t value = 0;
  const char* end = reply.text.data() + reply.text.size();
  const auto [stop, error] = std::from_chars(reply.text.data(), end, value);
  return error == std::errc{} && stop == end ? std::optional(value) : std::nullopt;
}

}  // namespace

Result<EventStream> event_stream(wire::Link& link, const BullQueue& queue) {
  const auto key = queue.key("events");
  const auto type = ask(link, {"TYPE", key});
  if (!type) return fail(type.error());
  EventStream stream;
  if (type->text != "stream") return stream;
  const auto length = ask(link, {"XLEN", key});
  if (!length) return fail(length.error());
  stream.entries = static_cast<std::uint64_t>(number_in(*length));
  const auto bytes = ask(link, {"MEMORY", "USAGE", key, "SAMPLES", "1000"});
  if (!bytes) return fail(bytes.error());
  stream.bytes = Bytes{static_cast<std::uint64_t>(std::max<std::int64_t>(0, number_in(*bytes)))};
  const auto meta = queue.key("meta");
  const auto cap = link.call(std::initializer_list<std::string_view>{"HGET", meta, "opts.maxLenEvents"});
  if (!cap) return fail(cap.error());
  stream.cap = whole_number(*cap);
  return stream;
}

Result<std::uint64_t> events_since(wire::Link& link, const BullQueue& queue, std::chrono::milliseconds since,
                                   std::uint64_t most) {
  const auto key = queue.key("events"), count = std::to_string(entries_per_page);
  auto from = std::to_string(std::max<std::int64_t>(0, since.count()));
  std::uint64_t found = 0;
  while (found < most) {
    const auto page = ask(link, {"XRANGE", key, from, "+", "COUNT", count});
    if (!page) return fail(page.error());
    found += page->items.size();
    if (page->items.size() < entries_per_page || page->items.back().items.empty())
      return std::min(found, most);
    from = next_stream_id(page->items.back().items.front().text);
  }
  return most;
}

}  // namespace headroom::source::bull
