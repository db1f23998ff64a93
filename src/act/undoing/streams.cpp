#include "act/undoing/streams.h"

#include <fmt/format.h>

#include <algorithm>

#include "act/quarantine.h"
#include "act/undoing/stream_groups.h"
#include "base/text.h"

namespace headroom::act {
namespace {

constexpr std::string_view life_of_half_made = "86400000";  // ms
constexpr int most_tries = 20;
/// As of what apply journals (UNDO-4).
constexpr std::int64_t largest_dump = 8 << 20;

/// What XINFO STREAM says under `name`; null: nothing.
const wire::Reply* field(const wire::Reply& info, std::string_view name) {
  for (std::size_t i = 0; i + 1 < info.items.size(); i += 2)
    if (info.items[i].text == name) return &info.items[i + 1];
  return nullptr;
}

}  // namespace

void StreamsBack::leave(Stream& stream, StepOutcome outcome, std::string why) {
  if (stream.outcome != StepOutcome::removed) return;
  stream.outcome = outcome;
  stream.why = std::move(why);
}

/// An error of the server is about this stream; some end the run as well.
std::optional<wire::Reply> StreamsBack::ask(Stream& stream, const std::vector<std::string_view>& words) {
  auto reply = lane_.ask(words);
  if (!reply) leave(stream, StepOutcome::pending, "");
  if (!reply || !reply->is_error()) return reply;
  leave(stream, StepOutcome::failed, fmt::format("{}: {}", words[0], printable(reply->text)));
  if (reply->error_prefix() != "ERR" && ends_run(reply->text)) lane_.stop(stream.why);
  return std::nullopt;
}

void StreamsBack::add(const JournalStep& step, const Before& before, bool unsure) {
  const auto& key = step.keys[before.key];
  auto [found, is_new] = streams_.try_emplace({step.db, key});
  auto& stream = found->second;
  stream.steps.push_back({step.number, step.rule, step.bytes});
  stream.unsure = stream.unsure || unsure;
  if (!lane_.use(step.db)) return leave(stream, StepOutcome::pending, "");
  if (is_new) begin(key, stream);
  if (stream.outcome != StepOutcome::removed) return;
  if (append(stream, before.entries)) stream.from_journal += before.entries.size();
}

void StreamsBack::begin(const std::string& key, Stream& stream) {
  const auto type = ask(stream, {"TYPE", key});
  if (!type) return;
  if (type->text == "none") return leave(stream, StepOutcome::gone, "the stream itself is gone");
  if (type->text != "stream") return leave(stream, StepOutcome::changed, "the key is no stream any more");
  const auto groups = ask(stream, {"XINFO", "GROUPS", key});
  if (!groups) return;
  if (!groups->items.empty() && !can_be_dumped(key, stream)) return;
  stream.beside = quarantine_name(run_ + "-undo", key);
  if (stream.beside.empty())
    return leave(stream, StepOutcome::failed,
                 "no name in the same slot of a cluster can be made from its name");
  ask(stream, {"UNLINK", stream.beside});  // of an undo that was stopped
}

/// Groups move with the stream as a whole, in one turn of the server. False: not this one; that is said.
bool StreamsBack::can_be_dumped(const std::string& key, Stream& stream) {
  const auto bytes = ask(stream, {"MEMORY", "USAGE", key});
  if (!bytes) return false;
  if (bytes->integer <= largest_dump) return true;
  leave(stream, StepOutcome::failed,
        "the stream has consumer groups, which move with all of it or not at all, and is larger than 8 MiB: "
        "that "
        "would stop the server");
  return false;
}

/// In pages of what the pace allows.
bool StreamsBack::append(Stream& stream, const Entries& entries) {
  for (std::size_t at = 0; at < entries.size();) {
    if (!lane_.permit()) return leave(stream, StepOutcome::pending, ""), false;
    const auto end = std::min(entries.size(), at + std::max<std::size_t>(1, lane_.most_units()));
    for (auto i = at; i < end; ++i) {
      const auto& [id, fields] = entries[i];
      std::vector<std::string_view> words{"XADD", stream.beside, id};
      words.insert(words.end(), fields.begin(), fields.end());
      lane_.link().queue(words);
    }
    if (stream.last.empty())
      lane_.link().queue(std::vector<std::string_view>{"PEXPIRE", stream.beside, life_of_half_made});
    const auto replies = lane_.exchange(end - at);
    if (!replies) return leave(stream, StepOutcome::pending, ""), false;
    for (const auto& reply : *replies) {
      if (!reply.is_error()) continue;
      leave(stream, StepOutcome::failed, fmt::format("XADD: {}", printable(reply.text)));
      if (reply.error_prefix() == "OOM")
        lane_.stop("the server is at maxmemory and takes nothing that needs memory");
      return false;
    }
    stream.last = entries[end - 1].first;
    at = end;
  }
  return true;
}

/// The entries behind the last that was copied, until there are no more.
void StreamsBack::copy_present(const std::string& key, Stream& stream) {
  while (stream.outcome == StepOutcome::removed) {
    if (!lane_.permit()) return leave(stream, StepOutcome::pending, "");
    const auto from = "(" + stream.last, count = std::to_string(std::max<std::size_t>(1, lane_.most_units()));
    auto page = ask(stream, {"XRANGE", key, from, "+", "COUNT", count});
    if (!page || page->items.empty()) return;
    Entries entries;
    for (auto& item : page->items) {
      auto& entry = entries.emplace_back(std::move(item.items.at(0).text), std::vector<std::string>{});
      for (auto& text : item.items.at(1).items) entry.second.push_back(std::move(text.text));
    }
    if (append(stream, entries)) stream.from_server += entries.size();
  }
}

/// The command that gives it and its argument, which is empty when there is none. Before 7.0 the server tells
/// only the rest.
std::optional<StreamsBack::Deadline> StreamsBack::deadline_of(const std::string& key, Stream& stream) {
  const auto text = [](std::int64_t number) { return number < 0 ? std::string() : std::to_string(number); };
  const auto exact = lane_.ask({"PEXPIRETIME", key});
  if (exact && !exact->is_error()) return std::pair{"PEXPIREAT", text(exact->integer)};
  const auto rest = ask(stream, {"PTTL", key});
  if (!rest) return std::nullopt;
  return std::pair{"PEXPIRE", text(rest->integer == 0 ? 1 : rest->integer)};  // RESTORE takes 0 for none
}

/// True: nothing more is to be done, well or badly. False: somebody changed the stream meanwhile.
bool StreamsBack::take_place(const std::string& key, Stream& stream) {
  if (!ask(stream, {"WATCH", key})) return true;
  const auto info = ask(stream, {"XINFO", "STREAM", key});
  if (!info) return true;
  const auto *length = field(*info, "length"), *last = field(*info, "last-generated-id"),
             *added = field(*info, "entries-added"), *deleted = field(*info, "max-deleted-entry-id"),
             *groups = field(*info, "groups");
  if (length == nullptr || last == nullptr)
    return leave(stream, StepOutcome::failed, "the server does not say what is in the stream"), true;
  const auto before = stream.from_server;
  copy_present(key, stream);
  if (stream.outcome != StepOutcome::removed) return true;
  if (stream.from_server != before) return false;  // it grew: look again
  if (!stream.unsure && std::cmp_not_equal(length->integer, stream.from_server))
    return leave(stream, StepOutcome::changed, "the stream is being trimmed by somebody else"), true;
  const auto expires = deadline_of(key, stream);
  if (!expires) return true;
  const auto count = added != nullptr ? std::to_string(added->integer) : "";
  std::vector<std::string_view> set_id{"XSETID", stream.beside, last->text};
  if (added != nullptr && deleted != nullptr) {
    for (const std::string_view word : {std::string_view("ENTRIESADDED"), std::string_view(count),
                                        std::string_view("MAXDELETEDID"), std::string_view(deleted->text)})
      set_id.push_back(word);
  }
  if (!ask(stream, set_id)) return true;
  return groups != nullptr && groups->integer > 0 ? move_with_groups(key, stream, *expires)
                                                  : move(key, stream, *expires);
}

bool StreamsBack::move(const std::string& key, Stream& stream, const Deadline& expires) {
  if (!ask(stream, {"MULTI"})) return true;
  if (!expires.second.empty())
    ask(stream, {expires.first, stream.beside, expires.second});
  else
    ask(stream, {"PERSIST", stream.beside});
  ask(stream, {"RENAME", stream.beside, key});
  return executed(stream);
}

/// Consumers who wait find their group there when the transaction has ended.
bool StreamsBack::move_with_groups(const std::string& key, Stream& stream, const Deadline& expires) {
  if (!can_be_dumped(key, stream) || !can_be_dumped(stream.beside, stream)) return true;
  const auto entries = ask(stream, {"DUMP", stream.beside}), groups = ask(stream, {"DUMP", key});
  if (!entries || !groups) return true;
  const auto whole = with_groups_of(entries->text, groups->text);
  if (!whole)
    return leave(stream, StepOutcome::failed,
                 "the stream has consumer groups, and this server writes them in a form that is not known"),
           true;
  if (!ask(stream, {"MULTI"})) return true;
  std::vector<std::string_view> restore{"RESTORE", key, "0", *whole, "REPLACE"};
  if (!expires.second.empty()) restore[2] = expires.second;
  if (!expires.second.empty() && expires.first == "PEXPIREAT") restore.emplace_back("ABSTTL");
  ask(stream, restore);
  ask(stream, {"UNLINK", stream.beside});
  return executed(stream);
}

/// False: aborted, as somebody changed the stream.
bool StreamsBack::executed(Stream& stream) {
  const auto done = ask(stream, {"EXEC"});
  if (!done || done->kind != wire::Reply::Kind::array) return !done;
  for (const auto& reply : done->items)
    if (reply.is_error()) leave(stream, StepOutcome::failed, printable(reply.text));
  return true;
}

/// Without the mark, a second undo would take a stream that is whole again for one that somebody trims.
void StreamsBack::mark(JournalWriter& journal) {
  for (const auto& [place, stream] : streams_)
    for (const auto& step : stream.steps) journal.add(JournalOutcome{step.number, StepOutcome::pending});
  if (auto synced = journal.sync(); !synced)
    lane_.stop(fmt::format("the journal of the undo cannot be written: {}", synced.error().what));
}

void StreamsBack::finish(UndoTally& tally, JournalWriter& journal) {
  if (!streams_.empty()) mark(journal);
  for (auto& [place, stream] : streams_) {
    const auto& [db, key] = place;
    if (!lane_.use(db)) leave(stream, StepOutcome::pending, "");
    if (stream.last.empty()) leave(stream, StepOutcome::changed, "nothing was trimmed");
    copy_present(key, stream);
    int tries = 0;
    while (stream.outcome == StepOutcome::removed && !take_place(key, stream))
      if (++tries == most_tries) leave(stream, StepOutcome::changed, "the stream does not rest long enough");
    lane_.ask({"UNWATCH"});
    if (stream.outcome != StepOutcome::removed && !stream.beside.empty())
      lane_.ask({"UNLINK", stream.beside});
    for (const auto& step : stream.steps) {
      tally.ended(step.rule, stream.outcome, 1, step.bytes, stream.why, key);
      journal.add(JournalOutcome{step.number, stream.outcome});
    }
  }
  streams_.clear();
}

}  // namespace headroom::act
