#include "family/proof/bull_ledger.h"

#include <algorithm>

#include "base/hash.h"

namespace headroom::family {
namespace {

/// Grows with the numbers that are used.
template <class T>
T& at(std::vector<T>& values, std::size_t index) {
  if (values.size() <= index) values.resize(std::max(index + 1, values.size() * 2));
  return values[index];
}

bool is_set(const std::vector<bool>& bits, std::size_t index) { return index < bits.size() && bits[index]; }

Identity place_of(std::uint32_t db, std::string_view name) { return {hash_bytes(name, db), 0, false, true}; }

}  // namespace

BullLedger::BullLedger(std::size_t bytes, std::uint16_t most_prefixes)
    : prefixes_(most_prefixes),
      ids_(bytes / 4 * 3),
      most_claims_(std::max<std::size_t>(bytes / 8 / sizeof(Claim), 16)),
      containers_(bytes / 8) {}

void BullLedger::flush() {
  ids_.flush();
  containers_.flush();
}

BullQueue* BullLedger::queue(std::uint32_t db, std::string_view root) {
  const auto number = prefixes_.number_of_root(db, root);
  return number == 0 ? nullptr : &queues_[number];
}

const BullQueue* BullLedger::find_queue(std::uint32_t db, std::string_view root) const {
  const auto found = queues_.find(prefixes_.find(db, root));
  return found == queues_.end() ? nullptr : &found->second;
}

/// In a second reading only what lies under roots gets a number; 0 is then somebody else's.
std::uint16_t BullLedger::number_for(std::uint32_t db, std::string_view lead) {
  if (!restricted_) return prefixes_.number(db, lead);
  const auto known = prefixes_.find(db, lead);
  return known != 0 || root_above(db, lead) == 0 ? known : prefixes_.number(db, lead);
}

std::uint16_t BullLedger::root_above(std::uint32_t db, std::string_view lead) const {
  for (auto end = lead.size(); end != std::string_view::npos && end > 0; end = lead.rfind(':', end - 1))
    if (const auto number = prefixes_.find(db, lead.substr(0, end)); is_set(is_root_, number)) return number;
  return 0;
}

std::optional<Identity> BullLedger::identity_for(std::uint32_t db, std::string_view lead,
                                                 std::string_view tail) {
  const auto number = number_for(db, lead);
  auto identity = prefixes_.identity(number, db, lead, tail);
  if (number == 0 && restricted_) {
    identity.prefix = root_above(db, lead);
    if (identity.prefix == 0) return std::nullopt;
  }
  return identity;
}

bool BullLedger::takes(const Identity& identity) {
  ++at(offered_, identity.prefix);
  if (gave_up_ || is_set(forgotten_, identity.prefix)) return false;
  return parts_ == 1 || (identity.place() >> 40U) % parts_ == part_;
}

void BullLedger::add(const Identity& identity, std::uint16_t flags, Bytes bytes) {
  if (identity.number) at(largest_, identity.prefix) = std::max(at(largest_, identity.prefix), identity.tail);
  if (takes(identity)) ids_.add(identity, flags, bytes.count);
}

void BullLedger::key(std::uint32_t db, std::string_view lead, std::string_view tail, std::uint16_t flags,
                     Bytes bytes) {
  if (const auto identity = identity_for(db, lead, tail)) add(*identity, flags, bytes);
}

void BullLedger::open(std::uint32_t db, std::string_view root) {
  open_db_ = db;
  open_number_ = number_for(db, root);
  open_matters_ = open_number_ != 0 || !restricted_;
  open_root_.assign(root).push_back(':');
}

void BullLedger::member(std::string_view id, std::uint16_t flags) {
  if (!open_matters_) return;
  const auto colon = id.rfind(':');
  if (colon != std::string_view::npos) {
    const auto length = open_root_.size();
    open_root_.append(id.substr(0, colon));
    key(open_db_, open_root_, id.substr(colon + 1), flags, {});
    open_root_.resize(length);
    return;
  }
  const auto root = std::string_view(open_root_).substr(0, open_root_.size() - 1);
  add(prefixes_.identity(open_number_, open_db_, root, id), flags, {});
}

void BullLedger::claim(ClaimKind kind, std::uint32_t db, std::string_view target, Bytes bytes) {
  const auto colon = target.rfind(':');
  if (colon == std::string_view::npos) return;
  const auto identity = identity_for(db, target.substr(0, colon), target.substr(colon + 1));
  if (!identity || !takes(*identity)) return;
  if (claims_.size() >= most_claims_) {
    give_up();
    return;
  }
  const auto counted = static_cast<std::uint32_t>(std::min<std::uint64_t>(bytes.count, ~std::uint32_t{0}));
  claims_.push_back({identity->tail, counted, identity->prefix, kind, identity->number, identity->hashed});
}

void BullLedger::unknown_container(std::uint32_t db, std::string_view lead) {
  if (restricted_) {
    const auto root = root_above(db, lead);
    if (root != 0) containers_.add(place_of(db, prefixes_.text(root)), id_flag::mentioned);
    return;
  }
  for (auto end = lead.size(); end != std::string_view::npos && end > 0; end = lead.rfind(':', end - 1)) {
    const auto name = lead.substr(0, end);
    if (some_containers_ && !is_set(known_leads_, prefixes_.find(db, name))) continue;
    if (containers_.nearly_full() && !some_containers_) drop_containers();
    containers_.add(place_of(db, name), id_flag::mentioned);
  }
}

/// Of a million lists of others (`cart:17:items`) each has a name of its own above it. What may be a queue by
/// now stays.
void BullLedger::drop_containers() {
  containers_.flush();
  some_containers_ = true;
  std::vector<RootName> kept;
  for (const RootName& lead : leads()) {
    const auto number = prefixes_.find(lead.db, lead.name);
    if (known_leads_.size() <= number) known_leads_.resize(std::size_t{number} + 1);
    known_leads_[number] = true;
    if (holds_unknown_container(lead.db, lead.name)) kept.push_back(lead);
  }
  containers_.clear();
  for (const RootName& lead : kept) containers_.add(place_of(lead.db, lead.name), id_flag::mentioned);
}

bool BullLedger::knows_containers(std::uint32_t db, std::string_view root) const {
  return containers_.whole() && (!some_containers_ || is_set(known_leads_, prefixes_.find(db, root)));
}

bool BullLedger::holds_unknown_container(std::uint32_t db, std::string_view root) const {
  return containers_.find(place_of(db, root)) != nullptr;
}

void BullLedger::restrict_to(const std::vector<RootName>& roots, std::size_t part, std::size_t parts) {
  if (!restricted_) containers_.clear();
  restricted_ = true;
  some_containers_ = false;
  gave_up_ = false;
  prefixes_.clear();
  ids_.clear();
  claims_.clear();
  queues_.clear();
  offered_.clear();
  largest_.clear();
  forgotten_.clear();
  is_root_.clear();
  for (const RootName& root : roots)
    if (const auto number = prefixes_.number_of_root(root.db, root.name)) {
      if (is_root_.size() <= number) is_root_.resize(std::size_t{number} + 1);
      is_root_[number] = true;
    }
  part_ = part;
  parts_ = parts;
}

void BullLedger::keep_only(const std::vector<RootName>& roots) {
  const auto owner = owners(roots);
  forgotten_.resize(owner.size());
  for (const auto number : prefixes_.numbers())
    forgotten_[number] =
        forgotten_[number] || owner[number] == none;  // once forgotten, its ids are incomplete
  ids_.remove([&](const IdTable::Entry& entry) { return is_set(forgotten_, entry.prefix); });
  std::erase_if(claims_, [&](const Claim& claim) { return is_set(forgotten_, claim.prefix); });
}

void BullLedger::give_up() {
  gave_up_ = true;
  ids_.clear();
  std::vector<Claim>().swap(claims_);
}

std::vector<std::size_t> BullLedger::owners(const std::vector<RootName>& roots) const {
  std::vector<std::size_t> at_root(65'536, none), owner(65'536, none);
  for (std::size_t i = 0; i < roots.size(); ++i)
    if (const auto number = prefixes_.find(roots[i].db, roots[i].name)) at_root[number] = i;
  for (const auto number : prefixes_.numbers()) {
    const auto text = prefixes_.text(number);
    for (auto end = text.size(); end != std::string_view::npos && end > 0; end = text.rfind(':', end - 1)) {
      const auto above = prefixes_.find(prefixes_.db(number), text.substr(0, end));
      if (above == 0 || at_root[above] == none) continue;
      owner[number] = at_root[above];
      break;
    }
  }
  return owner;
}

std::vector<RootName> BullLedger::leads() const {
  std::vector<RootName> leads;
  for (const auto& [number, queue] : queues_)
    leads.push_back({prefixes_.db(number), std::string(prefixes_.text(number))});
  return leads;
}

std::uint64_t BullLedger::largest_id(std::uint32_t db, std::string_view root) const {
  const auto number = prefixes_.find(db, root);
  return number < largest_.size() ? largest_[number] : 0;
}

Identity BullLedger::identity_of(std::uint32_t db, std::string_view name) const {
  const auto colon = name.rfind(':');
  const auto lead = name.substr(0, colon);
  return prefixes_.identity(prefixes_.find(db, lead), db, lead, name.substr(colon + 1));
}

}  // namespace headroom::family
