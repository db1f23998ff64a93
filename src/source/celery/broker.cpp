#include "source/celery/broker.h"

#include <algorithm>
#include <charconv>
#include <unordered_map>
#include <unordered_set>

#include "source/pipelined.h"

namespace headroom::source::celery {
namespace {

using wire::Reply;

constexpr std::uint64_t most_message_bytes = 64U << 20U;

/// SSCAN, HSCAN and ZSCAN to their end: `take` gets what came, one page at a time, and says whether to go on.
template <class Take>
Result<bool> walk(wire::Link& link, std::string_view command, std::string_view key, Take take) {
  std::string cursor = "0";
  do {
    bool more = false;
    Pipelined questions(link);
    questions.ask({command, key, cursor, "COUNT", "200"}, [&](const Reply& reply) {
      if (reply.items.size() != 2) return;
      more = take(reply.items[1].items);
      cursor = reply.items[0].text;
    });
    if (const auto done = questions.read(); !done) return done;
    if (!more) break;
  } while (cursor != "0");
  return true;
}

Result<bool> read_messages(wire::Link& link, std::string_view hash, ReadUnacked& out) {
  std::unordered_set<std::string> seen;
  return walk(link, "HSCAN", hash, [&](const std::vector<Reply>& items) {
    for (std::size_t i = 0; i + 1 < items.size(); i += 2)
      if (seen.insert(items[i].text).second) out.read.push_back({items[i].text, items[i + 1].text, {}});
    return true;
  });
}

double score_in(const Reply& reply) {
  if (reply.kind == Reply::Kind::real) return reply.real;
  double score = 0;
  std::from_chars(reply.text.data(), reply.text.data() + reply.text.size(), score);
  return score;
}

Result<bool> read_index(wire::Link& link, std::string_view index, ReadUnacked& out) {
  std::unordered_map<std::string_view, ReadMessage*> messages;
  for (auto& message : out.read) messages.emplace(message.tag, &message);
  return walk(link, "ZSCAN", index, [&](const std::vector<Reply>& items) {
    for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
      const auto found = messages.find(items[i].text);
      if (found != messages.end())
        found->second->fetched = score_in(items[i + 1]);
      else
        out.index_only.push_back(items[i].text);
    }
    return out.index_only.size() < most_members;
  });
}

Result<bool> drop_those_with_message(wire::Link& link, std::string_view hash,
                                     std::vector<std::string>& tags) {
  constexpr std::size_t at_a_time = 500;
  std::vector<std::string> alone;
  for (std::size_t begin = 0; begin < tags.size(); begin += at_a_time) {
    Pipelined questions(link);
    for (std::size_t i = begin; i < std::min(begin + at_a_time, tags.size()); ++i)
      questions.ask({"HEXISTS", hash, tags[i]}, [&alone, &tag = tags[i]](const Reply& reply) {
        if (reply.kind == Reply::Kind::integer && reply.integer == 0) alone.push_back(tag);
      });
    if (const auto done = questions.read(); !done) return done;
  }
  std::sort(alone.begin(), alone.end());
  alone.erase(std::unique(alone.begin(), alone.end()), alone.end());
  tags = std::move(alone);
  return true;
}

/// The value of a field of a line of CLIENT LIST: "psub=1".
std::string_view field(std::string_view line, std::string_view name) {
  for (std::size_t at = 0; at < line.size();) {
    const auto end = std::min(line.find(' ', at), line.size());
    const auto word = line.substr(at, end - at);
    if (word.size() > name.size() && word.starts_with(name) && word[name.size()] == '=')
      return word.substr(name.size() + 1);
    at = end + 1;
  }
  return {};
}

void look_at_client(std::string_view line, std::string_view db, ReadClients& clients) {
  if (field(line, "db") != db) return;
  const auto command = field(line, "cmd"), patterns = field(line, "psub");
  if (!patterns.empty() && patterns != "0") ++clients.patterns;
  if (command == "brpop" || command == "blpop" || command == "rpop" || command == "lpop") ++clients.poppers;
}

}  // namespace

Result<ReadSet> read_set(wire::Link& link, std::string_view key) {
  ReadSet set;
  Pipelined questions(link);
  questions.ask({"OBJECT", "IDLETIME", key}, [&](const Reply& reply) { set.idle = idle_in(reply); });
  if (const auto done = questions.read(); !done) return fail(done.error());
  std::unordered_set<std::string> seen;
  const auto done = walk(link, "SSCAN", key, [&](const std::vector<Reply>& items) {
    for (const auto& item : items) seen.insert(item.text);
    return set.whole = seen.size() <= most_members;
  });
  if (!done) return fail(done.error());
  set.members.assign(seen.begin(), seen.end());
  std::sort(set.members.begin(), set.members.end());
  return set;
}

Result<std::vector<ReadList>> read_lists(wire::Link& link, std::span<const std::string> names) {
  std::vector<ReadList> lists(names.size());
  Pipelined questions(link);
  for (std::size_t i = 0; i < names.size(); ++i) {
    auto& list = lists[i];
    list.key = names[i];
    questions.ask({"TYPE", names[i]}, [&list](const Reply& reply) {
      if (reply.text != "list") list.key = {};
    });
    questions.ask({"PTTL", names[i]}, [&list](const Reply& reply) {
      if (reply.integer != -1) list.key = {};
    });
    questions.ask({"OBJECT", "IDLETIME", names[i]},
                  [&list](const Reply& reply) { list.idle = idle_in(reply); });
    questions.ask({"MEMORY", "USAGE", names[i]},
                  [&list](const Reply& reply) { list.bytes = {count_in(reply)}; });
  }
  if (const auto done = questions.read(); !done) return fail(done.error());
  std::erase_if(lists, [](const ReadList& list) { return list.key.empty(); });
  return lists;
}

Result<ReadUnacked> read_unacked(wire::Link& link, std::string_view hash, std::string_view index,
                                 UnackedLook look) {
  ReadUnacked out;
  Pipelined questions(link);
  questions.ask({"HLEN", hash}, [&](const Reply& reply) { out.messages = count_in(reply); });
  questions.ask({"ZCARD", index}, [&](const Reply& reply) { out.indexed = count_in(reply); });
  questions.ask({"MEMORY", "USAGE", hash, "SAMPLES", "1000"},
                [&](const Reply& reply) { out.bytes = {count_in(reply)}; });
  if (const auto done = questions.read(); !done) return fail(done.error());
  out.whole = out.messages <= most_members && out.bytes.count <= most_message_bytes;
  if (look == UnackedLook::counts) return out;
  if (look == UnackedLook::messages && out.whole)
    if (const auto done = read_messages(link, hash, out); !done) return fail(done.error());
  if (const auto done = read_index(link, index, out); !done) return fail(done.error());
  if (const auto done = drop_those_with_message(link, hash, out.index_only); !done) return fail(done.error());
  return out;
}

Result<ReadClients> read_clients(wire::Link& link, std::uint32_t db) {
  ReadClients clients;
  const auto number = std::to_string(db);
  Pipelined questions(link);
  questions.ask({"CLIENT", "LIST"}, [&](const Reply& reply) {
    clients.known = reply.kind == Reply::Kind::text;
    const std::string_view text = reply.text;
    for (std::size_t at = 0; at < text.size();) {
      const auto end = std::min(text.find('\n', at), text.size());
      look_at_client(text.substr(at, end - at), number, clients);
      at = end + 1;
    }
  });
  if (const auto done = questions.read(); !done) return fail(done.error());
  return clients;
}

}  // namespace headroom::source::celery
