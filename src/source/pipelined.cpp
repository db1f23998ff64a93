#include "source/pipelined.h"

#include <array>

#include "base/text.h"
#include "wire/reactions.h"

namespace headroom::source {
namespace {

Error refused(const wire::Reply& reply) {
  const auto& reaction = wire::reaction_to(reply.text);
  return {"the server does not answer: " + printable(reply.text), "while the plan was made",
          reaction.remedy.empty() ? "make the plan again" : std::string(reaction.remedy), Exit::unreachable};
}

// LFU: "ERR An LFU maxmemory policy is selected, ...".
bool of_one_question(const wire::Reply& reply) {
  using enum wire::Reaction;
  const auto reaction = wire::reaction_to(reply.text).reaction;
  return reaction == skip_key || reaction == feature_missing || reaction == fatal ||
         reply.text.find("LFU maxmemory policy") != std::string::npos;
}

}  // namespace

void Pipelined::ask(wire::Command command, Heard heard) {
  link_.queue(command);
  heard_.push_back(std::move(heard));
}

Result<bool> Pipelined::read() {
  std::optional<Error> wrong;
  for (const auto& heard : heard_) {
    const auto reply = link_.read();
    if (!reply) {
      heard_.clear();
      return fail(reply.error());
    }
    if (!reply->get().is_error())
      heard(reply->get());
    else if (!wrong && !of_one_question(reply->get()))
      wrong = refused(reply->get());
  }
  heard_.clear();
  if (wrong) return fail(*wrong);
  return true;
}

Result<bool> select(wire::Link& link, std::uint32_t db) {
  const auto number = std::to_string(db);
  const std::array<std::string_view, 2> words{"SELECT", number};
  const auto reply = link.call(words);
  if (!reply) return fail(reply.error());
  if (reply->is_error()) return fail(refused(*reply));
  return true;
}

std::optional<std::chrono::seconds> idle_in(const wire::Reply& reply) {
  if (reply.kind != wire::Reply::Kind::integer || reply.integer < 0) return std::nullopt;
  return std::chrono::seconds(reply.integer);
}

std::uint64_t count_in(const wire::Reply& reply) {
  return reply.kind == wire::Reply::Kind::integer && reply.integer > 0
             ? static_cast<std::uint64_t>(reply.integer)
             : 0;
}

}  // namespace headroom::source
