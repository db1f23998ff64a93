#include "family/questions.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace headroom::family {
namespace {

using std::chrono::milliseconds;
constexpr std::string_view queue_mark = "{queue}";
constexpr std::string_view root_mark = "{root}";

bool is_of_queue(const QueueFact& fact) { return fact.key.find(queue_mark) != std::string_view::npos; }

/// The rows that describe this queue: those that name {queue} if it is one of several in a root, else the
/// others.
std::vector<const QueueFact*> rows_of(const Root& queue) {
  std::vector<const QueueFact*> rows;
  for (const QueueFact& fact : queue.family->queue_facts)
    if (fact.part != QueuePart::counted && is_of_queue(fact) != queue.queue.empty()) rows.push_back(&fact);
  return rows;
}

/// An empty {root} takes the ':' behind it along: Sidekiq's "{root}:queue:{queue}" is "queue:mail" without a
/// namespace.
std::string expanded(std::string_view key, const Root& root) {
  std::string out;
  while (!key.empty()) {
    if (key.starts_with(root_mark)) {
      key.remove_prefix(root_mark.size());
      out += root.root;
    } else if (key.starts_with(queue_mark)) {
      key.remove_prefix(queue_mark.size());
      out += root.queue;
    } else {
      out += key.front();
      key.remove_prefix(key.starts_with("{{") || key.starts_with("}}") ? 2 : 1);
    }
  }
  return out;
}

std::optional<double> number_in(std::string_view text) {
  double number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  return read.ec == std::errc() && std::isfinite(number) ? std::optional(number) : std::nullopt;
}

/// A number, or a text that is one: a counter is a string to Redis.
std::optional<double> number_of(const Answer& answer) {
  if (answer.number) return answer.number;
  if (answer.texts.empty() || !answer.texts.front()) return std::nullopt;
  return number_in(*answer.texts.front());
}

std::uint64_t count_of(std::optional<double> number) {
  constexpr double most = 9e15;  // beyond it a double no longer counts
  return number && *number > 0 ? static_cast<std::uint64_t>(std::min(*number, most)) : 0;
}

std::optional<milliseconds> instant_of(const Answer& answer) {
  const auto count = count_of(number_of(answer));
  return count == 0 ? std::nullopt : std::optional(milliseconds(count));
}

void add_state(QueueState& state, std::string_view name, std::uint64_t jobs) {
  const auto known = std::find_if(state.states.begin(), state.states.end(),
                                  [&](const auto& one) { return one.first == name; });
  if (known == state.states.end())
    state.states.emplace_back(name, jobs);
  else
    known->second += jobs;
}

void keep_later(std::optional<milliseconds>& kept, std::optional<milliseconds> other) {
  if (other && (!kept || *other > *kept)) kept = other;
}

void keep_earlier(std::optional<milliseconds>& kept, std::optional<milliseconds> other) {
  if (other && (!kept || *other < *kept)) kept = other;
}

void note_heartbeat(std::optional<milliseconds> beat, milliseconds now, QueueState& state) {
  // A worker's clock may run ahead of the server's; a heartbeat from the future is one from now.
  if (beat) state.heartbeat_age = std::max(now - *beat, milliseconds(0));
}

void note(const QueueFact& fact, const Answer& answer, milliseconds now, QueueState& state) {
  const auto number = number_of(answer);
  switch (fact.part) {
    case QueuePart::state:
      add_state(state, fact.name, count_of(number));
      break;
    case QueuePart::schedulers:
      state.schedulers = state.schedulers.value_or(0) + count_of(number);
      break;
    case QueuePart::event_entries:
      state.event_entries = count_of(number);
      break;
    case QueuePart::event_bytes:
      state.event_bytes = Bytes{count_of(number)};
      break;
    case QueuePart::last_event:
      keep_later(state.last_activity, instant_of(answer));
      break;
    case QueuePart::finished_first:
      keep_earlier(state.oldest_finished, instant_of(answer));
      break;
    case QueuePart::finished_last:
      keep_later(state.last_activity, instant_of(answer));
      break;
    case QueuePart::heartbeat:
      note_heartbeat(instant_of(answer), now, state);
      break;
    case QueuePart::flag:
      if (count_of(number) > 0) state.flags.emplace_back(fact.name);
      break;
    case QueuePart::counted:
    case QueuePart::note:
      break;
  }
}

bool is_one_of(const std::vector<std::string_view>& shapes, std::string_view shape) {
  return std::find(shapes.begin(), shapes.end(), shape) != shapes.end();
}

/// What the placeholder of a shape from Family::name_keys stands for: all between its two literals.
std::string_view name_in_key(std::string_view shape, std::string_view key, std::string_view root) {
  const auto open = shape.rfind('{');
  const auto close = shape.rfind('}');
  const auto behind = shape.size() - close - 1;
  const auto lead = shape.find('}') < open ? shape.find('}') + 1 : 0;
  const auto front = root.size() + (open - lead);
  return key.size() < front + behind ? std::string_view() : key.substr(front, key.size() - front - behind);
}

std::set<std::string> names_of(const Root& root, std::span<const Answer> answers) {
  const Family& family = *root.family;
  std::set<std::string> names;
  for (const auto& [shape, key] : root.naming_keys)
    if (is_one_of(family.name_keys, family.shapes[shape].shape))
      names.emplace(name_in_key(family.shapes[shape].shape, key, root.root));
  for (const Answer& answer : answers)
    for (const auto& member : answer.texts) {
      if (!member) continue;
      const auto at = family.name_after.empty() ? std::string::npos : member->rfind(family.name_after);
      names.insert(at == std::string::npos ? *member : member->substr(at + family.name_after.size()));
    }
  names.erase("");
  return names;
}

}  // namespace

std::vector<Question> name_questions(const Root& root) {
  std::vector<Question> questions;
  for (const auto& [shape, key] : root.naming_keys)
    if (is_one_of(root.family->name_sets, root.family->shapes[shape].shape))
      questions.push_back({.key = key, .db = root.db, .ask = Ask::members});
  return questions;
}

std::vector<Root> queues_of(const Root& root, std::span<const Answer> answers) {
  std::vector<Root> queues;
  const auto& facts = root.family->queue_facts;
  if (!std::all_of(facts.begin(), facts.end(), is_of_queue)) queues.push_back(root);
  for (const std::string& name : names_of(root, answers)) {
    queues.push_back(
        {.family = root.family, .root = root.root, .queue = name, .db = root.db, .version = root.version});
  }
  return queues;
}

std::vector<Question> questions(const Root& queue) {
  std::vector<Question> questions;
  for (const QueueFact* fact : rows_of(queue)) {
    questions.push_back({.key = expanded(fact->key, queue), .db = queue.db, .ask = fact->ask});
    questions.back().arguments.assign(fact->arguments.begin(), fact->arguments.end());
  }
  return questions;
}

QueueState state(const Root& queue, std::span<const Answer> answers, milliseconds now) {
  const auto rows = rows_of(queue);
  QueueState state{
      .family = queue.family->name, .owner = queue.root, .db = queue.db, .version = queue.version};
  if (!queue.queue.empty() && !rows.empty()) state.owner = expanded(rows.front()->key, queue);
  std::vector<Answer> all(answers.begin(), answers.end());
  all.resize(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) note(*rows[i], all[i], now, state);
  const auto refused =
      std::find_if(all.begin(), all.end(), [](const Answer& one) { return !one.error.empty(); });
  if (refused != all.end()) state.flags.push_back("incomplete: " + refused->error);
  if (queue.queue.empty())
    for (const auto& [name, keys] : queue.counted) add_state(state, name, keys);
  if (queue.family->read_only)
    state.flags.push_back(
        fmt::format("read-only: headroom never changes the keys of {}", queue.family->title));
  if (queue.family->describe != nullptr) queue.family->describe(all, now, state);
  return state;
}

}  // namespace headroom::family
