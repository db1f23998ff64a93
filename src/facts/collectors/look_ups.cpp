#include <array>
#include <span>

#include "facts/collector.h"
#include "wire/server_error.h"

namespace headroom::facts {
namespace {

// No key of anybody: the answers are "none", -2 and nil. A user who may not touch it is told so in other
// words than one who may not run the command.
constexpr std::string_view nobodys_key = "headroom:no-such-key";

struct Trial {
  std::array<std::string_view, 3> words{};  ///< of a shorter command the last are empty
  Loss loss{};
};
constexpr std::array<Trial, 6> trials{{
    {{"SCAN", "0", {}}, {"SCAN", "keys cannot be listed: audit a snapshot file instead"}},
    {{"TYPE", nobodys_key, {}}, {"TYPE", "the types of keys stay unknown"}},
    {{"PTTL", nobodys_key, {}}, {"PTTL", "which keys expire stays unknown"}},
    {{"MEMORY", "USAGE", nobodys_key},
     {"MEMORY USAGE", "the sizes of keys stay unknown: keys are counted only"}},
    {{"OBJECT", "ENCODING", nobodys_key}, {"OBJECT ENCODING", "the encodings of keys stay unknown"}},
    {{"OBJECT", "IDLETIME", nobodys_key}, {"OBJECT IDLETIME", "when keys were last used stays unknown"}},
}};

std::span<const std::string_view> command_of(const Trial& trial) {
  const std::size_t words = trial.words[2].empty() ? 2 : 3;
  return std::span(trial.words).first(words);
}

Result<bool> collect(wire::Link& link, ServerFacts& facts) {
  for (const Trial& trial : trials) link.queue(command_of(trial));
  if (auto sent = link.flush(); !sent) return sent;
  for (const Trial& trial : trials) {
    auto reply = link.read();
    if (!reply) return fail(reply.error());
    if (wire::command_refused(*reply)) note_missing(facts, trial.loss, *reply);
  }
  return true;
}

}  // namespace

Collector look_ups() { return {.collect = collect, .for_scans = true}; }

}  // namespace headroom::facts
