#include "family/proof/ledger.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "base/hash.h"

namespace headroom::family {
namespace {

constexpr std::size_t most_examples = 3;
constexpr std::size_t most_owners = 4096;  // a name of any length each, chosen by strangers
// Names kept from the first pass in the hope that their ids turn out to be debris: they spare a second pass
// over most snapshots, and are all there is where there is none.
constexpr std::size_t most_candidates = 1000;
constexpr std::size_t most_candidate_bytes = 256 * 1024;

constexpr std::uint64_t of_counts = 0x5bd1e9955bd1e995;

std::uint64_t fingerprint_of(std::uint16_t owner, std::string_view id) { return hash_bytes(id, owner + 1u); }

Estimate exactly(std::uint64_t number) {
  const auto value = static_cast<double>(number);
  return {value, value, value};
}

}  // namespace

Ledger::Ledger(std::string_view family, std::span<const Verdict> verdicts, const ProofLimits& limits)
    : family_(family), verdicts_(verdicts), again_(limits.again), table_(limits.bytes) {}

void Ledger::begin(std::chrono::milliseconds now, unsigned pass) {
  now_ = now;
  pass_ = pass;
}

Ledger::Owner Ledger::owner(std::uint32_t db, std::string_view name, std::uint8_t space) {
  if (last_owner_ != nobody) {
    const OwnerRecord& last = owners_[last_owner_];
    if (last.db == db && last.space == space && last.name == name) return last_owner_;
  }
  std::string text = std::to_string(db) + ' ' + std::to_string(space) + ' ';
  text += name;
  const auto found = owner_index_.find(text);
  if (found != owner_index_.end()) return last_owner_ = found->second;
  if (owners_.size() == most_owners) {
    too_many_owners_ = true;
    return nobody;
  }
  owners_.push_back({db, std::string(name), space, 0});
  last_owner_ = static_cast<Owner>(owners_.size() - 1);
  owner_index_.emplace(std::move(text), last_owner_);
  return last_owner_;
}

void Ledger::mark_owner(Owner owner, Marks marks) {
  if (owner != nobody) owners_[owner].marks |= marks;
}

bool Ledger::owner_bears(Owner owner, Marks marks) const {
  return owner != nobody && (owners_[owner].marks & marks) == marks;
}

IdTable::Entry* Ledger::entry(Owner owner, std::uint64_t fingerprint) {
  if (owner == nobody || pass_ != 1 || overflowed_) return nullptr;
  IdTable::Entry* entry = table_.at(fingerprint);
  if (entry == nullptr) {
    overflowed_ = true;
    table_.clear();
    return nullptr;
  }
  entry->owner = owner;
  return entry;
}

Marks Ledger::marks_counted() const {
  Marks marks = 0;
  for (const Verdict& verdict : verdicts_) marks |= verdict.counted;
  return marks;
}

void Ledger::mark(Owner owner, std::string_view id, Marks marks, std::string_view example) {
  const std::uint64_t fingerprint = fingerprint_of(owner, id);
  if (IdTable::Entry* found = entry(owner, fingerprint)) {
    found->marks |= marks;
    remember(owner, fingerprint, marks, example);
  }
  if (pass_ > 1) offer(owner, fingerprint, marks, example);
}

void Ledger::mark_key(Owner owner, std::string_view id, Marks marks, Bytes bytes, std::string_view example) {
  const std::uint64_t fingerprint = fingerprint_of(owner, id);
  if (IdTable::Entry* found = entry(owner, fingerprint)) {
    const std::uint64_t sum = found->number + bytes.count;
    found->number =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(sum, std::numeric_limits<std::uint32_t>::max()));
    found->marks |= marks;
    remember(owner, fingerprint, marks, example);
  }
  if (pass_ > 1) offer(owner, fingerprint, marks, example);
}

void Ledger::count(Owner owner, std::string_view id, std::int64_t number) {
  // Only whether the sum is 0 matters, so it may wrap around.
  if (IdTable::Entry* found = entry(owner, fingerprint_of(owner, id) ^ of_counts))
    found->number += static_cast<std::uint32_t>(number);
}

void Ledger::tally(Owner owner, std::size_t verdict, std::uint64_t keys, Bytes bytes,
                   std::string_view example) {
  if (owner == nobody || pass_ != 1 || keys == 0) return;
  Row& row = rows_[{owner, verdict}];
  row.keys += keys;
  row.bytes += bytes;
  if (row.examples.size() < most_examples) row.examples.emplace_back(example);
}

void Ledger::doubt(Owner owner, std::string_view why) {
  if (owner == nobody) return;
  auto& reasons = doubts_[owner];
  if (std::find(reasons.begin(), reasons.end(), why) == reasons.end()) reasons.push_back(why);
}

void Ledger::remember(Owner owner, std::uint64_t fingerprint, Marks marks, std::string_view example) {
  if ((marks & marks_counted()) == 0 || candidates_.size() == most_candidates ||
      candidate_bytes_ + example.size() > most_candidate_bytes)
    return;
  candidates_.push_back({owner, fingerprint, marks, std::string(example)});
  candidate_bytes_ += example.size();
}

bool Ledger::holds(const Verdict& verdict, const IdTable::Entry& entry) const {
  const OwnerRecord& owner = owners_[entry.owner];
  if (verdict.space != owner.space || (entry.marks & verdict.counted) == 0) return false;
  if ((entry.marks & verdict.all) != verdict.all || (entry.marks & verdict.none) != 0) return false;
  if ((owner.marks & verdict.owner_all) != verdict.owner_all || (owner.marks & verdict.owner_none) != 0)
    return false;
  if (!verdict.balanced) return true;
  const IdTable::Entry* counts = table_.find(entry.fingerprint ^ of_counts);
  return counts != nullptr && counts->number == 0;
}

Ledger::Row& Ledger::row(Owner owner, std::size_t verdict) {
  const Verdict& same = verdicts_[verdict];
  std::size_t first = 0;
  while (verdicts_[first].kind != same.kind || verdicts_[first].certainty != same.certainty) ++first;
  return rows_[{owner, first}];
}

void Ledger::judge() {
  if (std::exchange(judged_, true)) return;
  for (const IdTable::Entry& entry : table_.entries()) {
    if (entry.marks == 0) continue;
    for (std::size_t i = 0; i < verdicts_.size(); ++i) {
      if (!holds(verdicts_[i], entry)) continue;
      Row& sum = row(entry.owner, i);
      sum.keys += static_cast<std::uint64_t>(std::popcount(Marks(entry.marks & verdicts_[i].counted)));
      if (!verdicts_[i].members) sum.bytes += Bytes{entry.number};
    }
  }
  for (const Candidate& one : candidates_) offer(one.owner, one.fingerprint, one.marks, one.example);
  std::vector<Candidate>().swap(candidates_);
}

void Ledger::offer(Owner owner, std::uint64_t fingerprint, Marks marks, std::string_view example) {
  if (owner == nobody) return;
  const IdTable::Entry* entry = table_.find(fingerprint);
  if (entry == nullptr) return;
  for (std::size_t i = 0; i < verdicts_.size(); ++i) {
    if ((marks & verdicts_[i].counted) == 0 || !holds(verdicts_[i], *entry)) continue;
    auto& examples = row(owner, i).examples;
    if (examples.size() < most_examples &&
        std::find(examples.begin(), examples.end(), example) == examples.end())
      examples.emplace_back(example);
  }
}

bool Ledger::another_pass() {
  judge();
  return again_ && pass_ == 1 && std::any_of(rows_.begin(), rows_.end(), [](const auto& row) {
           return row.second.keys > 0 && row.second.examples.empty();
         });
}

DebrisSum Ledger::sum(Owner owner, const Verdict& verdict, const Row& row) const {
  return {.kind = verdict.kind,
          .family = family_,
          .owner = owners_[owner].name,
          .db = owners_[owner].db,
          .keys = exactly(row.keys),
          .bytes = exactly(row.bytes.count),
          .certainty = verdict.certainty,
          .why = verdict.why,
          .examples = row.examples};
}

void Ledger::append(std::vector<DebrisSum>& sums, bool stranded) const {
  for (const auto& [key, row] : rows_) {
    const Verdict& verdict = verdicts_[key.second];
    if (row.keys > 0 && verdict.stranded == stranded) sums.push_back(sum(key.first, verdict, row));
  }
}

void Ledger::finish(std::vector<DebrisSum>& debris, std::vector<NotProved>& not_proved) {
  judge();
  append(debris, false);
  for (const auto& [owner, reasons] : doubts_)
    for (const std::string_view why : reasons)
      not_proved.push_back({family_, owners_[owner].name, owners_[owner].db, std::string(why)});
  if (overflowed_)
    not_proved.push_back({family_, {}, 0, "more ids than the memory allowed for proofs can hold"});
  if (too_many_owners_)
    not_proved.push_back(
        {family_, {}, 0, "more than 4096 prefixes; what lies under the others was not looked at"});
}

void Ledger::stranded(std::vector<DebrisSum>& work) { append(work, true); }

}  // namespace headroom::family
