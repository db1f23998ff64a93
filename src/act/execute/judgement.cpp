#include "act/execute/judgement.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "act/execute/check_table.h"
#include "act/execute/rdb_value.h"
#include "act/execute/script.h"
#include "act/quarantine.h"
#include "model/fingerprint.h"

namespace headroom::act {
namespace {

class Judge {
 public:
  Judge(Job& job, const ServerTraits& traits, std::string_view run) : job_(job), traits_(traits), run_(run) {}
  void run();

 private:
  std::string_view key(std::uint16_t k) const { return job_.step.keys[k]; }
  bool open() const { return !job_.outcome; }
  void end(StepOutcome outcome, std::string reason = {});

  void check(std::size_t i);
  void derive(std::size_t i);
  void change(std::size_t i);
  void take_key(const Change& change);
  void remember_key(const Change& change, const KeyState& state);
  void prove_expiry(std::uint16_t k, std::int64_t expires_at);
  void set_expiry(const Change& change);
  void quarantine(const Change& change);
  void remove_member(const Change& change, const MemberState& member);
  void remove_item(const Change& change, const MemberState& member);
  void trim(const Change& change, const MemberState& member);
  Before& record(const Change& change);
  void make(ScriptOp op) { job_.changes.push_back(std::move(op)); }
  /// Unless WATCH sees to it.
  void prove(std::uint16_t k, ScriptOp op);

  Job& job_;
  const ServerTraits& traits_;
  std::string_view run_;
};

void Judge::end(StepOutcome outcome, std::string reason) {
  if (!open()) return;
  job_.outcome = outcome;
  job_.reason = std::move(reason);
}

void Judge::prove(std::uint16_t k, ScriptOp op) {
  if (job_.keys[k].watched) return;
  const auto same = [&](const ScriptOp& other) {
    return other.code == op.code && other.key == op.key && other.a == op.a && other.b == op.b;
  };
  for (const auto* ops : {&job_.checks, &job_.derived})
    if (std::any_of(ops->begin(), ops->end(), same)) return;
  job_.derived.push_back(std::move(op));
}

void Judge::prove_expiry(std::uint16_t k, std::int64_t expires_at) {
  const Check same{expires_at < 0 ? CheckKind::no_ttl : CheckKind::expires_at, k, {}, {}, expires_at};
  prove(k, *script_check(same, key(k), traits_));
}

void Judge::run() {
  job_.record = {job_.number, job_.step.rule, job_.step.db, job_.step.bytes, job_.step.keys, {}};
  for (std::size_t i = 0; i < job_.step.checks.size() && open(); ++i) check(i);
  for (std::size_t i = 0; i < job_.step.changes.size() && open(); ++i) change(i);
  // First what nothing but a server without memory refuses: then nothing of the step was done.
  std::stable_partition(job_.changes.begin(), job_.changes.end(),
                        [](const ScriptOp& op) { return op.code == "rpush"; });
  // First idle times: any other look may spoil them.
  std::stable_partition(job_.checks.begin(), job_.checks.end(),
                        [](const ScriptOp& op) { return op.code == "idle"; });
  if (open() && job_.changes.empty()) end(StepOutcome::gone);
}

void Judge::check(std::size_t i) {
  const auto& check = job_.step.checks[i];
  const auto& state = job_.keys[check.key];
  const auto verdict = job_.answers[i] ? job_.answers[i] : judged_by_state(check, state);
  if (verdict && !*verdict) {
    const bool missing = check.kind != CheckKind::absent && state.exists && !*state.exists;
    return end(missing ? StepOutcome::gone : StepOutcome::changed);
  }
  if (verdict && (state.watched || check.kind == CheckKind::idle_at_least)) return;
  if (auto op = script_check(check, key(check.key), traits_)) {
    job_.checks.push_back(std::move(*op));
  } else {
    derive(i);
  }
}

/// For what only the client can judge: the script proves that what was judged is still so.
void Judge::derive(std::size_t i) {
  const auto& check = job_.step.checks[i];
  const auto& state = job_.keys[check.key];
  if (check.kind == CheckKind::value_hash && state.value) {
    if (!*judged_by_state(check, {.read = true, .there = true, .value = state.value}))
      return end(StepOutcome::changed);
    return prove(check.key, script_op("value", key(check.key), *state.value));
  }
  if (check.kind == CheckKind::value_hash)
    return end(state.exists.value_or(true) ? StepOutcome::changed : StepOutcome::gone);
  const auto& fields = job_.fingerprints[i];
  if (check.kind != CheckKind::fingerprint || fields.size() != fingerprint_fields.size()) {
    return end(StepOutcome::failed, "this check cannot be made on this server");
  }
  for (std::size_t f = 0; f < fields.size(); ++f) {
    const std::string name(fingerprint_fields[f]);
    prove(check.key, fields[f] ? script_op("field", key(check.key), name, *fields[f])
                               : script_op("nofield", key(check.key), name));
  }
}

Before& Judge::record(const Change& change) {
  auto& before = job_.record.before.emplace_back();
  before.kind = change.kind;
  before.key = change.key;
  before.member = change.member;
  return before;
}

void Judge::change(std::size_t i) {
  const auto& change = job_.step.changes[i];
  const auto& member = job_.members[i];
  const auto& state = job_.keys[change.key];
  switch (change.kind) {
    case ChangeKind::remove:
      return state.there ? take_key(change) : end(StepOutcome::gone);
    case ChangeKind::remove_if_there:
      if (state.there) take_key(change);
      return;
    case ChangeKind::remove_if_value_is:
      if (state.there && state.value == change.text) take_key(change);
      return;
    case ChangeKind::expire_at:
    case ChangeKind::persist:
      return set_expiry(change);
    case ChangeKind::quarantine:
      return quarantine(change);
    case ChangeKind::zset_remove:
    case ChangeKind::hash_remove:
    case ChangeKind::set_remove:
      return remove_member(change, member);
    case ChangeKind::list_remove:
      return remove_item(change, member);
    case ChangeKind::list_push:
      record(change).member = change.text;
      return make(script_op("rpush", key(change.key), change.text));
    case ChangeKind::stream_trim:
      return trim(change, member);
  }
}

void Judge::take_key(const Change& change) {
  const auto& state = job_.keys[change.key];
  if (state.too_large && !state.value) {
    return end(StepOutcome::failed,
               "a value is too large for the journal; quarantine it, or allow larger ones");
  }
  if (!state.value && !state.fields && state.dump.empty()) return end(StepOutcome::changed);
  remember_key(change, state);
  if (state.value) {
    prove(change.key, script_op("value", key(change.key), *state.value));
  } else {
    prove(change.key, script_op("sha1", key(change.key), state.watched ? "" : sha1_hex(state.dump)));
  }
  prove_expiry(change.key, state.expires_at);
  make(script_op("unlink", key(change.key)));
}

void Judge::remember_key(const Change& change, const KeyState& state) {
  auto& before = record(change).removed.emplace();
  before.key = key(change.key);
  before.expires_at = state.expires_at;
  before.idle_seconds = state.idle;
  before.freq = state.freq;
  before.rdb_version = oldest_rdb_version;
  if (state.value) {
    before.body = string_body(*state.value);
  } else if (state.fields) {
    before.body = hash_body(*state.fields);
  } else {
    const auto parts = dump_parts(state.dump);
    before.body = parts.body;
    before.rdb_version = parts.version;
  }
}

void Judge::set_expiry(const Change& change) {
  const auto& state = job_.keys[change.key];
  auto& before = record(change);
  before.number = -1;
  if (change.kind == ChangeKind::expire_at) before.set = change.number;
  if (const auto* planned = expiry_check(job_.step, change.key)) {
    if (planned->kind == CheckKind::expires_at) before.number = planned->number;
  } else if (!state.there) {
    return end(StepOutcome::gone);
  } else {
    before.number = state.expires_at;
    prove_expiry(change.key, before.number);
  }
  make(change.kind == ChangeKind::persist
           ? script_op("persist", key(change.key))
           : script_op("expireat", key(change.key), std::to_string(change.number)));
}

void Judge::quarantine(const Change& change) {
  auto name = quarantine_name(run_, key(change.key));
  if (name.empty()) return end(StepOutcome::failed, "there is no quarantine name in the slot of this key");
  if (job_.step.changes.size() > 1) {
    prove(change.key, script_op("exists", key(change.key)));
  }
  record(change).value = name;
  make(script_op("rename", key(change.key), std::move(name)));
}

void Judge::remove_member(const Change& change, const MemberState& member) {
  if (!member.value) return;
  auto& before = record(change);
  before.set = member.expires_at;
  const auto& checks = job_.step.checks;
  const bool proved = std::any_of(checks.begin(), checks.end(), [&](const Check& check) {
    return check.key == change.key && ((check.kind == CheckKind::score_is && check.text == change.member) ||
                                       (check.kind == CheckKind::field_is && check.member == change.member));
  });
  if (change.kind == ChangeKind::zset_remove) {
    before.score = std::strtod(member.value->c_str(), nullptr);
    if (!proved) prove(change.key, script_op("score", key(change.key), change.member, *member.value));
    make(script_op("zrem", key(change.key), change.member));
  } else if (change.kind == ChangeKind::hash_remove) {
    before.value = *member.value;
    if (!proved) prove(change.key, script_op("field", key(change.key), change.member, *member.value));
    make(script_op("hdel", key(change.key), change.member));
  } else {
    prove(change.key, script_op("member", key(change.key), change.member));
    make(script_op("srem", key(change.key), change.member));
  }
}

void Judge::remove_item(const Change& change, const MemberState& member) {
  if (member.place < 0) return;
  auto& before = record(change);
  before.number = member.place, before.set = member.expires_at;
  if (member.stay >= 0) before.value = fmt::format("{} {}", member.stay, member.length);
  prove(change.key, script_op("listed", key(change.key), change.member));
  make(script_op("lrem", key(change.key), change.member));
}

/// The id right before or behind another; ids are two 64-bit numbers.
std::string neighbour(std::string_view id, int by) {
  const auto dash = id.find('-');
  auto time = std::strtoull(std::string(id.substr(0, dash)).c_str(), nullptr, 10);
  auto turn = dash == id.npos ? 0 : std::strtoull(std::string(id.substr(dash + 1)).c_str(), nullptr, 10);
  if (by > 0 && ++turn == 0) ++time;
  if (by < 0 && turn-- == 0) --time;
  return fmt::format("{}-{}", time, turn);
}

void Judge::trim(const Change& change, const MemberState& member) {
  if (member.entries.empty()) return;
  const auto& first = member.entries.front().first;
  const auto& last = member.entries.back().first;
  if (first != "0-1") prove(change.key, script_op("oldest", key(change.key), neighbour(first, -1)));
  if (traits_.trim_by_id) {
    make(script_op("xtrim", key(change.key), neighbour(last, 1)));
  } else {
    std::string ids;
    for (const auto& entry : member.entries) ids.append(entry.first).append(" ");
    make(script_op("xdel", key(change.key), std::move(ids)));
  }
  record(change).entries = member.entries;
}

}  // namespace

void judge(Job& job, const ServerTraits& traits, std::string_view run) { Judge(job, traits, run).run(); }

}  // namespace headroom::act
