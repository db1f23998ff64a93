#include <algorithm>
#include <string>

#include "source/bull/leftovers.h"
#include "source/bull/reads.h"

namespace headroom::source::bull {
namespace {

// Looked at from either end; a set of up to twice as many is looked at whole.
constexpr std::int64_t members_looked_at = 20'000;

Result<BullLegacyKey> legacy_key(wire::Link& link, const BullQueue& queue, std::string_view suffix,
                                 std::string_view length_command) {
  BullLegacyKey one;
  one.suffix = suffix;
  const auto key = queue.key(suffix);
  const auto ask_for = [&](Words words) { return link.call({words.begin(), words.size()}); };
  const auto idle = ask_for({"OBJECT", "IDLETIME", key});
  if (!idle) return fail(idle.error());
  if (idle->kind == wire::Reply::Kind::integer) one.idle = std::chrono::seconds(idle->integer);
  const auto type = ask_for({"TYPE", key});
  if (!type) return fail(type.error());
  if (type->text == "none") return one;
  one.type = type->text;
  const auto length = ask_for({length_command, key});
  if (!length) return fail(length.error());
  one.length = static_cast<std::uint64_t>(std::max<std::int64_t>(0, number_in(*length)));
  const auto bytes = ask_for({"MEMORY", "USAGE", key, "SAMPLES", "1000"});
  if (!bytes) return fail(bytes.error());
  one.bytes = Bytes{static_cast<std::uint64_t>(std::max<std::int64_t>(0, number_in(*bytes)))};
  return one;
}

Result<bool> any_listed(wire::Link& link, const std::string& key, const HashSet& listed) {
  for (std::int64_t first = 0; first < members_looked_at;
       first += static_cast<std::int64_t>(members_per_page)) {
    const auto last = first + static_cast<std::int64_t>(members_per_page) - 1;
    const auto front = ask(link, {"ZRANGE", key, std::to_string(first), std::to_string(last)});
    if (!front) return fail(front.error());
    const auto back = ask(link, {"ZREVRANGE", key, std::to_string(first), std::to_string(last)});
    if (!back) return fail(back.error());
    for (const auto* page : {&*front, &*back})
      for (const auto& member : page->items)
        if (listed.has(member.text)) return true;
    if (front->items.size() < members_per_page) return false;
  }
  return false;
}

}  // namespace

Result<std::vector<BullLegacyKey>> legacy_keys(wire::Link& link, const BullQueue& queue,
                                               const HashSet& listed) {
  std::vector<BullLegacyKey> all;
  auto priority = legacy_key(link, queue, "priority", "ZCARD");
  if (!priority) return fail(priority.error());
  if (priority->type == "zset") {
    const auto used = any_listed(link, queue.key("priority"), listed);
    if (!used) return fail(used.error());
    priority->in_use = *used;
    all.push_back(std::move(*priority));
  }
  auto delay = legacy_key(link, queue, "delay", "XLEN");
  if (!delay) return fail(delay.error());
  if (delay->type == "stream") all.push_back(std::move(*delay));
  return all;
}

}  // namespace headroom::source::bull
