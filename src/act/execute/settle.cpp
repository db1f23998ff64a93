#include "act/execute/settle.h"

#include <algorithm>
#include <map>
#include <string>

#include "act/execute/lane.h"
#include "act/executor.h"

namespace headroom::act {
namespace {

using wire::Reply;

/// The lower, the more surely it tells.
int rank(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::remove:
      return 0;
    case ChangeKind::quarantine:
      return 1;
    case ChangeKind::remove_if_there:
      return 2;
    case ChangeKind::remove_if_value_is:
      return 3;
    case ChangeKind::hash_remove:
      return 4;
    case ChangeKind::zset_remove:
      return 5;
    case ChangeKind::set_remove:
      return 6;
    case ChangeKind::stream_trim:
      return 7;
    case ChangeKind::expire_at:
      return 8;
    case ChangeKind::persist:
      return 9;
    case ChangeKind::list_remove:
      return 10;  // there may be a second such item
    case ChangeKind::list_push:
      return 11;
  }
  return 11;
}

/// The journal, as far as it leaves open what became of its steps. A step that was written again after an
/// aborted try counts once, by its last record.
struct Open final : JournalVisitor {
  void step(const JournalStep& step) override { steps.insert_or_assign(step.number, step); }
  void outcome(const JournalOutcome& outcome) override {
    if (outcome.outcome == StepOutcome::unknown) return;
    steps.erase(outcome.number);
  }
  std::map<std::uint64_t, JournalStep> steps{};
};

Result<bool> settle(Lane& lane, const JournalStep& step, JournalWriter& journal) {
  std::optional<bool> done;
  Pipeline pipeline(lane.link());
  auto trouble = lane.select(step.db);
  if (!trouble) {
    ask_whether_done(pipeline, step, [&](std::optional<bool> answer) { done = answer; });
    trouble = pipeline.run();
  }
  if (trouble)
    return fail({"cannot look at the steps that were under way: " + trouble.text, {}, "run it again"});
  const auto outcome = !done ? StepOutcome::unknown : *done ? StepOutcome::removed : StepOutcome::pending;
  journal.add(JournalOutcome{step.number, outcome});
  return true;
}

}  // namespace

void ask_whether_done(Pipeline& pipeline, const JournalStep& step,
                      std::function<void(std::optional<bool>)> take) {
  const auto best =
      std::min_element(step.before.begin(), step.before.end(),
                       [](const Before& a, const Before& b) { return rank(a.kind) < rank(b.kind); });
  if (best == step.before.end()) return take(std::nullopt);
  const std::string_view key = step.keys[best->key];
  const auto judge = [take](auto holds) {
    return [take, holds](const Reply& reply) {
      if (reply.is_error()) return take(std::nullopt);
      take(std::optional<bool>(holds(reply)));
    };
  };
  const auto zero = judge([](const Reply& reply) { return reply.integer == 0; });
  const auto nil = judge([](const Reply& reply) { return reply.kind == Reply::Kind::nil; });
  switch (best->kind) {
    case ChangeKind::remove:
    case ChangeKind::remove_if_there:
    case ChangeKind::remove_if_value_is:
      return pipeline.ask({"EXISTS", key}, zero);
    case ChangeKind::quarantine:
      return pipeline.ask({"EXISTS", best->value},
                          judge([](const Reply& reply) { return reply.integer == 1; }));
    case ChangeKind::hash_remove:
      return pipeline.ask({"HEXISTS", key, best->member}, zero);
    case ChangeKind::zset_remove:
      return pipeline.ask({"ZSCORE", key, best->member}, nil);
    case ChangeKind::set_remove:
      return pipeline.ask({"SISMEMBER", key, best->member}, zero);
    case ChangeKind::list_remove:
      return pipeline.ask({"LPOS", key, best->member, "COUNT", "100"},
                          judge([stayed = std::strtoull(best->value.c_str(), nullptr, 10)](
                                    const Reply& reply) { return reply.items.size() <= stayed; }));
    case ChangeKind::stream_trim:
      return pipeline.ask(
          {"XRANGE", key, best->entries.front().first, best->entries.back().first, "COUNT", "1"},
          judge([](const Reply& reply) { return reply.items.empty(); }));
    case ChangeKind::expire_at:  // a key that is gone had its deadline meanwhile
      return pipeline.ask({"PTTL", key}, judge([none = best->number < 0](const Reply& reply) {
                            return none ? reply.integer != -1 : reply.integer == -2;
                          }));
    case ChangeKind::persist:
      return pipeline.ask({"PTTL", key}, judge([](const Reply& reply) { return reply.integer == -1; }));
    case ChangeKind::list_push:
      return take(std::nullopt);
  }
}

Result<std::uint64_t> settle_unknown(const ApplyTarget& target, const std::string& folder,
                                     const std::string& secret, JournalWriter& journal) {
  Open open;
  const auto health = read_journal(folder, secret, open);
  if (!health) return fail(health.error());
  if (open.steps.empty()) return 0;
  ServerClock clock;
  Lane lane(target, clock);
  if (auto opened = lane.open(); !opened) return fail(opened.error());
  for (const auto& [number, step] : open.steps) {
    if (auto settled = settle(lane, step, journal); !settled) return fail(settled.error());
  }
  if (auto synced = journal.sync(); !synced) return fail(synced.error());
  return open.steps.size();
}

}  // namespace headroom::act
