#pragma once

#include "act/binary_form.h"
#include "model/plan.h"

/// What the nouns of model/plan.h consist of, in the order in which it is written.
namespace headroom::act {

template <>
struct LastOf<CheckKind> {
  static constexpr auto value = CheckKind::fingerprint;
};
template <>
struct LastOf<ChangeKind> {
  static constexpr auto value = ChangeKind::stream_trim;
};
template <>
struct LastOf<Removal> {
  static constexpr auto value = Removal::journal;
};

/// `Value` or `const Value`: a decoder fills it, an encoder only reads.
template <class Given, class Value>
concept Form = std::same_as<std::remove_const_t<Given>, Value>;

template <class Binary>
void fields(Binary& form, Form<Check> auto& check) {
  form(check.kind, check.key, check.member, check.text, check.number, check.real);
}

template <class Binary>
void fields(Binary& form, Form<Change> auto& change) {
  form(change.kind, change.key, change.member, change.text, change.number, change.limit);
}

template <class Binary>
void fields(Binary& form, Form<Step> auto& step) {
  form(step.rule, step.db, step.keys, step.checks, step.changes, step.bytes);
}

template <class Binary>
void fields(Binary& form, Form<PlanRule> auto& rule) {
  form(rule.name, rule.family, rule.owner, rule.what, rule.why, rule.removal);
  form(rule.steps, rule.keys, rule.members, rule.bytes);
}

template <class Binary>
void fields(Binary& form, Form<LeftAlone> auto& group) {
  form(group.rule, group.owner, group.why, group.keys, group.bytes, group.examples);
}

template <class Binary>
void fields(Binary& form, Form<PlanServer> auto& server) {
  form(server.address, server.run_id, server.replid, server.role, server.version, server.maxmemory_policy);
  form(server.replicas, server.keys, server.used_memory, server.maxmemory);
}

template <class Binary>
void fields(Binary& form, Form<PlanFacts> auto& facts) {
  form(facts.frees, facts.frees_later, facts.needs, facts.journal, facts.replication, facts.duration);
  form(facts.expiries, facts.most_expiries_per_second, facts.blocking);
}

template <class Binary>
void fields(Binary& form, Form<PlanHeader> auto& header) {
  form(header.id, header.tool, header.source, header.made, header.expires, header.server);
  form(header.policy, header.policy_hash, header.over_limit, header.phrase, header.phrase_given);
  form(header.rules, header.left_alone, header.facts, header.steps);
}

}  // namespace headroom::act
