#include "family/proof/bull_verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <iterator>
#include <map>
#include <utility>

namespace headroom::family {
namespace {

constexpr std::array<BullDebrisKind, bull_debris_count> kinds = {{
    {BullDebris::orphaned_job, "orphaned-job",
     "no list or set of the queue names this job: no worker will ever take it and no clean-up of the library "
     "finds it",
     true},
    {BullDebris::stub_job, "stub-job",
     "a hash without name, data and options: written for an id whose job was gone, and it blocks that id",
     true},
    {BullDebris::orphaned_subkey, "orphaned-subkey", "logs or children of a job that is gone or orphaned",
     true},
    {BullDebris::dangling_id, "dangling-id",
     "finished jobs that are still named although their hashes are gone; the name of the missing hash is "
     "shown",
     true},
    {BullDebris::dangling_waiting, "dangling-waiting",
     "the hash of the job is gone but its id still waits: a worker will run it with empty data; the name of "
     "the missing hash is shown",
     true, true},
    {BullDebris::id_in_two_states, "id-in-two-states",
     "one id stands in two states, as after a reset of the counter: cleaning one of them deletes the job of "
     "the other",
     true, true},
    {BullDebris::stale_dedup, "stale-dedup",
     "the job that this deduplication key names is gone and the key has no TTL: every later job of that "
     "deduplication id is dropped",
     true},
    {BullDebris::pending_dedup, "pending-dedup",
     "not debris: a job that was to follow its equal, of which no deduplication key is left; its data is "
     "here "
     "and nowhere else",
     true, true},
    {BullDebris::dead_scheduler, "dead-scheduler",
     "the next run of this scheduler is in no state, so it never fires again", true, true},
    {BullDebris::legacy_repeatable, "legacy-repeatable",
     "schedules in the form of before version 5: alive there, but version 6 runs each once more, then it "
     "stops, "
     "and listing schedulers fails; make them again before the upgrade",
     true, true},
    {BullDebris::legacy_priority, "legacy-priority",
     "version 4 and later neither write nor read it, and none of its jobs waits", true},
    {BullDebris::legacy_delay_stream, "legacy-delay-stream", "version 2 and later neither write nor read it"},
    {BullDebris::abandoned_queue, "abandoned-queue",
     "what is left of a queue without jobs, schedules and workers, where nothing happened for 30 days"},
    {BullDebris::counter_behind, "counter-behind",
     "the counter is lower than an id that is in use: it was reset, and new jobs will meet the ids of old "
     "ones",
     false, true},
    {BullDebris::counter_missing, "counter-missing",
     "the queue has jobs but no counter: it was obliterated or lost the key, and ids begin again at 1", false,
     true},
    {BullDebris::hidden_paused, "hidden-paused",
     "jobs in a `paused` list, which version 6 neither counts nor runs until the queue is resumed", false,
     true},
    {BullDebris::ttl_on_infrastructure, "ttl-on-infrastructure",
     "the library never gives these keys a TTL: when it runs out the queue loses its counter, states or "
     "waiting jobs; PERSIST them",
     false, true},
}};

constexpr auto strange_container = "read only: it holds a container of no known name, which may name jobs";
constexpr auto long_enough = std::chrono::days(30);
constexpr std::uint32_t bit(BullDebris kind) { return 1U << static_cast<unsigned>(kind); }
constexpr std::uint32_t bit(BullPart part) { return 1U << static_cast<unsigned>(part); }

unsigned leading_number(std::string_view text) {
  unsigned number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

/// The major version that has certainly been at work: from `meta`, where the last that opened the queue wrote
/// it ("bullmq:5.81.5"), and from the keys that only later ones write ("5.1 or later").
unsigned version_at_least(const Root& root, const BullQueue& facts) {
  const unsigned told = root.version.ends_with("later") ? leading_number(root.version) : 0;
  const auto colon = facts.version.find(':');
  return std::max(told, colon == std::string::npos
                            ? 0
                            : leading_number(std::string_view(facts.version).substr(colon + 1)));
}

std::string why_not(const Root& root, const BullQueue& facts, const BullLedger& ledger) {
  if (root.family->read_only || facts.version.starts_with("bullmq-pro:"))
    return "read only: BullMQ Pro keeps waiting jobs in places that are not documented";
  if (ledger.holds_unknown_container(root.db, root.root)) return strange_container;
  return {};
}

void add_parts(BullRoot& root, BullDebris kind, std::uint32_t parts) {
  auto& tally = root.tally(kind);
  for (std::size_t i = 1; i < bull_part_count; ++i) {
    if (((parts >> i) & 1U) == 0) continue;
    ++tally.keys;
    tally.bytes += root.facts.bytes[i];
    if (tally.examples.size() < 3)
      tally.examples.push_back(root.name.name + ":" +
                               std::string(bull_part(static_cast<BullPart>(i))->suffix));
  }
}

void note_count(BullRoot& root, BullDebris kind, std::uint64_t count, BullPart where) {
  if (count == 0) return;
  root.tally(kind).keys += count;
  root.tally(kind).examples.push_back(root.name.name + ":" + std::string(bull_part(where)->suffix));
}

constexpr std::uint32_t residue = bit(BullPart::id) | bit(BullPart::meta) | bit(BullPart::events) |
                                  bit(BullPart::pc) | bit(BullPart::marker) | bit(BullPart::stalled) |
                                  bit(BullPart::metrics_completed) | bit(BullPart::metrics_failed) |
                                  bit(BullPart::metrics_completed_data) | bit(BullPart::metrics_failed_data);

/// Without its counter a queue would begin again at 1, so one that still keeps finished jobs is not
/// abandoned.
bool is_abandoned(const BullQueue& facts, std::chrono::milliseconds now) {
  const bool empty = std::all_of(facts.ids.begin(), facts.ids.end(), [](auto ids) { return ids == 0; });
  return empty && facts.has_own_mark && facts.schedulers == 0 && !facts.has(BullPart::stalled_check) &&
         !facts.has(BullPart::limiter) && !facts.has(BullPart::meta_paused) && !facts.paused &&
         facts.last_activity.count() > 0 && now - facts.last_activity >= long_enough;
}

void judge_counter(BullRoot& root) {
  const auto& facts = root.facts;
  const bool has_jobs = root.largest_id > 0 || facts.counted_ids > 0;
  if (!facts.has(BullPart::id))
    note_count(root, BullDebris::counter_missing, has_jobs ? 1 : 0, BullPart::id);
  else if (facts.counter && *facts.counter < root.largest_id)
    note_count(root, BullDebris::counter_behind, 1, BullPart::id);
}

/// Until version 5 pause() renames `wait`, so that only one of the lists is there; version 6 pauses in `meta`
/// alone. Both lists, or the list of a queue that is not paused, show version 6 whatever `meta` says.
void judge_paused(BullRoot& root) {
  const auto& facts = root.facts;
  const bool hidden = root.version >= 6 || !facts.paused || facts.ids_in(BullPart::wait) > 0;
  if (root.family == "bullmq" && hidden)
    note_count(root, BullDebris::hidden_paused, facts.ids_in(BullPart::paused), BullPart::paused);
}

bool waits(const IdTable::Entry* entry) {
  constexpr std::uint16_t waiting = state_flag(BullPart::wait) | state_flag(BullPart::paused);
  return entry != nullptr && (entry->flags & waiting) != 0;
}

std::string name_of(const BullLedger& ledger, std::uint16_t prefix, std::uint64_t number,
                    std::string_view suffix) {
  return fmt::format("{}:{}{}{}", ledger.prefixes().text(prefix), number, suffix.empty() ? "" : ":", suffix);
}

std::string_view suffix_of(ClaimKind kind) {
  constexpr std::string_view suffixes[] = {"logs", "dependencies", "processed", "failed", "unsuccessful"};
  const auto index = static_cast<std::size_t>(kind);
  return index < std::size(suffixes) ? suffixes[index] : std::string_view();
}

/// Ids that are numbers can be named from what is kept; the others only in another reading.
void count_id(const BullLedger& ledger, const IdTable::Entry& entry, BullRoot& root) {
  const auto found = kinds_of_id(entry.flags);
  for (std::size_t i = 0; found >> i != 0; ++i) {
    if (((found >> i) & 1U) == 0) continue;
    auto& tally = root.tallies[i];
    ++tally.keys;
    const auto kind = static_cast<BullDebris>(i);
    if (kind == BullDebris::orphaned_job || kind == BullDebris::stub_job ||
        kind == BullDebris::ttl_on_infrastructure)
      tally.bytes += Bytes{entry.bytes};
    if ((entry.flags & IdTable::number_flag) != 0 && tally.examples.size() < 3)
      tally.examples.push_back(name_of(ledger, entry.prefix, entry.tail, {}));
  }
}

void name_claim(const BullLedger& ledger, const Claim& claim, BullRoot& root, BullRoot::Tally& tally) {
  if (tally.examples.size() >= 3) return;
  if (claim.kind == ClaimKind::legacy_repeatable) {
    if (tally.examples.empty()) tally.examples.push_back(root.name.name + ":repeat");
  } else if (claim.kind == ClaimKind::next_run && !claim.hashed) {
    tally.examples.emplace_back(ledger.prefixes().text(claim.prefix));  // R:repeat:<scheduler>
  } else if (claim.number && !suffix_of(claim.kind).empty()) {
    tally.examples.push_back(name_of(ledger, claim.prefix, claim.tail, suffix_of(claim.kind)));
  }
}

bool applies(const Claim& claim, const BullRoot& root) {
  if (claim.kind == ClaimKind::next_run) return root.family == "bullmq" && root.version >= 5;
  if (claim.kind == ClaimKind::legacy_repeatable) return root.family == "bullmq";
  if (claim.kind == ClaimKind::next) return root.family == "bullmq";
  return true;
}

void judge_claims(const BullLedger& ledger, const std::vector<std::size_t>& owners,
                  std::vector<BullRoot>& roots) {
  for (const Claim& claim : ledger.claims()) {
    const auto owner = owners[claim.prefix];
    if (owner == BullLedger::none || !roots[owner].not_proved.empty() || !applies(claim, roots[owner]))
      continue;
    BullRoot& root = roots[owner];
    const auto* target = ledger.ids().find(claim.identity());
    if (claim.kind == ClaimKind::prioritised) {
      root.priority_is_live = root.priority_is_live || waits(target);
    } else if (is_void(claim.kind, target)) {
      auto& tally = root.tally(kind_of_claim(claim.kind));
      ++tally.keys;
      tally.bytes += Bytes{claim.bytes};
      name_claim(ledger, claim, root, tally);
    }
  }
}

constexpr std::uint32_t containers() {
  std::uint32_t parts = bit(BullPart::events) | bit(BullPart::delay_stream) | bit(BullPart::stalled) |
                        bit(BullPart::repeat) | bit(BullPart::priority) | bit(BullPart::marker) |
                        bit(BullPart::metrics_completed_data) | bit(BullPart::metrics_failed_data);
  for (std::size_t i = 1; i <= bull_state_count; ++i) parts |= 1U << i;
  return parts;
}

/// The list `R:x:wait` is no part of the queue R, and `R:x` is no queue: it is a container of no known name.
void refuse_strange_states(const BullLedger& ledger, std::vector<BullRoot>& roots) {
  std::map<std::pair<std::uint32_t, std::string_view>, BullRoot*> by_name;
  for (BullRoot& root : roots) by_name[{root.name.db, root.name.name}] = &root;
  for (const RootName& lead : ledger.leads()) {
    const std::string_view name = lead.name;
    if ((ledger.find_queue(lead.db, name)->parts & containers()) == 0) continue;
    for (auto end = name.size(); end != std::string_view::npos && end > 0; end = name.rfind(':', end - 1)) {
      const auto found = by_name.find({lead.db, name.substr(0, end)});
      if (found == by_name.end()) continue;
      if (end != name.size() && found->second->not_proved.empty())
        found->second->not_proved = strange_container;
      break;
    }
  }
}

}  // namespace

const BullDebrisKind& debris_kind(BullDebris kind) { return kinds[static_cast<std::size_t>(kind)]; }

std::vector<BullRoot> bull_roots(const std::vector<Root>& found, const BullLedger& ledger) {
  std::vector<BullRoot> roots;
  for (const Root& one : found) {
    BullRoot root{.name = {one.db, one.root}, .family = one.family->name};
    if (const auto* facts = ledger.find_queue(one.db, one.root)) root.facts = *facts;
    root.version = version_at_least(one, root.facts);
    root.largest_id = ledger.largest_id(one.db, one.root);
    root.not_proved = why_not(one, root.facts, ledger);
    roots.push_back(std::move(root));
  }
  refuse_strange_states(ledger, roots);
  return roots;
}

void refuse_strange_containers(const BullLedger& ledger, std::vector<BullRoot>& roots) {
  for (BullRoot& root : roots)
    if (root.not_proved.empty() && ledger.holds_unknown_container(root.name.db, root.name.name))
      root.not_proved = strange_container;
}

void judge_queue(BullRoot& root) {
  std::uint32_t should_not_expire = root.facts.parts_with_ttl;
  for (std::size_t i = 1; i < bull_part_count; ++i)
    if (const auto part = static_cast<BullPart>(i); bull_part(part)->has_ttl) should_not_expire &= ~bit(part);
  add_parts(root, BullDebris::ttl_on_infrastructure, should_not_expire);
  if (!root.not_proved.empty()) return;
  if (root.family == "bullmq" && root.version >= 2)
    add_parts(root, BullDebris::legacy_delay_stream, root.facts.parts & bit(BullPart::delay_stream));
  judge_paused(root);
}

std::uint64_t judge_ids(const BullLedger& ledger, std::vector<BullRoot>& roots) {
  std::vector<RootName> names;
  for (const BullRoot& root : roots) names.push_back(root.name);
  const auto owners = ledger.owners(names);
  std::uint64_t nobodys = 0;
  ledger.ids().each([&](const IdTable::Entry& entry) {
    const auto owner = owners[entry.prefix];
    if (owner != BullLedger::none) {
      if (roots[owner].not_proved.empty()) count_id(ledger, entry, roots[owner]);
    } else if (entry.prefix == 0 && kinds_of_id(entry.flags) != 0) {
      ++nobodys;
    }
  });
  judge_claims(ledger, owners, roots);
  return nobodys;
}

void judge_with_ids(BullRoot& root, std::chrono::milliseconds now) {
  const auto& facts = root.facts;
  const bool bull = facts.has(BullPart::meta_paused) || facts.has(BullPart::limiter_index);
  const bool unsure =
      facts.many_prioritised && facts.ids_in(BullPart::wait) + facts.ids_in(BullPart::paused) > 0;
  if (root.family == "bullmq" && root.version >= 4 && !bull && !unsure && !root.priority_is_live)
    add_parts(root, BullDebris::legacy_priority, root.facts.parts & bit(BullPart::priority));
  // What is left of jobs would meet the ids of new ones once the counter is gone, or is waiting to run.
  constexpr BullDebris jobs[] = {BullDebris::orphaned_job, BullDebris::stub_job, BullDebris::pending_dedup};
  const bool has_jobs = std::any_of(std::begin(jobs), std::end(jobs),
                                    [&](BullDebris kind) { return root.tally(kind).keys > 0; });
  if (!has_jobs && is_abandoned(facts, now))
    add_parts(root, BullDebris::abandoned_queue, facts.parts & residue);
  judge_counter(root);
}

std::uint32_t kinds_of_id(std::uint16_t flags) {
  const unsigned states = flags & all_states;
  const bool unfinished = (states | finished_states) != finished_states;
  std::uint32_t found = std::popcount(states) > 1 ? bit(BullDebris::id_in_two_states) : 0;
  if ((flags & id_flag::exists) == 0) {
    if (states != 0) found |= bit(unfinished ? BullDebris::dangling_waiting : BullDebris::dangling_id);
    return found;
  }
  const bool expires = (flags & id_flag::expires) != 0;
  if ((flags & id_flag::scheduler) != 0) return expires ? bit(BullDebris::ttl_on_infrastructure) : 0;
  if ((flags & id_flag::stub) != 0)
    found |= bit(BullDebris::stub_job);
  else if (states == 0 && (flags & id_flag::mentioned) == 0)
    found |= bit(BullDebris::orphaned_job);
  return unfinished && expires ? found | bit(BullDebris::ttl_on_infrastructure) : found;
}

bool is_void(ClaimKind kind, const IdTable::Entry* target) {
  const unsigned flags = target == nullptr ? 0 : target->flags;
  const bool exists = (flags & id_flag::exists) != 0;
  switch (kind) {
    // A stub that ran empty never gives its deduplication id back: it does not know it.
    case ClaimKind::deduplication:
      return !exists || (flags & id_flag::stub) != 0;
    case ClaimKind::next:
      return (flags & id_flag::string) == 0;
    case ClaimKind::next_run:
      return (flags & all_states) == 0;
    case ClaimKind::legacy_repeatable:
      return !exists;
    case ClaimKind::prioritised:
      return false;
    default:
      return !exists || (flags & (all_states | id_flag::mentioned)) == 0;
  }
}

BullDebris kind_of_claim(ClaimKind kind) {
  switch (kind) {
    case ClaimKind::deduplication:
      return BullDebris::stale_dedup;
    case ClaimKind::next:
      return BullDebris::pending_dedup;
    case ClaimKind::next_run:
      return BullDebris::dead_scheduler;
    case ClaimKind::legacy_repeatable:
      return BullDebris::legacy_repeatable;
    case ClaimKind::prioritised:
      return BullDebris::legacy_priority;
    default:
      return BullDebris::orphaned_subkey;
  }
}

}  // namespace headroom::family
