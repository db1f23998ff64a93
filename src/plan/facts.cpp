#include "plan/facts.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "plan/ttl_warning.h"

namespace headroom::plan {
namespace {

// Measured on Redis 7.0.15 with job hashes of 300 bytes (safety.md 2.4, 2.7). Journal: what is packed per
// key; a larger value is taken to pack not at all, since that is not known before.
constexpr std::uint64_t journal_per_key = 304, packed_value = 512, journal_per_member = 120;
// The server's main thread.
constexpr double us_journaled = 8.8, us_quarantined = 3.6, us_ttl = 2.4, us_member = 2;
// Replication: bytes of a command beside the names in it; a key with a TTL is deleted once more at its end.
constexpr std::uint64_t unlink_bytes = 24, pexpire_bytes = 46 + 20, persist_bytes = 24, rename_bytes = 34,
                        member_bytes = 30, quarantine_prefix = 46;
// A TTL costs an entry of a table; a quarantined key has a longer name.
constexpr std::uint64_t ttl_entry = 43, longer_name = 64;
// A string is freed by the main thread, 0.06 ms per MB; a table of elements that expires too, unless
// lazyfree-lazy-expire is on: 891 ms for 64 MB (safety.md 2.3).
constexpr double string_ms_per_mb = 0.06, expiry_ms_per_mb = 14;

constexpr std::array<std::int64_t, ttl_bucket_count> edges{60,     600,     3600,      21'600,
                                                           86'400, 604'800, 2'592'000, INT64_MAX};

std::size_t bucket_of(std::int64_t seconds) {
  return static_cast<std::size_t>(
      std::find_if(edges.begin(), edges.end(), [&](auto edge) { return seconds <= edge; }) - edges.begin());
}

/// Keys that expire anyhow in each second of a bucket, taken as evenly spread. Of the last nothing is known.
double existing_rate(const Survey& survey, std::size_t bucket) {
  if (bucket + 1 >= edges.size()) return 0;
  const auto from = bucket == 0 ? 0 : edges[bucket - 1];
  return survey.ttl_histogram[bucket].value / static_cast<double>(edges[bucket] - from);
}

}  // namespace

FactsSum::FactsSum(const Survey& survey, std::chrono::milliseconds now) : survey_(survey), now_(now) {
  facts_.expiries.resize(ttl_bucket_count);
  for (const auto& big : survey.biggest) big_.emplace(big.key, &big);
}

void FactsSum::add(const Step& step) {
  bool now = false, later = false;
  for (const auto& change : step.changes) {
    add_key(step, change);
    const bool puts_off = change.kind == ChangeKind::expire_at || change.kind == ChangeKind::quarantine;
    (puts_off ? later : now) = true;
  }
  if (now) facts_.frees.count += step.bytes;
  if (!now && later) facts_.frees_later.count += step.bytes;
  // One value per step is packed small; what is larger counts whole.
  const bool is_journaled = std::any_of(step.changes.begin(), step.changes.end(), [](const Change& change) {
    return change.kind == ChangeKind::remove || change.kind == ChangeKind::remove_if_there ||
           change.kind == ChangeKind::remove_if_value_is;
  });
  if (is_journaled && step.bytes > packed_value) facts_.journal.count += step.bytes - packed_value;
}

void FactsSum::add_key(const Step& step, const Change& change) {
  const std::string_view key = change.key < step.keys.size() ? std::string_view(step.keys[change.key]) : "";
  auto& sent = facts_.replication.count;
  switch (change.kind) {
    case ChangeKind::remove:
    case ChangeKind::remove_if_there:
    case ChangeKind::remove_if_value_is:
      sent += unlink_bytes + key.size(), facts_.journal.count += journal_per_key,
          microseconds_ += us_journaled;
      add_blocking(step, key, change.kind);
      break;
    case ChangeKind::expire_at:
      sent += pexpire_bytes + 2 * key.size(), facts_.needs.count += ttl_entry, microseconds_ += us_ttl;
      facts_.journal.count += journal_per_member;
      add_expiry(step, change.number);
      add_blocking(step, key, change.kind);
      break;
    case ChangeKind::persist:
      sent += persist_bytes + key.size(), facts_.journal.count += journal_per_member, microseconds_ += us_ttl;
      break;
    case ChangeKind::quarantine:
      sent += rename_bytes + 2 * key.size() + quarantine_prefix, facts_.needs.count += longer_name;
      facts_.journal.count += journal_per_member, microseconds_ += us_quarantined;
      break;
    default:
      const auto members =
          change.kind == ChangeKind::stream_trim ? static_cast<std::uint64_t>(change.limit) : 1;
      sent += member_bytes + key.size() + change.member.size() + change.text.size();
      facts_.journal.count += members * journal_per_member,
          microseconds_ += us_member * static_cast<double>(members);
  }
}

void FactsSum::add_expiry(const Step&, std::int64_t deadline) {
  const auto seconds = (deadline - now_.count()) / 1000;
  const auto bucket = bucket_of(seconds);
  ++facts_.expiries[bucket];
  const auto mine =
      ++per_second_[static_cast<std::size_t>(std::max<std::int64_t>(seconds, 0)) % per_second_.size()];
  const auto all = static_cast<std::uint64_t>(mine + existing_rate(survey_, bucket));
  facts_.most_expiries_per_second = std::max(facts_.most_expiries_per_second, all);
}

void FactsSum::add_blocking(const Step& step, std::string_view key, ChangeKind kind) {
  const auto found = big_.find(key);
  if (found == big_.end() || found->second->db != step.db) return;
  const BigKey& big = *found->second;
  const bool expires = kind == ChangeKind::expire_at, text = big.type == KeyType::string;
  const auto milliseconds = static_cast<double>(big.bytes.count) / 1e6 *
                            (text      ? string_ms_per_mb
                             : expires ? expiry_ms_per_mb
                                       : 0.0);
  constexpr std::size_t most = 100;
  if (milliseconds < 1 || facts_.blocking.size() >= most) return;
  facts_.blocking.push_back(fmt::format(
      "{} ({}): about {:.0f} ms{}", escape_for_terminal(key), human_bytes(big.bytes), milliseconds,
      expires ? " when it expires, unless lazyfree-lazy-expire is on" : " when it is removed"));
}

PlanFacts FactsSum::facts(double duty) const {
  PlanFacts facts = facts_;
  facts.duration =
      std::chrono::milliseconds(static_cast<std::int64_t>(microseconds_ / std::max(duty, 1e-6) / 1000));
  if (std::all_of(facts.expiries.begin(), facts.expiries.end(), [](auto keys) { return keys == 0; }))
    facts.expiries.clear();
  return facts;
}

std::vector<std::string> warnings(const PlanHeader& plan, std::uint32_t expiries_per_second) {
  std::vector<std::string> all;
  const auto& facts = plan.facts;
  if (facts.frees.count + facts.frees_later.count != 0)
    all.emplace_back(
        "Freed is used_memory. What the system sees (RSS) falls later or not at all: pages that hold one "
        "living key stay. "
        "A restart, a failover, or a server built with active defragmentation gives it back.");
  if (!facts.expiries.empty()) {
    all.push_back(fmt::format("TTLs need memory at first: {} for the table that keeps them.",
                              human_bytes(facts.needs)));
    if (const auto warning = ttl_warning(plan.server.maxmemory_policy); !warning.empty())
      all.push_back(fmt::format("maxmemory-policy is {}:{}", plan.server.maxmemory_policy, warning));
    if (facts.most_expiries_per_second > expiries_per_second)
      all.push_back(fmt::format("Up to {} keys expire in one second, more than the {} that pass unnoticed.",
                                human_count(facts.most_expiries_per_second),
                                human_count(expiries_per_second)));
  }
  const auto room = plan.server.maxmemory - plan.server.used_memory;
  if (plan.server.maxmemory.count != 0 && facts.needs > room)
    all.push_back(fmt::format(
        "There is no room for what TTLs and quarantine need at first: {} of {} below maxmemory. They "
        "work nevertheless, and the server may evict or refuse writes until memory is freed.",
        human_bytes(facts.needs), human_bytes(room)));
  if (facts.frees_later.count != 0)
    all.emplace_back(
        "What is quarantined takes its memory until `headroom sweep`; what got a TTL until that ends.");
  return all;
}

}  // namespace headroom::plan
