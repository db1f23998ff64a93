#include "plan/keys/key_rules.h"

#include <algorithm>
#include <array>

#include "base/glob.h"
#include "base/text.h"
#include "plan/step_parts.h"
#include "plan/ttl_warning.h"

namespace headroom::plan::keys {
namespace {

using std::chrono::seconds;

// DUMP of such a key stops the server for long, so it is never journaled (UNDO-4).
constexpr Bytes largest_journaled{8U << 20U};

std::string_view type_word(KeyType type) {
  constexpr std::array<std::string_view, key_type_count> words{"",     "string", "list",   "set",
                                                               "zset", "hash",   "stream", ""};
  return words[static_cast<std::size_t>(type)];
}

bool needs_idle(const KeyRule& rule) { return rule.idle || rule.keep_bytes || rule.keep_count; }

std::string what_of(const KeyRule& rule) {
  std::string what = rule.type.empty() ? "keys" : "keys of type " + rule.type;
  if (!rule.pattern.empty()) what += " fitting " + rule.pattern;
  if (!rule.family.empty()) what += " of " + rule.family;
  if (!rule.owner.empty()) what += " of " + rule.owner;
  if (rule.without_ttl) what += " without a TTL";
  if (rule.idle) what += " not used for " + human_duration(*rule.idle);
  if (rule.keep_bytes) what += "; the most recently used " + human_bytes(*rule.keep_bytes) + " stay";
  if (rule.keep_count) what += "; the most recently used " + human_count(*rule.keep_count) + " keys stay";
  if (rule.removal == Removal::ttl) what += ": a TTL of " + human_duration(rule.ttl);
  return what;
}

std::string why_of(const KeyRule& rule, std::string_view maxmemory_policy) {
  std::string why = "a rule of your policy";
  if (!rule.live_family.empty()) why += ", which names the live family " + rule.live_family;
  why += ".";
  if (rule.removal != Removal::ttl) return why;
  why += ttl_warning(maxmemory_policy);
  if (rule.type != "string")
    why +=
        " A string that is written again loses its TTL; a list, set, hash, sorted set or stream would keep "
        "it and "
        "end with it, however live it is by then, so only those get one whose library lets them expire at "
        "any time.";
  return why;
}

PlanRule plan_rule(const KeyRule& rule, std::string_view maxmemory_policy) {
  PlanRule out;
  out.name = rule.name, out.family = rule.family, out.removal = rule.removal;
  out.what = what_of(rule), out.why = why_of(rule, maxmemory_policy);
  return out;
}

std::string owner_name(const NamedKey& key) {
  return key.owner == nullptr ? std::string() : key.owner->owner;
}

}  // namespace

std::string_view closed_to(const KeyRule& rule, const Attribution* owner) {
  if (owner == nullptr || owner->family == rule.live_family) return {};
  if (owner->read_only) return owner->read_only_why.empty() ? "its owner is read-only" : owner->read_only_why;
  switch (owner->care) {
    case Care::expirable:
      return {};
    case Care::finished:
      if (owner->family == rule.family) return {};
      break;
    case Care::hands_off:
    case Care::debris_if_proved:
      break;
  }
  return owner->why.empty() ? "it belongs to a live family" : owner->why;
}

KeyRules::KeyRules(StepSink& steps, std::span<const KeyRule> rules, ExpirySpread& spread,
                   std::chrono::milliseconds now, std::string_view maxmemory_policy, bool idle_known)
    : steps_(steps), spread_(spread), now_(now) {
  const bool lfu = maxmemory_policy.ends_with("-lfu"), unknown = lfu || !idle_known;
  for (const auto& rule : rules) {
    const auto make = [&rule, text = std::string(maxmemory_policy)] { return plan_rule(rule, text); };
    rules_.push_back({&rule, unknown && needs_idle(rule), OwnerRules(steps, make), {}});
    if (rules_.back().refused)
      left_.note(rule.name, rule.owner,
                 idle_known ? "this rule goes by idle time, and under an LFU policy the server knows none"
                            : "needs the running server: this rule goes by idle time, and a copy has none "
                              "(--source scan)");
  }
}

bool KeyRules::names(const KeyRule& rule, const NamedKey& key) const {
  if (!rule.family.empty() && (key.owner == nullptr || key.owner->family != rule.family)) return false;
  if (!rule.owner.empty() && owner_name(key) != rule.owner) return false;
  return rule.pattern.empty() || glob_matches(rule.pattern, key.key);
}

bool KeyRules::go_by_idle_time() const {
  return std::any_of(rules_.begin(), rules_.end(), [](const auto& one) { return needs_idle(*one.rule); });
}

bool KeyRules::wants(const NamedKey& key, bool tally) {
  bool wanted = false;
  for (const auto& applied : rules_) {
    if (applied.refused || !names(*applied.rule, key)) continue;
    const auto why = closed_to(*applied.rule, key.owner);
    wanted |= why.empty();
    if (tally && !why.empty()) left_.add(applied.rule->name, owner_name(key), why, key.key, {});
  }
  return wanted;
}

bool KeyRules::needs_counting() const {
  return std::any_of(rules_.begin(), rules_.end(), [](const Applied& applied) {
    return !applied.refused && (applied.rule->keep_bytes || applied.rule->keep_count);
  });
}

/// All that the rule says about a key but how recently it must have been used.
bool KeyRules::covers(const Applied& applied, const SeenKey& key) const {
  const KeyRule& rule = *applied.rule;
  if (applied.refused || !names(rule, key.name) || !closed_to(rule, key.name.owner).empty()) return false;
  if (!rule.type.empty() && type_word(key.type) != rule.type) return false;
  const bool needs_no_ttl = rule.without_ttl || rule.removal == Removal::ttl;
  return !needs_no_ttl || key.expires == Expires::never;
}

void KeyRules::count(const SeenKey& key) {
  for (auto& applied : rules_)
    if ((applied.rule->keep_bytes || applied.rule->keep_count) && key.idle && covers(applied, key))
      applied.recency.add(*key.idle - key.since_start, key.bytes.value_or(Bytes{}));
}

void KeyRules::settle() {
  for (auto& applied : rules_) applied.recency.settle(applied.rule->keep_bytes, applied.rule->keep_count);
}

bool KeyRules::wants_gone(Applied& applied, const SeenKey& key) {
  const KeyRule& rule = *applied.rule;
  if (!covers(applied, key)) return false;
  if (needs_idle(rule) && !key.idle) return false;
  if (rule.idle && *key.idle < *rule.idle) return false;
  if (!rule.keep_bytes && !rule.keep_count) return true;
  return !applied.recency.stays(*key.idle - key.since_start, key.bytes.value_or(Bytes{}));
}

/// Tells why where it is not.
bool KeyRules::possible(const KeyRule& rule, const SeenKey& key, const Proof* proof) {
  const auto owner = owner_name(key.name);
  const auto bytes = key.bytes.value_or(Bytes{});
  const bool container = key.type != KeyType::string;
  const auto leave = [&](std::string_view why) {
    left_.add(rule.name, owner, why, key.name.key, bytes);
    return false;
  };
  if (key.type == KeyType::unknown || key.type == KeyType::module)
    return leave("its type is not known: its value could not be put back");
  if (container && key.name.owner == nullptr && key.type != key.name.usual_type && rule.type.empty())
    return leave(
        "it is of another type than the keys of like names: it may be somebody's queue. Name the type "
        "in the rule");
  const bool renewable = key.name.owner != nullptr && key.name.owner->care == Care::expirable;
  // TTL-4 asks that whoever gives such a TTL looks again before it ends. A rule is not sure to run again.
  if (rule.removal == Removal::ttl && container && !renewable)
    return leave(
        "a TTL on a list, set, hash, sorted set or stream ends it even when it is written meanwhile. Use "
        "removal = \"quarantine\": it is put aside, and comes back until it is swept");
  if (rule.removal == Removal::journal && bytes > largest_journaled)
    return leave("larger than 8 MiB: journaling it would stop the server. Use removal = \"quarantine\"");
  if (proof != nullptr && !proof->why_not.empty()) return leave(proof->why_not);
  return true;
}

Result<bool> KeyRules::propose(Applied& applied, const SeenKey& key, const Proof* proof) {
  const KeyRule& rule = *applied.rule;
  Step step;
  step.rule = applied.numbers.of(owner_name(key.name)), step.db = key.name.db;
  step.bytes = key.bytes.value_or(Bytes{}).count;
  step.keys.emplace_back(key.name.key);
  // What has been used since is not what the rule was about. An idle time of 0 says nothing.
  if (const auto idle = std::max(rule.idle.value_or(seconds(0)), needs_idle(rule) ? *key.idle : seconds(0));
      idle > seconds(0))
    step.checks.push_back(idle_at_least(0, idle));
  if (proof != nullptr) step.checks = proof->checks;
  if (rule.removal == Removal::ttl) {
    step.checks.push_back(no_ttl(0));
    if (needs_idle(rule) || key.type != KeyType::string)
      step.checks.push_back(type_is(0, type_word(key.type)));
    step.changes.push_back(expire_at(0, spread_.next(now_ + rule.ttl)));
    return steps_.step(step);
  }
  step.checks.push_back(type_is(0, type_word(key.type)));
  if (rule.without_ttl || (proof != nullptr && key.expires == Expires::never))
    step.checks.push_back(no_ttl(0));
  step.changes.push_back(
      change_of(rule.removal == Removal::quarantine ? ChangeKind::quarantine : ChangeKind::remove, 0));
  return steps_.step(step);
}

Result<bool> KeyRules::decide(const SeenKey& key, const Proof* proof) {
  for (auto& applied : rules_) {
    if (!wants_gone(applied, key)) continue;
    if (!possible(*applied.rule, key, proof)) return true;
    return propose(applied, key, proof);
  }
  return true;
}

}  // namespace headroom::plan::keys
