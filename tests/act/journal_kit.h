#pragma once

#include <string>
#include <vector>

#include "act/journal.h"
#include "folder_kit.h"
#include "plan_kit.h"

namespace headroom::act {

inline std::string secret() { return std::string(32, 's'); }

inline JournalStart start_of(const std::string& run) {
  JournalStart start;
  start.run = run, start.kind = "apply", start.of = "of", start.address = "unix:///x", start.run_id = "id";
  start.replid = "repl", start.rdb_version = 10, start.time = std::chrono::milliseconds(1'700'000'000'000);
  start.rules = full_header().rules;
  return start;
}

/// A step in which no field has its default.
inline JournalStep full_journal_step(std::uint64_t number) {
  JournalStep step;
  step.number = number, step.rule = 3, step.db = 15, step.bytes = 1'234'567;
  step.keys = {"bull:mail:7", hostile()};
  Before removed;
  removed.kind = ChangeKind::remove, removed.key = 1;
  removed.removed = {hostile(), std::string("\0body\xff", 6), 9, 1'700'000'000'001, 77, 5};
  Before member;
  member.kind = ChangeKind::zset_remove, member.member = hostile(), member.value = "v", member.score = -0.25;
  member.number = 42, member.set = -43;
  Before trimmed;
  trimmed.kind = ChangeKind::stream_trim;
  trimmed.entries = {{"1-1", {"field", hostile()}}, {"1-2", {}}};
  step.before = {removed, member, trimmed};
  return step;
}

/// What a reader was given, in a form that can be compared.
struct Recorded : JournalVisitor {
  std::vector<std::string> entries{};
  std::vector<JournalStart> starts{};
  std::vector<JournalStep> steps{};
  std::vector<JournalOutcome> outcomes{};
  void start(const JournalStart& start) override {
    starts.push_back(start);
    entries.push_back("start " + start.run);
  }
  void step(const JournalStep& step) override {
    steps.push_back(step);
    entries.push_back("step " + std::to_string(step.number));
  }
  void outcome(const JournalOutcome& outcome) override {
    outcomes.push_back(outcome);
    entries.push_back("outcome " + std::to_string(outcome.number));
  }
  void note(std::string_view text) override { entries.push_back("note " + std::string(text)); }
};

}  // namespace headroom::act
