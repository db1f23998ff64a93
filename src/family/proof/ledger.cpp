#include "family/proof/ledger.h"

#include <algorithm>
#include <bit>

#include "base/hash.h"

namespace headroom::family {
namespace {

constexpr std::size_t most_examples = 3;
constexpr std::size_t most_owners = 4096;  // a name of any length each, chosen by strangers
// Names kept from the first pass in the hope that their ids turn out to be debris: they spare a second pass
// over most snapshots, and are all there is where there is none.
constexpr std::size_t most_candidates = 1000;
constexpr std::size_t most_candidate_bytes = 256 * 1024;

/// Prefix 0 has a meaning of its own in the table.
Identity identity(std::uint16_t owner, std::uint64_t fingerprint) {
  return {.tail = fingerprint, .prefix = static_cast<std::uint16_t>(owner + 1)};
}
/// Beside the entry of an id, that of one of its counts.
Identity count_of(Identity identity, bool expected) {
  identity.tail ^= expected ? 0x5bd1e9955bd1e995 : 0x9e3779b97f4a7c15;
  return identity;
}
std::uint64_t number_of(const IdTable::Entry* entry) { return entry == nullptr ? 0 : entry->bytes; }
constexpr Marks is_count = 1;

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

Marks Ledger::marks_counted() const {
  Marks marks = 0;
  for (const Verdict& verdict : verdicts_) marks |= verdict.counted;
  return marks;
}

void Ledger::mark(Owner owner, std::string_view id, Marks marks, std::string_view example) {
  mark_key(owner, id, marks, {}, example);
}

void Ledger::mark_key(Owner owner, std::string_view id, Marks marks, Bytes bytes, std::string_view example) {
  if (owner == nobody) return;
  const std::uint64_t fingerprint = hash_bytes(id);
  if (pass_ > 1) return offer(owner, fingerprint, marks, example);
  table_.add(identity(owner, fingerprint), marks, bytes.count);
  remember(owner, fingerprint, marks, example);
}

void Ledger::count(Owner owner, std::string_view id, Side side, std::uint64_t number) {
  if (owner == nobody || pass_ > 1) return;
  table_.add(count_of(identity(owner, hash_bytes(id)), side == Side::expected), is_count, number);
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

bool Ledger::holds_of(const Verdict& verdict, const OwnerRecord& owner) {
  return (owner.marks & verdict.owner_all) == verdict.owner_all && (owner.marks & verdict.owner_none) == 0;
}

bool Ledger::holds(const Verdict& verdict, const IdTable::Entry& entry) const {
  const OwnerRecord& owner = owners_[entry.prefix - 1u];
  if (verdict.space != owner.space || (entry.flags & verdict.counted) == 0) return false;
  if ((entry.flags & verdict.all) != verdict.all || (entry.flags & verdict.none) != 0) return false;
  if (!holds_of(verdict, owner)) return false;
  return !verdict.balanced || number_of(table_.find(count_of(entry.identity(), true))) ==
                                  number_of(table_.find(count_of(entry.identity(), false)));
}

Ledger::Row& Ledger::row(Owner owner, std::size_t verdict) {
  const Verdict& same = verdicts_[verdict];
  std::size_t first = 0;
  while (verdicts_[first].kind != same.kind || verdicts_[first].certainty != same.certainty ||
         verdicts_[first].undecided != same.undecided)
    ++first;
  return rows_[{owner, first}];
}

void Ledger::judge() {
  if (std::exchange(judged_, true)) return;
  table_.flush();
  if (table_.whole()) {
    table_.each([this](const IdTable::Entry& entry) {
      for (std::size_t i = 0; i < verdicts_.size(); ++i) {
        if (!holds(verdicts_[i], entry)) continue;
        Row& sum = row(static_cast<Owner>(entry.prefix - 1), i);
        sum.keys += static_cast<std::uint64_t>(std::popcount(Marks(entry.flags & verdicts_[i].counted)));
        if (!verdicts_[i].members) sum.bytes += Bytes{entry.bytes};
      }
    });
    for (const Candidate& one : candidates_) offer(one.owner, one.fingerprint, one.marks, one.example);
  }
  std::vector<Candidate>().swap(candidates_);
}

void Ledger::offer(Owner owner, std::uint64_t fingerprint, Marks marks, std::string_view example) {
  const IdTable::Entry* entry = table_.whole() ? table_.find(identity(owner, fingerprint)) : nullptr;
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
  return again_ && pass_ == 1 && std::any_of(rows_.begin(), rows_.end(), [this](const auto& row) {
           return row.second.keys > 0 && row.second.examples.empty() &&
                  !verdicts_[row.first.second].undecided;
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
    if (row.keys == 0 || verdict.undecided || verdict.stranded != stranded) continue;
    // What was told by tally() could not look at the owner, whose other keys were still to come.
    if (verdict.counted == 0 && !holds_of(verdict, owners_[key.first])) continue;
    sums.push_back(sum(key.first, verdict, row));
  }
}

void Ledger::finish(std::vector<DebrisSum>& debris, std::vector<NotProved>& not_proved) {
  judge();
  append(debris, false);
  for (const auto& [key, row] : rows_)
    if (row.keys > 0 && verdicts_[key.second].undecided) doubt(key.first, verdicts_[key.second].why);
  for (const auto& [owner, reasons] : doubts_)
    for (const std::string_view why : reasons)
      not_proved.push_back({family_, owners_[owner].name, owners_[owner].db, std::string(why)});
  if (!table_.whole())
    not_proved.push_back({family_, {}, 0, "more ids than the memory allowed for proofs can hold"});
  if (too_many_owners_)
    not_proved.push_back(
        {family_, {}, 0, "more than 4096 prefixes; what lies under the others was not looked at"});
}

void Ledger::stranded(std::vector<DebrisSum>& work) { append(work, true); }

}  // namespace headroom::family
