#include "app/rehearsal.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "act/execute/check_table.h"
#include "act/execute/traits.h"
#include "base/text.h"

namespace headroom::app {
namespace {

constexpr std::size_t steps_at_once = 50;

bool leaves_idle_time(CheckKind kind) {
  return kind == CheckKind::absent || kind == CheckKind::type_is || kind == CheckKind::no_ttl ||
         kind == CheckKind::expires_at || kind == CheckKind::idle_at_least;
}

bool asks_idle_time(const Step& step) {
  return std::any_of(step.checks.begin(), step.checks.end(),
                     [](const Check& check) { return check.kind == CheckKind::idle_at_least; });
}

/// What was asked of one step: whether its key is there, then each check.
struct Asked {
  std::size_t questions = 0;
  const Check* check = nullptr;
};
struct Rehearsed {
  Step step{};
  std::vector<Asked> asked{};
};

class Rehearsal {
 public:
  Rehearsal(wire::Link& link, const PlanHeader& plan, RunReport& report)
      : link_(link), traits_(act::traits_of(plan.server)), report_(report) {}

  Result<bool> judge(std::vector<Rehearsed>& steps) {
    for (auto& one : steps) ask(one);
    if (const auto sent = link_.flush(); !sent) return fail(sent.error());
    for (auto& one : steps)
      if (const auto taken = take(one); !taken) return taken;
    return true;
  }

 private:
  void select(std::uint32_t db) {
    if (db_ == db) return;
    const auto text = std::to_string(db);
    link_.queue(std::array<std::string_view, 2>{"SELECT", text});
    db_ = db;
    ++selects_;
  }

  void ask(Rehearsed& one) {
    const auto& step = one.step;
    selects_ = 0;
    select(step.db);
    one.asked = {{selects_, nullptr}};
    link_.queue(std::array<std::string_view, 2>{"EXISTS", step.keys.at(0)});
    const bool careful = asks_idle_time(step);
    for (const auto& check : step.checks) {
      if (careful && !leaves_idle_time(check.kind)) continue;
      const auto questions = act::questions(check, step.keys.at(check.key), traits_);
      for (const auto& words : questions) {
        const std::vector<std::string_view> command(words.begin(), words.end());
        link_.queue(command);
      }
      one.asked.push_back({questions.size(), &check});
    }
  }

  Result<wire::Reply> answer() {
    auto reply = link_.read();
    if (!reply) return fail(reply.error());
    const auto& got = reply->get();
    if (got.is_error() && !act::is_wrong_type(got))
      return fail({"the server refuses to answer: " + printable(got.text), "--dry-run",
                   "allow the commands that read"});
    return got;
  }

  Result<bool> take(const Rehearsed& one) {
    for (std::size_t i = 0; i < one.asked[0].questions; ++i)
      if (const auto selected = answer(); !selected) return fail(selected.error());
    const auto there = answer();
    if (!there) return fail(there.error());
    bool holds = true, wants_absence = false;
    for (std::size_t i = 1; i < one.asked.size(); ++i) {
      const auto& asked = one.asked[i];
      std::vector<wire::Reply> answers;
      for (std::size_t n = 0; n < asked.questions; ++n) {
        auto got = answer();
        if (!got) return fail(got.error());
        answers.push_back(std::move(*got));
      }
      wants_absence = wants_absence || (asked.check->kind == CheckKind::absent && asked.check->key == 0);
      holds = holds && act::answers_hold(*asked.check, answers, traits_);
    }
    count(one.step, there->integer == 0 && !wants_absence ? StepOutcome::gone
                    : holds                               ? StepOutcome::removed
                                                          : StepOutcome::changed);
    return true;
  }

  void count(const Step& step, StepOutcome outcome) {
    auto& rule = report_.rules.at(step.rule);
    ++report_.planned, ++rule.planned;
    report_.gone += outcome == StepOutcome::gone, rule.gone += outcome == StepOutcome::gone;
    report_.changed += outcome == StepOutcome::changed, rule.changed += outcome == StepOutcome::changed;
    if (outcome != StepOutcome::removed) return;
    ++report_.removed, ++rule.removed;
    rule.bytes.count += step.bytes, report_.bytes_freed.count += step.bytes;
  }

  wire::Link& link_;
  act::ServerTraits traits_;
  RunReport& report_;
  std::uint32_t db_ = ~0U;
  std::size_t selects_ = 0;
};

}  // namespace

Result<bool> rehearse(wire::Link& link, act::PlanReader& plan, RunReport& report) {
  Rehearsal rehearsal(link, plan.header(), report);
  std::vector<Rehearsed> steps;
  bool careful = false;
  for (bool more = true; more;) {
    Step step;
    const auto got = plan.next(step);
    if (!got) return fail(got.error());
    more = *got;
    if (more) {
      careful = careful || asks_idle_time(step);
      steps.push_back({std::move(step), {}});
    }
    if (steps.size() < steps_at_once && more) continue;
    if (const auto judged = rehearsal.judge(steps); !judged) return judged;
    steps.clear();
  }
  report.notes.emplace_back(
      "Nothing was changed. A run proves every step again at the moment of its change.");
  if (careful)
    report.notes.emplace_back(
        "Steps with an idle time were judged by it, type and TTL alone: to look closer would make their keys "
        "used ones.");
  return true;
}

}  // namespace headroom::app
