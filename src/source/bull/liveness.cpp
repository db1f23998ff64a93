#include "source/bull/liveness.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "source/bull/reads.h"

namespace headroom::source::bull {
namespace {

using wire::Reply;

bool names(std::string_view client, const std::string& queue) {
  if (!client.starts_with(queue)) return false;
  const auto rest = client.substr(queue.size());
  return rest.empty() || rest.starts_with(":w:") || rest == ":qe" || rest == ":qs";
}

Result<Reply> call(wire::Link& link, Words words) {
  auto reply = link.call({words.begin(), words.size()});
  if (!reply) return fail(reply.error());
  return reply;
}

Bytes bytes_in(const Reply& reply) {
  return {static_cast<std::uint64_t>(std::max<std::int64_t>(0, number_in(reply)))};
}

bool holds_work(std::string_view suffix) {
  return std::find(std::begin(bull_work_parts), std::end(bull_work_parts), suffix) !=
         std::end(bull_work_parts);
}

/// What is there, without touching it.
Result<bool> read_parts(wire::Link& link, const BullQueue& queue, BullLiveness& found) {
  return ask_each(
      link, bull_queue_parts.size(), 1,
      [&](std::size_t i) {
        link.queue(std::initializer_list<std::string_view>{
            "MEMORY", "USAGE", queue.key(bull_queue_parts[i].suffix), "SAMPLES", "1000"});
      },
      [&](std::size_t i, const Reply& reply) {
        const auto suffix = bull_queue_parts[i].suffix;
        if (reply.kind != Reply::Kind::integer) return;
        if (suffix == "stalled-check") found.heartbeat = true;
        if (holds_work(suffix))
          found.work = true;
        else
          found.parts.push_back({std::string(suffix), bytes_in(reply)});
      });
}

Result<bool> read_idle(wire::Link& link, const BullQueue& queue, BullLiveness& found) {
  for (const auto part : {"id", "meta"}) {
    const auto idle = call(link, {"OBJECT", "IDLETIME", queue.key(part)});
    if (!idle) return fail(idle.error());
    if (idle->kind != Reply::Kind::integer) continue;
    const std::chrono::seconds seconds(idle->integer);
    found.idle = found.idle ? std::min(*found.idle, seconds) : seconds;
  }
  return true;
}

Result<bool> read_metrics(wire::Link& link, const BullQueue& queue, BullLiveness& found) {
  for (const auto state : {"completed", "failed"}) {
    const auto name = "metrics:" + std::string(state);
    const auto previous = call(link, {"HGET", queue.key(name), "prevTS"});
    if (!previous) return fail(previous.error());
    if (previous->kind != Reply::Kind::text) continue;
    BullMetrics metrics{state, previous->text, false, {}};
    for (const auto& part : found.parts) {
      if (part.suffix != name && part.suffix != name + ":data") continue;
      metrics.bytes += part.bytes;
      metrics.data = metrics.data || part.suffix != name;
    }
    found.metrics.push_back(std::move(metrics));
  }
  return true;
}

/// Last, as it marks the keys as used.
Result<bool> read_values(wire::Link& link, const BullQueue& queue, BullLiveness& found) {
  const auto counter = call(link, {"GET", queue.key("id")});
  if (!counter) return fail(counter.error());
  if (counter->kind == Reply::Kind::text) found.counter = counter->text;
  const auto meta = call(link, {"HKEYS", queue.key("meta")});
  if (!meta) return fail(meta.error());
  for (const auto& field : meta->items)
    if (field.text != "version" && field.text != "opts.maxLenEvents") found.settings = true;
  const auto newest = call(link, {"XINFO", "STREAM", queue.key("events")});
  if (!newest) return fail(newest.error());
  for (std::size_t i = 0; i + 1 < newest->items.size(); i += 2)
    if (newest->items[i].text == "last-generated-id")
      found.last_event = std::chrono::milliseconds(number_in(newest->items[i + 1]));
  return true;
}

}  // namespace

Result<std::string> client_list(wire::Link& link) {
  const auto list = call(link, {"CLIENT", "LIST"});
  if (!list) return fail(list.error());
  return list->is_error() ? "" : list->text;
}

bool has_client(std::string_view clients, std::string_view root) {
  std::vector<std::string> queues;
  for (auto colon = root.find(':'); colon != std::string_view::npos; colon = root.find(':', colon + 1))
    queues.push_back(std::string(root.substr(0, colon)) + ":" + base64(root.substr(colon + 1)));
  constexpr std::string_view field = " name=";
  for (auto at = clients.find(field); at != std::string_view::npos; at = clients.find(field, at + 1)) {
    const auto begin = at + field.size();
    const auto name = clients.substr(begin, clients.find_first_of(" \n", begin) - begin);
    if (std::any_of(queues.begin(), queues.end(), [&](const auto& queue) { return names(name, queue); }))
      return true;
  }
  return false;
}

Result<BullLiveness> liveness(wire::Link& link, const BullQueue& queue, std::string_view clients) {
  BullLiveness found;
  found.clients_known = !clients.empty();
  found.clients = has_client(clients, queue.root);
  for (const auto step : {&read_parts, &read_idle, &read_metrics, &read_values})
    if (const auto done = step(link, queue, found); !done) return fail(done.error());
  return found;
}

}  // namespace headroom::source::bull
