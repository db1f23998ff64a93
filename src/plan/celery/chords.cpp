#include "plan/celery/chords.h"

#include <charconv>

#include "base/value_text.h"
#include "plan/step_parts.h"

namespace headroom::plan::celery {
namespace {

constexpr std::string_view rule_name = "celery-chords";
constexpr std::chrono::hours long_ago{1};

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string_view why_not_looked_at(const Chord& chord) {
  if (!chord.idle)
    return "its idle time is not known (LFU, or a copy): a chord that failed looks like one that ends now";
  if (*chord.idle < chord_rest) return "a part has returned within the last minute";
  return "larger than 8 MiB: looking through it would press the server";
}

/// Empty: it ended in error.
std::string_view why_left(const Chord& chord) {
  if (!chord.looked_at) return why_not_looked_at(chord);
  if (!chord.size) return "the number of its parts (.s) is gone: whether they have all returned is not known";
  const auto size = number(*chord.size), more = chord.more ? number(*chord.more) : std::uint64_t{0};
  if (!size || !more) return "the number of its parts is none";
  if (chord.returned < *size + *more)
    return *chord.idle >= long_ago
               ? "parts are missing and none has returned for an hour: they run long, or are lost. Look for "
                 "messages of its group in the queues and in unacked before you delete it by hand"
               : "it still runs";
  if (chord.returned > *size + *more) return "more parts have returned than there are: delivered twice?";
  if (!chord.failed)
    return "all parts have returned well and its body has not started: the worker that should have started "
           "it "
           "died; start the body by hand";
  return {};
}

}  // namespace

std::size_t chord_prefix(std::string_view key) {
  constexpr std::string_view word = "celery-taskset-meta-", end = ".j";
  const auto at = key.find(word);
  const bool is_one =
      at != std::string_view::npos && key.ends_with(end) && key.size() > at + word.size() + end.size();
  return is_one ? at : std::string_view::npos;
}

// celery/states.py PROPAGATE_STATES, EXCEPTION_STATES.
bool part_failed(std::string_view part) {
  const auto items = json_items(part, 4);
  return items.size() >= 3 &&
         (items[2] == R"("FAILURE")" || items[2] == R"("REVOKED")" || items[2] == R"("RETRY")");
}

ChordRules::ChordRules(StepSink& steps)
    : steps_(steps), rules_(steps, [] {
        PlanRule rule;
        rule.name = rule_name, rule.family = "celery";
        rule.what = "chords that ended in error";
        rule.why =
            "every part has returned and one failed, so the body can never run; Celery leaves the parts and "
            "their number behind";
        return rule;
      }) {}

Result<bool> ChordRules::decide(const Chord& chord) {
  const auto owner = chord.parts_key.substr(0, chord_prefix(chord.parts_key));
  if (const auto why = why_left(chord); !why.empty()) {
    left_.add(rule_name, owner, why, chord.parts_key, chord.bytes);
    return true;
  }
  Step step;
  step.rule = rules_.of(owner), step.db = chord.db, step.bytes = chord.bytes.count;
  for (const auto key : {chord.parts_key, chord.size_key, chord.more_key}) step.keys.emplace_back(key);
  // A part that is delivered again and does well adds another member.
  step.checks = {length_at_most(0, chord.type, chord.returned), value_is(1, *chord.size),
                 chord.more ? value_is(2, *chord.more) : absent(2)};
  step.changes = {change_of(ChangeKind::remove, 0), change_of(ChangeKind::remove, 1)};
  if (chord.more) step.changes.push_back(change_of(ChangeKind::remove, 2));
  return steps_.step(step);
}

}  // namespace headroom::plan::celery
