#include "source/bull/queue_look.h"

#include <string>
#include <string_view>
#include <utility>

#include "source/bull/reads.h"
#include "source/bull/stream_id.h"

namespace headroom::source::bull {
namespace {

using wire::Reply;

constexpr std::string_view entries_per_page = "500";

const Reply* field_of(const Reply& pairs, std::string_view name) {
  for (std::size_t i = 0; i + 1 < pairs.items.size(); i += 2)
    if (pairs.items[i].text == name) return &pairs.items[i + 1];
  return nullptr;
}

/// An entry is [id, [field, value, ...]].
void read_entry(const Reply& entry, BullNews& news, HashSet& ids) {
  if (entry.items.size() != 2) return;
  const auto* event = field_of(entry.items[1], "event");
  if (event != nullptr && (event->text == "paused" || event->text == "resumed")) news.paused = true;
  // "prev" of a `deduplicated` or `debounced` event and the like name others: all ids that there are.
  for (const std::string_view name : {"jobId", "deduplicatedJobId", "debouncedJobId"})
    if (const auto* id = field_of(entry.items[1], name)) ids.add(id->text);
}

/// How many entries there are up to `last`; those behind it are read too.
Result<std::uint64_t> read_entries(wire::Link& link, const std::string& key, std::string from,
                                   std::string_view last, BullNews& news, HashSet& ids) {
  std::uint64_t count = 0;
  for (;;) {
    const auto page = ask(link, {"XRANGE", key, from, "+", "COUNT", entries_per_page});
    if (!page) return fail(page.error());
    for (const auto& entry : page->items) {
      read_entry(entry, news, ids);
      if (!entry.items.empty() && !stream_id_less(last, entry.items[0].text)) ++count;
    }
    if (page->items.empty() || page->items.back().items.empty()) return count;
    from = next_stream_id(page->items.back().items.front().text);
  }
}

/// Before 7.0 the server does not count what was added: then an entry from before the look must still be
/// there, now that all behind it are read.
Result<bool> old_entry_there(wire::Link& link, const std::string& key, const BullLook& look) {
  const auto oldest = ask(link, {"XRANGE", key, "-", "+", "COUNT", "1"});
  if (!oldest) return fail(oldest.error());
  return !oldest->items.empty() && !oldest->items[0].items.empty() &&
         !stream_id_less(look.last_event, oldest->items[0].items[0].text);
}

}  // namespace

Result<BullLook> look_at(wire::Link& link, const BullQueue& queue) {
  BullLook look;
  const auto meta = queue.key("meta"), events = queue.key("events");
  const auto version = link.call(std::initializer_list<std::string_view>{"HGET", meta, "version"});
  if (!version) return fail(version.error());
  if (version->kind == Reply::Kind::text) look.version = version->text;
  for (const auto& [list, length] :
       {std::pair{"wait", &look.waiting}, {"paused", &look.paused}, {"active", &look.active}}) {
    const auto reply = link.call(std::initializer_list<std::string_view>{"LLEN", queue.key(list)});
    if (!reply) return fail(reply.error());
    *length = static_cast<std::uint64_t>(number_in(*reply));
  }
  const auto stream = link.call(std::initializer_list<std::string_view>{"XINFO", "STREAM", events});
  if (!stream) return fail(stream.error());
  if (stream->is_error()) return look;  // no such key, or no stream
  if (const auto* last = field_of(*stream, "last-generated-id")) look.last_event = last->text;
  if (const auto* added = field_of(*stream, "entries-added"))
    look.events_added = static_cast<std::uint64_t>(number_in(*added));
  look.has_events = !look.last_event.empty();
  return look;
}

Result<BullNews> news_since(wire::Link& link, const BullQueue& queue, const BullLook& look, HashSet& ids) {
  BullNews news;
  if (!look.has_events) return news;
  const auto key = queue.key("events");
  const auto stream = link.call(std::initializer_list<std::string_view>{"XINFO", "STREAM", key});
  if (!stream) return fail(stream.error());
  if (stream->is_error()) return news;
  const auto* last = field_of(*stream, "last-generated-id");
  const auto* added = field_of(*stream, "entries-added");
  if (last == nullptr) return news;
  const auto read = read_entries(link, key, next_stream_id(look.last_event), last->text, news, ids);
  if (!read) return fail(read.error());
  ids.seal();
  if (added != nullptr) {
    news.covered = static_cast<std::uint64_t>(number_in(*added)) - look.events_added == *read;
    return news;
  }
  const auto there = old_entry_there(link, key, look);
  if (!there) return fail(there.error());
  news.covered = *there;
  return news;
}

}  // namespace headroom::source::bull
