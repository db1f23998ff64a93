// BullProof between one reading of a snapshot and the next, and what it finds in the last one.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "family/proof/bull_proof.h"

namespace headroom::family {
namespace {

constexpr std::uint32_t bit(BullDebris kind) { return 1U << static_cast<unsigned>(kind); }

bool is_named_by_members(BullDebris kind) {
  return kind == BullDebris::dangling_id || kind == BullDebris::dangling_waiting ||
         kind == BullDebris::id_in_two_states;
}

/// The version in `meta` is that of the last that opened the queue; keys of later ones show that they worked.
bool has_later_keys(const BullQueue& facts) {
  return facts.has(BullPart::marker) || facts.has(BullPart::prioritized) || facts.has(BullPart::pc);
}

/// Before version 5 an application could choose numbers as ids itself, larger than the counter; and nothing
/// shows that a queue will ever see version 6.
Certainty certainty_of(const BullRoot& root, BullDebris kind) {
  const bool chosen = kind == BullDebris::counter_behind && (root.family == "bull" || root.version < 5);
  const bool alive = kind == BullDebris::legacy_repeatable && root.version < 6;
  const bool read = kind == BullDebris::legacy_delay_stream && !has_later_keys(root.facts);
  return chosen || alive || read ? Certainty::suspected : Certainty::proved;
}

}  // namespace

bool BullProof::another_pass() {
  ledger_.flush();
  switch (step_) {
    case Step::collecting:
      return after_first();
    case Step::in_parts:
      return after_part();
    default:
      return end();
  }
}

bool BullProof::end() {
  step_ = Step::done;
  return false;
}

void BullProof::settle_roots() {
  roots_ = bull_roots(finder_.finish(), ledger_);
  for (std::size_t i = 0; i < roots_.size(); ++i) root_by_name_[{roots_[i].name.db, roots_[i].name.name}] = i;
  judge_from_nothing();
}

void BullProof::judge_from_nothing() {
  for (BullRoot& root : roots_) {
    root.tallies = {};
    root.priority_is_live = false;
    judge_queue(root);
  }
}

std::vector<RootName> BullProof::root_names() const {
  std::vector<RootName> names;
  for (const BullRoot& root : roots_) names.push_back(root.name);
  return names;
}

bool BullProof::after_first() {
  settle_roots();
  if (roots_.empty()) return end();
  if (!ledger_.gave_up() && doubtful_roots().empty()) {
    nobodys_ = judge_ids(ledger_, roots_);
    if (nobodys_ == 0 || !limits_.again) return name_or_end();
  } else if (!limits_.again) {
    doubt();
    judge_from_nothing();
    nobodys_ = judge_ids(ledger_, roots_);
    return name_or_end();
  }
  // Every id was offered about twice: by its hash and by its state.
  const auto owners = ledger_.owners(root_names());
  std::uint64_t ids = 0;
  for (std::size_t number = 0; number < ledger_.offered().size(); ++number)
    if (number == 0 || owners[number] != BullLedger::none) ids += ledger_.offered()[number];
  return read_in_parts(ids / 2 / ledger_.room() + 1);
}

bool BullProof::read_in_parts(std::size_t parts) {
  step_ = Step::in_parts;
  parts_ = parts;
  part_ = 0;
  nobodys_ = 0;
  if (parts_ > most_parts) {
    doubt();
    return end();
  }
  judge_from_nothing();
  ledger_.restrict_to(root_names(), part_, parts_);
  return true;
}

bool BullProof::after_part() {
  if (ledger_.gave_up()) return read_in_parts(parts_ * 2);
  if (part_ == 0) refuse_strange_containers(ledger_, roots_);
  nobodys_ += judge_ids(ledger_, roots_);
  if (++part_ == parts_) return name_or_end();
  ledger_.restrict_to(root_names(), part_, parts_);
  return true;
}

/// Indices of the queues of which ids or containers are missing.
std::vector<std::size_t> BullProof::doubtful_roots() const {
  const auto owners = ledger_.owners(root_names());
  std::vector<std::size_t> roots;
  const auto& forgotten = ledger_.forgotten();
  for (std::size_t number = 0; number < forgotten.size(); ++number)
    if (forgotten[number] && owners[number] != BullLedger::none) roots.push_back(owners[number]);
  for (std::size_t i = 0; i < roots_.size(); ++i)
    if (!ledger_.knows_containers(roots_[i].name.db, roots_[i].name.name)) roots.push_back(i);
  return roots;
}

void BullProof::doubt() {
  const auto why =
      fmt::format("what may belong to it did not fit into {}", human_bytes(Bytes{limits_.bytes}));
  const auto doubted = [&](BullRoot& root) {
    if (root.not_proved.empty()) root.not_proved = why;
  };
  if (ledger_.gave_up()) std::for_each(roots_.begin(), roots_.end(), doubted);
  for (const auto index : doubtful_roots()) doubted(roots_[index]);
}

bool BullProof::name_or_end() {
  for (BullRoot& root : roots_)
    if (root.not_proved.empty()) judge_with_ids(root, now_);
  if (!limits_.again || parts_ > 1 || !lacks_examples()) return end();
  step_ = Step::naming;
  return true;
}

bool BullProof::lacks_examples() const {
  const auto nameable = [](BullDebris kind) {
    return kind <= BullDebris::pending_dedup;  // the others name themselves
  };
  return std::any_of(roots_.begin(), roots_.end(), [&](const BullRoot& root) {
    for (std::size_t i = 0; i < bull_debris_count; ++i)
      if (nameable(static_cast<BullDebris>(i)) && root.tallies[i].wants_example()) return true;
    return false;
  });
}

BullRoot* BullProof::owner_of(std::uint32_t db, std::string_view name) {
  for (auto end = name.rfind(':'); end != std::string_view::npos && end > 0; end = name.rfind(':', end - 1)) {
    const auto found = root_by_name_.find({db, std::string(name.substr(0, end))});
    if (found != root_by_name_.end()) return &roots_[found->second];
  }
  return nullptr;
}

void BullProof::give_name(std::uint32_t db, std::string_view name, std::uint32_t kinds) {
  BullRoot* root = kinds == 0 ? nullptr : owner_of(db, name);
  if (root == nullptr || !root->not_proved.empty()) return;
  for (std::size_t i = 0; i < bull_debris_count; ++i) {
    auto& tally = root->tallies[i];
    const bool wanted = ((kinds >> i) & 1U) != 0 && tally.wants_example();
    if (wanted && std::find(tally.examples.begin(), tally.examples.end(), name) == tally.examples.end())
      tally.examples.emplace_back(name);
  }
}

std::uint32_t BullProof::claimed(ClaimKind kind, std::uint32_t db, std::string_view target) const {
  const bool is = is_void(kind, ledger_.ids().find(ledger_.identity_of(db, target)));
  return is ? bit(kind_of_claim(kind)) : 0;
}

Reading BullProof::wants_name(const StoredKey& key, const BullKey& name) {
  role_ = name.role;
  db_ = key.db;
  switch (name.role) {
    case BullRole::part:
      if (is_state(name.part) && lacks_members(key.db, name.root)) {
        root_.assign(name.root);
        return Reading::elements;
      }
      [[fallthrough]];
    case BullRole::lock:
    case BullRole::held_back:
    case BullRole::group:
    case BullRole::unknown_container:
      break;
    case BullRole::deduplication:
      text_.clear();
      return key.expires ? Reading::nothing : Reading::elements;
    case BullRole::part_of_job:
      return wants_part_of_job(name);
    default:
      name_hash(key, name);
  }
  return Reading::nothing;
}

bool BullProof::lacks_members(std::uint32_t db, std::string_view name) const {
  const auto found = root_by_name_.find({db, std::string(name)});
  if (found == root_by_name_.end()) return false;
  const auto& root = roots_[found->second];
  for (std::size_t i = 0; i < bull_debris_count; ++i)
    if (is_named_by_members(static_cast<BullDebris>(i)) && root.tallies[i].wants_example()) return true;
  return false;
}

void BullProof::name_hash(const StoredKey& key, const BullKey& name) {
  const auto* entry = ledger_.ids().find(ledger_.identity_of(key.db, key.key));
  if (entry != nullptr && (entry->flags & id_flag::exists) != 0)
    return give_name(key.db, key.key, kinds_of_id(entry->flags));
  if (name.role == BullRole::job_or_children)
    return give_name(key.db, key.key, claimed(ClaimKind::processed, key.db, name.lead));
  if (name.role != BullRole::job_or_next) return;
  const auto target = fmt::format("{}:de:{}", name.root, key.key.substr(name.root.size() + 4));
  give_name(key.db, key.key, claimed(ClaimKind::next, key.db, target));
}

bool BullProof::name_element(const Element& element) {
  if (role_ == BullRole::deduplication) return read_text(element.name);
  if (role_ == BullRole::part_of_job) return read_child(element.name);
  const auto name = fmt::format("{}:{}", root_, element.name);
  const auto* entry = ledger_.ids().find(ledger_.identity_of(db_, name));
  if (entry != nullptr) give_name(db_, name, kinds_of_id(entry->flags));
  return true;
}

void BullProof::name_at_end(const StoredKey& key) {
  if (role_ == BullRole::deduplication) name_deduplication(key);
  if (role_ == BullRole::part_of_job && has_children_)
    give_name(key.db, key.key, claimed(ClaimKind::logs, key.db, key.key.substr(0, key.key.rfind(':'))));
}

void BullProof::name_deduplication(const StoredKey& key) {
  const auto root = bull_key(key.key, key.type).root;
  give_name(key.db, key.key, claimed(ClaimKind::deduplication, key.db, fmt::format("{}:{}", root, text_)));
}

void BullProof::finish(std::vector<DebrisSum>& debris, std::vector<NotProved>& not_proved) {
  for (BullRoot& root : roots_) {
    if (!root.not_proved.empty())
      not_proved.push_back({root.family, root.name.name, root.name.db, root.not_proved});
    for (std::size_t i = 0; i < bull_debris_count; ++i) {
      auto& tally = root.tallies[i];
      const auto& kind = debris_kind(static_cast<BullDebris>(i));
      if (tally.keys == 0 || (kind.of_jobs && !root.not_proved.empty())) continue;
      const auto keys = static_cast<double>(tally.keys), bytes = static_cast<double>(tally.bytes.count);
      debris.push_back({kind.name,
                        root.family,
                        root.name.name,
                        root.name.db,
                        {keys, keys, keys},
                        {bytes, bytes, bytes},
                        certainty_of(root, kind.kind),
                        kind.why,
                        std::move(tally.examples),
                        kind.repair});
    }
  }
  if (nobodys_ > 0)
    not_proved.push_back({"bullmq", "", 0,
                          fmt::format("{} keys may be jobs of one of the queues, but there were too many "
                                      "prefixes of names to tell",
                                      nobodys_)});
  if (finder_.left_out() > 0)
    not_proved.push_back(
        {"bullmq", "", 0,
         fmt::format("there was no room for {} keys that may be of queues", finder_.left_out())});
}

}  // namespace headroom::family
