#include "family/proof/bull_proof.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/text.h"

namespace headroom::family {
namespace {

std::vector<Family> bull_families() {
  auto families = known_families();
  std::erase_if(families, [](const Family& one) {
    return one.name != "bull" && one.name != "bullmq" && one.name != "bullmq_pro";
  });
  return families;
}

template <class Number>
std::optional<Number> leading_number(std::string_view text) {
  Number number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  return read.ec == std::errc() ? std::optional(number) : std::nullopt;
}

/// A repeatable of before version 5 is named `name:id:end:tz:pattern`.
bool is_legacy_repeatable(std::string_view member) {
  return std::count(member.begin(), member.end(), ':') >= 4;
}

/// No id is as long: what is longer was written by somebody else.
constexpr std::size_t longest_id = 65'536;

bool has_ids(BullPart part) {
  return is_state(part) || part == BullPart::stalled || part == BullPart::repeat ||
         part == BullPart::priority;
}

bool is_read_whole(BullPart part) {
  return part == BullPart::id || part == BullPart::meta || part == BullPart::events ||
         part == BullPart::metrics_completed || part == BullPart::metrics_failed;
}

}  // namespace

BullProof::BullProof(const ProofLimits& limits, std::uint16_t most_prefixes)
    : limits_(limits), families_(bull_families()), finder_(families_), ledger_(limits.bytes, most_prefixes) {}

Types BullProof::types() const {
  return Types(KeyType::string) | KeyType::hash | KeyType::list | KeyType::set | KeyType::zset |
         KeyType::stream;
}

void BullProof::begin(std::chrono::milliseconds now, unsigned) { now_ = now; }

Reading BullProof::wants(const StoredKey& key) {
  const auto name = bull_key(key.key, key.type);
  if (name.role == BullRole::none) return Reading::nothing;
  if (step_ == Step::naming) return wants_name(key, name);
  role_ = name.role;
  db_ = key.db;
  fields_ = 0;
  switch (name.role) {
    case BullRole::part:
      return wants_part(key, name);
    case BullRole::held_back:
      ledger_.open(key.db, name.root);
      return Reading::elements;
    case BullRole::deduplication:
      text_.clear();
      return key.expires ? Reading::size : Reading::elements;
    case BullRole::lock:
      note_lock(key, name);
      return Reading::nothing;
    case BullRole::part_of_job:
      return wants_part_of_job(name);
    case BullRole::group:
      if (step_ == Step::collecting) finder_.take({.key = key.key, .db = key.db, .type = key.type});
      return Reading::nothing;
    case BullRole::unknown_container:
      ledger_.unknown_container(key.db, name.lead);
      return Reading::nothing;
    default:
      return wants_hash(key, name);
  }
}

Reading BullProof::wants_hash(const StoredKey& key, const BullKey& name) {
  if (name.role == BullRole::job) identity_ = ledger_.identity_for(key.db, name.lead, name.tail);
  const bool wanted = name.role == BullRole::job ? identity_.has_value() : ledger_.matters(key.db, name.lead);
  if (!ledger_.gave_up()) return wanted ? Reading::names : Reading::nothing;
  ledger_.key(key.db, name.lead, name.tail, id_flag::exists, {});  // counted, for the next reading
  return Reading::nothing;
}

/// Dependencies and unsuccessful ones name children by their keys; an application's own set of that name does
/// not.
Reading BullProof::wants_part_of_job(const BullKey& name) {
  has_children_ = true;
  return name.tail == "logs" ? Reading::size : Reading::elements;
}

bool BullProof::read_child(std::string_view member) {
  has_children_ = member.find(':') != std::string_view::npos;
  return has_children_;
}

/// While a worker holds a job it may be between two states. (A lock that expired never comes here.)
void BullProof::note_lock(const StoredKey& key, const BullKey& name) {
  const auto colon = name.lead.rfind(':');
  ledger_.key(key.db, name.lead.substr(0, colon), name.lead.substr(colon + 1), id_flag::mentioned, {});
  make_room();
}

Reading BullProof::wants_part(const StoredKey& key, const BullKey& name) {
  at_ = name.part;
  members_ = 0;
  queue_ = nullptr;
  if (step_ == Step::collecting) {
    finder_.take({.key = key.key, .db = key.db, .type = key.type});
    queue_ = ledger_.queue(key.db, name.root);
  }
  if (has_ids(at_)) {
    root_.assign(name.root);
    ledger_.open(key.db, name.root);
    return Reading::elements;
  }
  if (step_ == Step::in_parts)
    return key.type == KeyType::hash && ledger_.matters(key.db, name.lead) ? Reading::names
                                                                           : Reading::nothing;
  if (is_read_whole(at_)) return Reading::elements;
  return key.type == KeyType::hash ? Reading::names : Reading::size;
}

bool BullProof::element(const Element& element) {
  if (step_ == Step::naming) return name_element(element);
  switch (role_) {
    case BullRole::part:
      return part_element(element);
    case BullRole::held_back:
      ledger_.member(element.name, id_flag::mentioned);
      break;
    case BullRole::deduplication:
      return read_text(element.name);
    case BullRole::part_of_job:
      return read_child(element.name);
    default:
      read_field(element.name);
      return !is_job();
  }
  make_room();
  return true;
}

bool BullProof::names(std::span<const std::string_view> names) {
  const bool of_hash = step_ != Step::naming && role_ != BullRole::part;
  if (!of_hash) return Proof::names(names);
  for (const auto name : names) read_field(name);
  return !is_job();
}

bool BullProof::read_text(std::string_view value) {
  if (value.size() <= longest_id) text_.assign(value);
  return false;
}

bool BullProof::part_element(const Element& element) {
  if (is_state(at_)) {
    // Up to 5.0 a marker of this form lies in the lists beside the jobs, to wake up a worker.
    // A job may be called so too: it is spared, and a marker without a hash is no missing job.
    if (at_ <= BullPart::active && element.name.starts_with("0:")) {
      ledger_.member(element.name, id_flag::mentioned);
      make_room();
      return true;
    }
    ledger_.member(element.name, state_flag(at_));
    if (queue_ != nullptr) {
      ++queue_->ids[static_cast<std::size_t>(at_) - 1];
      queue_->counted_ids += element.name.starts_with("repeat:") ? 0 : 1;
      if (at_ >= BullPart::completed) read_activity(element.score);
    }
    make_room();
    return true;
  }
  switch (at_) {
    case BullPart::stalled:
      ledger_.member(element.name, id_flag::mentioned);
      break;
    case BullPart::repeat:
      read_scheduler(element);
      break;
    case BullPart::priority:
      ledger_.claim(ClaimKind::prioritised, db_, root_ + ":" + std::string(element.name));
      if (++members_ == BullLedger::most_prioritised) {
        if (queue_ != nullptr) queue_->many_prioritised = true;
        return false;
      }
      break;
    default:
      return read_fact(element);
  }
  make_room();
  return true;
}

bool BullProof::read_fact(const Element& element) {
  if (bull_part(at_)->type == KeyType::hash) read_field(element.name);
  if (queue_ == nullptr) return true;
  switch (at_) {
    case BullPart::id:
      queue_->counter = leading_number<std::uint64_t>(element.name);
      return false;
    case BullPart::meta:
      if (element.name == "version") queue_->version = element.value.substr(0, 64);
      if (element.name == "paused") queue_->paused = true;
      if (element.name == "opts.maxLenEvents") queue_->has_own_mark = true;
      if (queue_->version.starts_with("bullmq")) queue_->has_own_mark = true;
      return true;
    case BullPart::events:
      if (const auto ms = leading_number<std::int64_t>(element.name)) read_activity(static_cast<double>(*ms));
      return true;
    default:
      if (element.name == "prevTS") queue_->has_own_mark = true;
      if (element.name == "prevTS")
        if (const auto ms = leading_number<std::int64_t>(element.value))
          read_activity(static_cast<double>(*ms));
      return true;
  }
}

void BullProof::read_activity(double ms) {
  if (!(ms > 0) || ms > 1e15) return;
  const std::chrono::milliseconds at(static_cast<std::int64_t>(ms));
  queue_->last_activity = std::max(queue_->last_activity, at);
}

void BullProof::read_scheduler(const Element& element) {
  if (queue_ != nullptr) ++queue_->schedulers;
  const auto scheduler = fmt::format("{}:repeat:{}", root_, element.name);
  if (is_legacy_repeatable(element.name))
    ledger_.claim(ClaimKind::legacy_repeatable, db_, scheduler);
  else if (element.score > 0 && element.score < 1e15)
    ledger_.claim(ClaimKind::next_run, db_,
                  fmt::format("{}:{}", scheduler, static_cast<std::int64_t>(element.score)));
}

void BullProof::ends(const StoredKey& key, const ValueSize&, Bytes bytes) {
  if (step_ == Step::naming) {
    return name_at_end(key);
  }
  if (role_ == BullRole::job) {
    ledger_.add(*identity_, flags_of(key), bytes);
    return make_room();
  }
  const auto name = bull_key(key.key, key.type);
  switch (name.role) {
    case BullRole::part:
      note_part(key, name, bytes);
      break;
    case BullRole::deduplication:
      note_deduplication(key, name, bytes);
      break;
    case BullRole::part_of_job:
      if (!has_children_) break;
      ledger_.claim(name.tail == "logs"           ? ClaimKind::logs
                    : name.tail == "dependencies" ? ClaimKind::dependencies
                                                  : ClaimKind::unsuccessful,
                    key.db, name.lead, bytes);
      break;
    case BullRole::held_back:
      break;
    default:
      note_hash(key, name, bytes);
  }
  make_room();
}

void BullProof::note_part(const StoredKey& key, const BullKey& name, Bytes bytes) {
  // A custom id may look like a fixed key of a queue that is none: `R:user:meta` is a job of R.
  if (key.type == KeyType::hash && has_job_field()) return note_hash(key, name, bytes);
  if (queue_ == nullptr) return;
  const std::uint32_t bit = 1U << static_cast<unsigned>(name.part);
  queue_->parts |= bit;
  if (key.expires) queue_->parts_with_ttl |= bit;
  queue_->bytes[static_cast<std::size_t>(name.part)] += bytes;
  if (key.idle && (name.part == BullPart::id || name.part == BullPart::meta))
    read_activity(static_cast<double>((now_ - *key.idle).count()));
}

std::uint16_t BullProof::flags_of(const StoredKey& key) const {
  return static_cast<std::uint16_t>(
      id_flag::exists | (key.expires ? id_flag::expires : 0) |
      (is_job()                                                                     ? 0
       : (fields_ | bull_field::plain) == (bull_field::of_runs | bull_field::plain) ? id_flag::stub
                                                                                    : id_flag::mentioned));
}

void BullProof::note_hash(const StoredKey& key, const BullKey& name, Bytes bytes) {
  if (name.role == BullRole::job_or_children && (fields_ & bull_field::plain) == 0) {
    const auto kind = name.tail == "failed" ? ClaimKind::failed : ClaimKind::processed;
    return ledger_.claim(kind, key.db, name.lead, bytes);
  }
  if (name.role == BullRole::job_or_next && has_job_field() && !has_timestamp()) {
    const auto id = key.key.substr(name.root.size() + 4);
    return ledger_.claim(ClaimKind::next, key.db, fmt::format("{}:de:{}", name.root, id), bytes);
  }
  auto flags = flags_of(key);
  if (name.role == BullRole::job_or_scheduler && has_job_field() && !has_timestamp())
    flags |= id_flag::scheduler;
  ledger_.key(key.db, name.lead, name.tail, flags, bytes);
}

void BullProof::note_deduplication(const StoredKey& key, const BullKey& name, Bytes bytes) {
  ledger_.key(key.db, name.lead, name.tail, id_flag::string, {});
  if (!key.expires && !text_.empty())
    ledger_.claim(ClaimKind::deduplication, key.db, fmt::format("{}:{}", name.root, text_), bytes);
}

void BullProof::make_room() {
  if (!ledger_.nearly_full() || ledger_.gave_up()) return;
  if (step_ == Step::collecting && !limits_.again) {
    ledger_.keep_only(ledger_.leads());
    // Hardly any room was won: soon it would be full again, and each time all of it is looked through.
    if (ledger_.ids().size() < ledger_.room() / 8 * 7 && !ledger_.nearly_full()) return;
  }
  ledger_.give_up();
}

}  // namespace headroom::family
