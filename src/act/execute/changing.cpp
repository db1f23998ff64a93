#include "act/execute/changing.h"

#include <algorithm>
#include <optional>
#include <span>

namespace headroom::act {
namespace {

using wire::Reply;
using Kind = ScriptResult::Kind;
using End = Made::End;

Made without_results(const Reply& reply) {
  if (const auto why = ScriptCall::did_nothing(reply); !why.empty())
    return {why == "late" ? End::late : End::fenced};
  if (reply.error_prefix() == "NOSCRIPT") return {End::forgotten};
  return {End::refused, reply.is_error() ? reply.text : "ERR an answer that headroom does not understand"};
}

Made script_answer(const Reply& reply, std::size_t jobs) {
  auto results = ScriptCall::results(reply, jobs);
  return results ? Made{End::made, {}, std::move(*results)} : without_results(reply);
}

/// The answers of MULTI, of what was queued, of EXEC: empty when EXEC did it, else how it ended.
std::optional<Made> transaction_failed(const std::vector<Reply>& replies) {
  for (std::size_t i = 0; i + 1 < replies.size(); ++i) {
    if (!replies[i].is_error()) continue;
    return Made{replies[i].error_prefix() == "OOM" ? End::no_memory : End::refused, replies[i].text};
  }
  const auto& exec = replies.back();
  if (exec.kind == Reply::Kind::nil) return Made{End::aborted};
  if (exec.kind == Reply::Kind::array && exec.items.size() + 2 == replies.size()) return std::nullopt;
  return without_results(exec);
}

ScriptResult gone_or_changed(const Reply& exists) {
  return {exists.kind == Reply::Kind::integer && exists.integer == 0 ? Kind::gone : Kind::changed};
}

std::vector<std::string_view> plain_command(const ScriptOp& op) {
  const std::string_view key = op.key, a = op.a;
  if (op.code == "unlink") return {"UNLINK", key};
  if (op.code == "expireat") return {"PEXPIREAT", key, a};
  if (op.code == "persist") return {"PERSIST", key};
  if (op.code == "rename") return {"RENAMENX", key, a};
  if (op.code == "zrem") return {"ZREM", key, a};
  if (op.code == "srem") return {"SREM", key, a};
  if (op.code == "hdel") return {"HDEL", key, a};
  if (op.code == "lrem") return {"LREM", key, "1", a};
  if (op.code == "rpush") return {"RPUSH", key, a};
  if (op.code == "xtrim") return {"XTRIM", key, "MINID", "=", a};
  std::vector<std::string_view> words{"XDEL", key};
  for (std::size_t from = 0, to; (to = a.find(' ', from)) != a.npos; from = to + 1) {
    words.push_back(a.substr(from, to - from));
  }
  return words;
}

bool counts_as_key(const ScriptOp& op) {
  return op.code == "unlink" || op.code == "expireat" || op.code == "persist" || op.code == "rename";
}

/// Of the answers inside EXEC that belong to one step.
ScriptResult plain_result(const Job& job, std::span<const Reply> answers) {
  ScriptResult result;
  std::int64_t done = 0;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const auto& answer = answers[i];
    if (answer.is_error() && answer.text.find("no such key") != answer.text.npos) continue;
    if (answer.is_error()) return {Kind::refused, 0, answer.text};
    if (job.changes[i].code == "rename" && answer.integer == 0) {
      return {Kind::refused, 0, "BUSYKEY the quarantine name is taken"};
    }
    done += answer.integer;
    if (counts_as_key(job.changes[i])) result.keys += answer.integer;
  }
  if (done == 0) result.kind = Kind::gone;
  return result;
}

}  // namespace

Changing::Changing(Lane& lane, ServerClock& clock, Way way, const std::vector<Job*>& jobs,
                   std::int64_t deadline, const Fence& fence)
    : lane_(lane), way_(way), jobs_(jobs), pipeline_(lane.link(), &clock) {
  if (way == Way::native)
    queue_native();
  else if (way == Way::plain)
    queue_plain();
  else
    queue_script(deadline, fence);
  pipeline_.send();
}

Made Changing::hear() {
  if (const auto trouble = pipeline_.run()) return {End::lost, trouble.text};
  if (way_ == Way::native) return native_made();
  const bool scripted = way_ != Way::plain;
  if (scripted && way_ != Way::watched) return script_answer(replies_.front(), jobs_.size());
  lane_.watching = false;
  if (auto failed = transaction_failed(replies_)) return std::move(*failed);
  return scripted ? script_answer(replies_.back().items.front(), jobs_.size()) : plain_made();
}

void Changing::queue_script(std::int64_t deadline, const Fence& fence) {
  const auto take = [this](const Reply& reply) { replies_.push_back(reply); };
  ScriptCall call(deadline, fence.key, fence.token);
  call.add(jobs_);
  if (way_ == Way::watched) pipeline_.ask({"MULTI"}, take);
  call.queue(pipeline_, false, take);
  if (way_ == Way::watched) pipeline_.ask({"EXEC"}, take);
}

void Changing::queue_native() {
  for (const auto* job : jobs_)
    pipeline_.ask({"PEXPIREAT", job->changes[0].key, job->changes[0].a, "NX"},
                  [this](const Reply& reply) { replies_.push_back(reply); });
}

/// PEXPIREAT NX says only "no": whether the key has a deadline (perhaps ours: the reply of an earlier try was
/// lost) or is gone is asked behind it.
Made Changing::native_made() {
  Made made;
  made.results.resize(jobs_.size());
  for (std::size_t i = 0; i < jobs_.size(); ++i) {
    auto& result = made.results[i];
    const auto& reply = replies_[i];
    if (reply.is_error()) {
      result = {Kind::refused, 0, reply.text};
    } else if (reply.integer == 1) {
      result = {Kind::done, 1, {}};
    } else {
      pipeline_.ask({"EXISTS", jobs_[i]->changes[0].key},
                    [&result](const Reply& exists) { result = gone_or_changed(exists); });
    }
  }
  if (const auto trouble = pipeline_.run()) return {End::lost, trouble.text};
  return made;
}

void Changing::queue_plain() {
  const auto take = [this](const Reply& reply) { replies_.push_back(reply); };
  pipeline_.ask({"MULTI"}, take);
  for (const auto* job : jobs_)
    for (const auto& op : job->changes) pipeline_.ask(plain_command(op), take);
  pipeline_.ask({"EXEC"}, take);
}

Made Changing::plain_made() {
  Made made;
  std::span<const Reply> rest = replies_.back().items;
  for (const auto* job : jobs_) {
    made.results.push_back(plain_result(*job, rest.first(job->changes.size())));
    rest = rest.subspan(job->changes.size());
  }
  return made;
}

Trouble teach_script(wire::Link& link) {
  Trouble refused;
  Pipeline pipeline(link);
  // A deadline long past: whatever it is told, it does nothing.
  ScriptCall(0, {}, {}).queue(pipeline, true, [&](const Reply& reply) {
    if (reply.is_error()) refused = {Trouble::Kind::refused, reply.text};
  });
  if (auto trouble = pipeline.run()) return trouble;
  return refused;
}

}  // namespace headroom::act
