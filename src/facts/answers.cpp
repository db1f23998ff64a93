#include "facts/answers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>

#include "base/text.h"

namespace headroom::facts {
namespace {

using namespace std::string_view_literals;
using wire::Reply;
using Kind = Reply::Kind;
using Words = std::vector<std::string_view>;

constexpr std::int64_t most_members = 1000;
constexpr std::int64_t most_text = 1024 * 1024;
// Questions per round trip. Enough to forget about latency, few enough that the replies stay small.
constexpr std::size_t questions_per_round = 128;

/// A question on its way.
struct Pending {
  const Question* question = nullptr;
  Answer* answer = nullptr;
  Words next{};        ///< the command to send; empty: answered
  bool final = false;  ///< the reply to `next` is the answer
};

std::optional<double> number_in(const Reply& reply) {
  if (reply.kind == Kind::integer) return static_cast<double>(reply.integer);
  if (reply.kind == Kind::real) return reply.real;
  if (reply.kind != Kind::text) return std::nullopt;
  double value = 0;
  const char* end = reply.text.data() + reply.text.size();
  const auto [stop, error] = std::from_chars(reply.text.data(), end, value);
  return error == std::errc{} && stop == end ? std::optional(value) : std::nullopt;
}

std::optional<std::string> text_in(const Reply& reply) {
  return reply.kind == Kind::text ? std::optional(reply.text) : std::nullopt;
}

/// ZRANGE key n n WITHSCORES: [member, score], or under RESP3 [[member, score]].
std::optional<double> score_in(const Reply& reply) {
  const Reply* pair = &reply;
  if (reply.items.size() == 1) pair = &reply.items[0];
  return pair->items.size() == 2 ? number_in(pair->items[1]) : std::nullopt;
}

std::optional<std::string> field_in(const Reply& reply, std::string_view name) {
  for (std::size_t i = 0; i + 1 < reply.items.size(); i += 2)
    if (reply.items[i].text == name) return text_in(reply.items[i + 1]);
  return std::nullopt;
}

void read_answer(const Question& question, const Reply& reply, Answer& answer) {
  switch (question.ask) {
    case Ask::length:
    case Ask::exists:
    case Ask::bytes:
      answer.number = number_in(reply);
      break;
    case Ask::ttl:
      // -1: no TTL; -2: no key.
      if (reply.kind == Kind::integer && reply.integer >= 0)
        answer.number = static_cast<double>(reply.integer);
      break;
    case Ask::first_score:
    case Ask::last_score:
      answer.number = score_in(reply);
      break;
    case Ask::string_value:
      answer.texts = {text_in(reply)};
      break;
    case Ask::last_stream_id:
      answer.texts = {field_in(reply, "last-generated-id")};
      break;
    case Ask::fields:
    case Ask::members:
      for (const Reply& item : reply.items) answer.texts.push_back(text_in(item));
      break;
  }
}

/// The first command of a question, and whether its reply is the answer already.
void begin(Pending& pending) {
  const std::string_view key = pending.question->key;
  pending.final = true;
  switch (pending.question->ask) {
    case Ask::length:
      pending.next = {"TYPE", key}, pending.final = false;
      break;
    case Ask::string_value:
      pending.next = {"STRLEN", key}, pending.final = false;
      break;
    case Ask::members:
      pending.next = {"SCARD", key}, pending.final = false;
      break;
    case Ask::first_score:
      pending.next = {"ZRANGE", key, "0", "0", "WITHSCORES"};
      break;
    case Ask::last_score:
      pending.next = {"ZRANGE", key, "-1", "-1", "WITHSCORES"};
      break;
    case Ask::last_stream_id:
      pending.next = {"XINFO", "STREAM", key};
      break;
    case Ask::ttl:
      pending.next = {"PTTL", key};
      break;
    case Ask::exists:
      pending.next = {"EXISTS", key};
      break;
    case Ask::bytes:
      pending.next = {"MEMORY", "USAGE", key, "SAMPLES", "1000"};
      break;
    case Ask::fields:
      pending.next = {"HMGET", key};
      pending.next.insert(pending.next.end(), pending.question->arguments.begin(),
                          pending.question->arguments.end());
      break;
  }
}

constexpr std::array<std::pair<std::string_view, std::string_view>, 6> length_commands{{{"string", "STRLEN"},
                                                                                        {"list", "LLEN"},
                                                                                        {"set", "SCARD"},
                                                                                        {"zset", "ZCARD"},
                                                                                        {"hash", "HLEN"},
                                                                                        {"stream", "XLEN"}}};

void measure(Pending& pending, const std::string& type) {
  for (const auto& [name, command] : length_commands)
    if (name == type) pending.next = {command, pending.question->key};
  if (type == "none") pending.answer->number = 0;
  if (pending.next.empty() && type != "none")
    pending.answer->error = "no length is known for the type " + printable(type);
}

/// The second command, now that the type or the size is known; or the answer, when there is no need for one.
void go_on(Pending& pending, const Reply& reply) {
  const std::string_view key = pending.question->key;
  pending.final = true;
  switch (pending.question->ask) {
    case Ask::length:
      return measure(pending, reply.text);
    case Ask::members:
      if (reply.integer <= most_members)
        pending.next = {"SMEMBERS", key};
      else
        pending.next = {"SRANDMEMBER", key, "1000"};
      return;
    default:
      if (reply.integer <= most_text)
        pending.next = {"GET", key};
      else
        pending.answer->error =
            fmt::format("the value has {} bytes; headroom reads at most {}", reply.integer, most_text);
  }
}

void settle(Pending& pending, const Reply& reply) {
  pending.next.clear();
  // XINFO of a key that is not there is an error where all others answer with nothing.
  if (reply.is_error() && reply.text.starts_with("ERR no such key"))
    read_answer(*pending.question, Reply{}, *pending.answer);
  else if (reply.is_error())
    pending.answer->error = printable(reply.text);
  else if (pending.final)
    read_answer(*pending.question, reply, *pending.answer);
  else
    go_on(pending, reply);
}

/// Sends what each has next and settles the replies.
Result<bool> exchange(wire::Link& link, std::span<Pending> round) {
  std::vector<Pending*> sent;
  for (Pending& pending : round) {
    if (pending.next.empty()) continue;
    link.queue(pending.next);
    sent.push_back(&pending);
  }
  if (auto flushed = link.flush(); !flushed) return flushed;
  for (Pending* pending : sent) {
    auto reply = link.read();
    if (!reply) return fail(reply.error());
    settle(*pending, *reply);
  }
  return true;
}

/// Gives the reason to those that have no answer yet.
void blame(std::span<Pending> round, const std::string& error) {
  for (Pending& pending : round)
    if (!pending.next.empty()) pending.answer->error = error;
}

/// `round` is of one database. The error of the connection, if it is lost.
Result<bool> answer_round(wire::Link& link, std::span<Pending> round) {
  const std::uint32_t db = round.front().question->db;
  auto selected = link.call(std::array<std::string_view, 2>{"SELECT", std::to_string(db)});
  if (!selected) return fail(selected.error());
  // Where SELECT is forbidden the connection is in database 0, where it began.
  if (selected->is_error() && db != 0) {
    blame(round, printable(selected->text));
    return true;
  }
  if (auto first = exchange(link, round); !first) return first;
  return exchange(link, round);
}

std::size_t round_end(const std::vector<Pending>& all, std::size_t from) {
  std::size_t to = from;
  while (to < all.size() && to - from < questions_per_round && all[to].question->db == all[from].question->db)
    ++to;
  return to;
}

}  // namespace

std::vector<Answer> ask(wire::Link& link, std::span<const Question> questions) {
  std::vector<Answer> answers(questions.size());
  std::vector<Pending> all;
  for (std::size_t i = 0; i < questions.size(); ++i)
    begin(all.emplace_back(Pending{&questions[i], &answers[i], {}, false}));
  std::stable_sort(all.begin(), all.end(),
                   [](const Pending& a, const Pending& b) { return a.question->db < b.question->db; });
  // Servers before 7.2 answer with an error; nothing follows from it.
  Result<bool> alive = true;
  if (auto no_touch = link.call(std::array{"CLIENT"sv, "NO-TOUCH"sv, "ON"sv}); !no_touch)
    alive = fail(no_touch.error());
  for (std::size_t from = 0, to = 0; from < all.size(); from = to) {
    to = round_end(all, from);
    const std::span<Pending> round = std::span(all).subspan(from, to - from);
    if (alive) alive = answer_round(link, round);
    if (!alive) blame(round, alive.error().what);
  }
  return answers;
}

}  // namespace headroom::facts
