#include "app/same_value.h"

#include <cstdlib>
#include <optional>
#include <string_view>
#include <utility>

#include "base/hash.h"
#include "plan/step_parts.h"

namespace headroom::app {
namespace {

using plan::keys::Proof;
using wire::Reply;

constexpr Bytes largest_string{1U << 20U}, largest_collection{128U << 10U};
constexpr std::size_t most_members = 128;

constexpr std::string_view not_shown =
    "nothing would show that it is what it was when the file was written: lists, streams, more than 128 "
    "members, "
    "or a value above 1 MiB (128 KiB of members). --source scan and snapshot go by what is there now";

/// What reads all of such a value; empty: it is not read.
std::vector<std::string_view> reading(const SameValue::Asked& asked) {
  const std::string_view key = asked.key;
  if (asked.bytes > (asked.type == KeyType::string ? largest_string : largest_collection)) return {};
  switch (asked.type) {
    case KeyType::string:
      return {"GET", key};
    case KeyType::hash:
      return {"HGETALL", key};
    case KeyType::set:
      return {"SMEMBERS", key};
    case KeyType::zset:
      return {"ZRANGE", key, "0", "-1", "WITHSCORES"};
    default:
      return {};
  }
}

double score_of(const Reply& reply) {
  return reply.kind == Reply::Kind::real ? reply.real : std::strtod(reply.text.c_str(), nullptr);
}

Check has_score(std::string_view member, double score) {
  auto check = plan::check_of(CheckKind::score_is, 0);
  check.text = member, check.real = score;
  return check;
}

void add_pairs(const Reply& reply, KeyType type, std::vector<Check>& checks) {
  const auto add = [&](const Reply& first, const Reply& second) {
    checks.push_back(type == KeyType::hash ? plan::field_is(0, first.text, second.text)
                                           : has_score(first.text, score_of(second)));
  };
  for (std::size_t i = 0; i < reply.items.size(); ++i) {
    const auto& item = reply.items[i];
    if (item.items.size() == 2)
      add(item.items[0], item.items[1]);  // RESP3 pairs them
    else if (i + 1 < reply.items.size())
      add(item, reply.items[i + 1]), ++i;
  }
}

/// Empty: too many members, or it is gone from the copy.
std::vector<Check> checks_of(const Reply& reply, KeyType type) {
  std::vector<Check> checks;
  if (type == KeyType::string) {
    if (reply.kind != Reply::Kind::text) return {};
    checks.push_back(plan::check_of(CheckKind::value_hash, 0));
    checks.back().number = static_cast<std::int64_t>(hash_bytes(reply.text));
    return checks;
  }
  if (reply.is_error() || reply.items.empty() || reply.items.size() > 2 * most_members) return {};
  if (type == KeyType::set)
    for (const auto& item : reply.items) checks.push_back(plan::is_member(0, item.text));
  else
    add_pairs(reply, type, checks);
  if (checks.size() > most_members) return {};
  const auto* const word = type == KeyType::set ? "set" : type == KeyType::zset ? "zset" : "hash";
  checks.push_back(plan::length_at_most(0, word, checks.size()));
  return checks;
}

}  // namespace

Result<SameValue> SameValue::in(const Session& copy) {
  auto link = copy.open();
  if (!link) return fail(link.error());
  return SameValue(std::move(*link));
}

Result<std::vector<Proof>> SameValue::of(std::span<const Asked> keys) {
  for (const auto& asked : keys) {
    const auto words = reading(asked);
    if (words.empty()) continue;
    const auto db = std::to_string(asked.db);
    link_->queue(std::vector<std::string_view>{"SELECT", db});
    link_->queue(words);
    link_->queue(std::vector<std::string_view>{"PEXPIRETIME", asked.key});  // an error before 7.0
  }
  std::vector<Proof> proofs;
  for (const auto& asked : keys) {
    auto proof = reading(asked).empty() ? Result<Proof>(Proof{}) : hear(asked);
    if (!proof) return fail(proof.error());
    if (proof->checks.empty()) proof->why_not = not_shown;
    proofs.push_back(std::move(*proof));
  }
  return proofs;
}

Result<Proof> SameValue::hear(const Asked& asked) {
  Proof proof;
  if (const auto selected = link_->read(); !selected) return fail(selected.error());
  const auto value = link_->read();
  if (!value) return fail(value.error());
  proof.checks = checks_of(value->get(), asked.type);
  const auto deadline = link_->read();
  if (!deadline) return fail(deadline.error());
  const auto at = deadline->get().kind == Reply::Kind::integer ? deadline->get().integer : -1;
  if (at >= 0 && !proof.checks.empty()) {
    proof.checks.push_back(plan::check_of(CheckKind::expires_at, 0));
    proof.checks.back().number = at;
  }
  return proof;
}

}  // namespace headroom::app
