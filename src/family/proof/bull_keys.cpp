#include "family/proof/bull_keys.h"

#include <array>
#include <cstdint>
#include <cstring>

namespace headroom::family {
namespace {

constexpr std::array<BullPartName, bull_part_count> parts = {{
    {},
    {BullPart::wait, KeyType::list, "wait"},
    {BullPart::paused, KeyType::list, "paused"},
    {BullPart::active, KeyType::list, "active"},
    {BullPart::prioritized, KeyType::zset, "prioritized"},
    {BullPart::delayed, KeyType::zset, "delayed"},
    {BullPart::waiting_children, KeyType::zset, "waiting-children"},
    {BullPart::completed, KeyType::zset, "completed"},
    {BullPart::failed, KeyType::zset, "failed"},
    {BullPart::id, KeyType::string, "id"},
    {BullPart::meta, KeyType::hash, "meta"},
    {BullPart::events, KeyType::stream, "events"},
    {BullPart::stalled, KeyType::set, "stalled"},
    {BullPart::stalled_check, KeyType::string, "stalled-check", true},
    {BullPart::repeat, KeyType::zset, "repeat"},
    {BullPart::priority, KeyType::zset, "priority"},
    {BullPart::delay_stream, KeyType::stream, "delay"},
    {BullPart::marker, KeyType::zset, "marker"},
    {BullPart::pc, KeyType::string, "pc"},
    {BullPart::meta_paused, KeyType::string, "meta-paused"},
    {BullPart::limiter, KeyType::string, "limiter", true},
    {BullPart::limiter_index, KeyType::hash, "limiter:index"},
    {BullPart::metrics_completed, KeyType::hash, "metrics:completed"},
    {BullPart::metrics_failed, KeyType::hash, "metrics:failed"},
    {BullPart::metrics_completed_data, KeyType::list, "metrics:completed:data"},
    {BullPart::metrics_failed_data, KeyType::list, "metrics:failed:data"},
}};

/// Of which types a fixed key may be that ends in a byte: nearly every name is refused by one look.
constexpr auto types_by_last_byte = [] {
  std::array<std::uint16_t, 256> types{};
  for (const BullPartName& one : parts)
    if (!one.suffix.empty()) types[static_cast<unsigned char>(one.suffix.back())] |= Types(one.type).bits;
  return types;
}();

/// A name at its last ':'.
struct Split {
  std::string_view name{}, lead{}, tail{};
  BullKey as(BullRole role, std::string_view root = {}, BullPart part = BullPart::none) const {
    return {role, part, lead, tail, root};
  }
  /// What stands before the last `:word:`; empty when there is none.
  std::string_view before(std::string_view word) const {
    const auto at = name.rfind(word);
    return at == std::string_view::npos ? std::string_view() : name.substr(0, at);
  }
};

/// `name` without `:suffix`; empty when it does not end so or nothing is left.
std::string_view without(std::string_view name, std::string_view suffix) {
  if (name.size() < suffix.size() + 2 || !name.ends_with(suffix)) return {};
  const std::size_t colon = name.size() - suffix.size() - 1;
  return name[colon] == ':' ? name.substr(0, colon) : std::string_view();
}

/// Whether two ':' stand three bytes apart, as in ":de:". Eight places at a time.
bool has_colons_apart(std::string_view name) {
  constexpr std::uint64_t ones = 0x0101010101010101, colons = ones * ':', tops = ones << 7U;
  if (name.size() < 11) return name.find(":de:") != std::string_view::npos;
  const auto found_at = [&](std::size_t place) {
    std::uint64_t front = 0, behind = 0;
    std::memcpy(&front, name.data() + place, 8);
    std::memcpy(&behind, name.data() + place + 3, 8);
    const std::uint64_t other = (front ^ colons) | (behind ^ colons);  // a byte of zero: both are there
    return ((other - ones) & ~other & tops) != 0;
  };
  const std::size_t last = name.size() - 11;
  for (std::size_t place = 0; place < last; place += 8)
    if (found_at(place)) return true;
  return found_at(last);
}

/// Strings are what there is most of: nearly all are none of a queue's by these two looks.
bool may_be_string_of_queue(std::string_view name) {
  const auto last = static_cast<unsigned char>(name.back());
  return (types_by_last_byte[last] & Types(KeyType::string).bits) != 0 || has_colons_apart(name);
}

BullKey fixed_part(const Split& key, KeyType type) {
  const auto last = static_cast<unsigned char>(key.name.back());
  if ((types_by_last_byte[last] & Types(type).bits) == 0) return {};
  for (const BullPartName& one : parts) {
    if (one.type != type || one.suffix.empty() || one.suffix.back() != key.name.back()) continue;
    const auto root = without(key.name, one.suffix);
    if (!root.empty()) return key.as(BullRole::part, root, one.part);
  }
  return {};
}

// They end in few words (of which "groups-lid" ends as "id" does), or hold ":de:".
BullKey of_string(const Split& key) {
  const auto fixed = fixed_part(key, KeyType::string);
  if (fixed.role != BullRole::none) return fixed;
  if (key.tail == "groups-lid") return key.as(BullRole::group, key.lead);
  if (key.tail == "lock")
    return key.lead.find(':') == std::string_view::npos ? BullKey() : key.as(BullRole::lock);
  const auto root = key.before(":de:");
  return root.empty() ? BullKey() : key.as(BullRole::deduplication, root);
}

/// Whether `:word:` is in a name, where `word` is "repeat" or "dn".
bool has_word(const Split& key) {
  // Both words stand before the last ':', and few segments of names begin with their letters.
  const std::string_view front = key.name.substr(0, key.lead.size() + 1);
  for (auto at = front.find(':'); at + 1 < front.size(); at = front.find(':', at + 1))
    if (front[at + 1] == 'r' || front[at + 1] == 'd')
      if (const auto rest = front.substr(at); rest.starts_with(":repeat:") || rest.starts_with(":dn:"))
        return true;
  return false;
}

BullKey of_hash(const Split& key) {
  const auto fixed = fixed_part(key, KeyType::hash);
  if (fixed.role != BullRole::none) return fixed;
  if (key.lead.find(':') == std::string_view::npos) return key.as(BullRole::job);
  if (key.tail == "processed" || key.tail == "failed") return key.as(BullRole::job_or_children);
  if (!has_word(key)) return key.as(BullRole::job);
  if (key.name.find(":repeat:") != std::string_view::npos) return key.as(BullRole::job_or_scheduler);
  const auto root = key.before(":dn:");
  return key.as(root.empty() ? BullRole::job : BullRole::job_or_next, root);
}

bool is_part_of_job(std::string_view tail, KeyType type) {
  return (type == KeyType::list && tail == "logs") || (type == KeyType::set && tail == "dependencies") ||
         (type == KeyType::zset && tail == "unsuccessful");
}

BullKey of_container(const Split& key, KeyType type) {
  const auto fixed = fixed_part(key, type);
  if (fixed.role != BullRole::none) return fixed;
  if (is_part_of_job(key.tail, type) && key.lead.find(':') != std::string_view::npos)
    return key.as(BullRole::part_of_job);
  if (type == KeyType::set && key.tail == "limited")
    if (const auto root = key.before(":limiter:"); !root.empty()) return key.as(BullRole::held_back, root);
  if (type == KeyType::zset && key.tail == "groups") return key.as(BullRole::group, key.lead);
  // Messages between processes of version 6, under the prefix and not under a queue; each has a TTL.
  if (key.name.find("::relay:") != std::string_view::npos) return {};
  return key.as(BullRole::unknown_container);
}

}  // namespace

const BullPartName* bull_part(BullPart part) {
  return part == BullPart::none ? nullptr : &parts[static_cast<std::size_t>(part)];
}

BullKey bull_key(std::string_view name, KeyType type) {
  if (name.empty() || (type == KeyType::string && !may_be_string_of_queue(name))) return {};
  const auto colon = name.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return {};
  const Split key{name, name.substr(0, colon), name.substr(colon + 1)};
  switch (type) {
    case KeyType::string:
      return of_string(key);
    case KeyType::hash:
      return of_hash(key);
    case KeyType::list:
    case KeyType::set:
    case KeyType::zset:
    case KeyType::stream:
      return of_container(key, type);
    default:
      return {};
  }
}

}  // namespace headroom::family
