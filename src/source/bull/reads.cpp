#include "source/bull/reads.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace headroom::source::bull {

using wire::Reply;

namespace {

// Refused whatever the key: no use in asking on. Anything else (WRONGTYPE, OOM) is about one key or one
// moment.
bool refused_as_a_whole(const Reply& reply) {
  return reply.is_error() && (reply.error_prefix() == "NOPERM" || reply.error_prefix() == "NOAUTH" ||
                              reply.text.starts_with("ERR unknown"));
}

}  // namespace

Error refusal(const Reply& reply) {
  return {"the server refused to let a queue be read: " + printable(reply.text), "planning",
          "allow the user the commands that only read (headroom doctor names them)", Exit::unreachable};
}

Result<bool> ask_each(wire::Link& link, std::size_t count, std::size_t per_thing,
                      const std::function<void(std::size_t)>& add, const OnReply& take) {
  const std::size_t things_per_turn =
      std::max<std::size_t>(1, commands_per_turn / std::max<std::size_t>(per_thing, 1));
  std::size_t number = 0;
  for (std::size_t first = 0; first < count; first += things_per_turn) {
    for (std::size_t i = first; i < std::min(count, first + things_per_turn); ++i) add(i);
    while (link.pending() > 0) {
      const auto reply = link.read();
      if (!reply) return fail(reply.error());
      if (refused_as_a_whole(reply->get())) return fail(refusal(reply->get()));
      take(number++, reply->get());
    }
  }
  return true;
}

Result<Reply> ask(wire::Link& link, Words words) {
  auto reply = link.call({words.begin(), words.size()});
  if (!reply) return fail(reply.error());
  if (reply->is_error()) return fail(refusal(*reply));
  return reply;
}

std::int64_t number_in(const Reply& reply) {
  if (reply.kind == Reply::Kind::integer) return reply.integer;
  std::int64_t value = 0;
  std::from_chars(reply.text.data(), reply.text.data() + reply.text.size(), value);
  return value;
}

double score_in(const Reply& reply) {
  if (reply.kind == Reply::Kind::real) return reply.real;
  if (reply.kind == Reply::Kind::integer) return static_cast<double>(reply.integer);
  double value = 0;
  std::from_chars(reply.text.data(), reply.text.data() + reply.text.size(), value);
  return value;
}

std::vector<std::pair<std::string, double>> scored_members(const Reply& reply) {
  std::vector<std::pair<std::string, double>> members;
  const bool nested = !reply.items.empty() && reply.items.front().kind == Reply::Kind::array;
  if (nested) {
    for (const auto& pair : reply.items)
      if (pair.items.size() == 2) members.emplace_back(pair.items[0].text, score_in(pair.items[1]));
    return members;
  }
  for (std::size_t i = 0; i + 1 < reply.items.size(); i += 2)
    members.emplace_back(reply.items[i].text, score_in(reply.items[i + 1]));
  return members;
}

}  // namespace headroom::source::bull
