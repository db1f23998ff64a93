#include "family/proof/prefix_table.h"

#include <algorithm>
#include <optional>

#include "base/hash.h"

namespace headroom::family {
namespace {

constexpr std::size_t slot_count = std::size_t{1} << 17U;  // half full at most

/// A number as people write it: no sign, no leading zero, below 10^18.
std::optional<std::uint64_t> plain_number(std::string_view text) {
  if (text.empty() || text.size() > 18 || (text[0] == '0' && text.size() > 1)) return std::nullopt;
  std::uint64_t number = 0;
  for (const char byte : text) {
    const auto digit = static_cast<unsigned char>(byte - '0');
    if (digit > 9) return std::nullopt;
    number = number * 10 + digit;
  }
  return number;
}

}  // namespace

PrefixTable::PrefixTable(std::uint16_t most) : most_(most) { clear(); }

void PrefixTable::clear() {
  next_ = 1;
  next_late_ = first_late;
  left_out_ = 0;
  texts_.clear();
  prefixes_.assign(1, {});
  slots_.assign(slot_count, 0);
}

std::size_t PrefixTable::slot_of(std::uint64_t hash, std::uint32_t db, std::string_view prefix) const {
  std::size_t slot = hash & (slot_count - 1);
  while (slots_[slot] != 0) {
    const Prefix& one = prefixes_[slots_[slot]];
    if (one.hash == hash && one.db == db && text(slots_[slot]) == prefix) break;
    slot = (slot + 1) & (slot_count - 1);
  }
  return slot;
}

bool PrefixTable::has_room(std::string_view prefix) const {
  // A long prefix at the end must not make room for a later one that was left out before: the first that does
  // not fit closes the table.
  return left_out_ == 0 && next_ <= most_ && texts_.size() + prefix.size() <= most_text;
}

std::uint16_t PrefixTable::intern(std::size_t slot, std::uint64_t hash, std::uint32_t db,
                                  std::string_view prefix, std::uint16_t number) {
  if (prefixes_.size() <= number) prefixes_.resize(std::size_t{number} + 1);
  prefixes_[number] = {hash, db, static_cast<std::uint32_t>(texts_.size()),
                       static_cast<std::uint32_t>(prefix.size())};
  texts_.append(prefix);
  return slots_[slot] = number;
}

std::uint16_t PrefixTable::number(std::uint32_t db, std::string_view prefix) {
  const auto hash = hash_bytes(prefix, db);
  const auto slot = slot_of(hash, db, prefix);
  if (slots_[slot] != 0) return slots_[slot];
  if (!has_room(prefix)) {
    ++left_out_;
    return 0;
  }
  return intern(slot, hash, db, prefix, next_++);
}

std::uint16_t PrefixTable::number_of_root(std::uint32_t db, std::string_view root) {
  if (const auto number = this->number(db, root)) return number;
  const bool room = next_late_ < 65'536 && texts_.size() + root.size() <= most_text * 2;
  if (!room) return 0;
  const auto hash = hash_bytes(root, db);
  return intern(slot_of(hash, db, root), hash, db, root, static_cast<std::uint16_t>(next_late_++));
}

std::uint16_t PrefixTable::find(std::uint32_t db, std::string_view prefix) const {
  return slots_[slot_of(hash_bytes(prefix, db), db, prefix)];
}

Identity PrefixTable::identity(std::uint32_t db, std::string_view prefix, std::string_view tail) {
  return identity(number(db, prefix), db, prefix, tail);
}

Identity PrefixTable::identity(std::uint16_t number, std::uint32_t db, std::string_view prefix,
                               std::string_view tail) const {
  const auto value = plain_number(tail);
  const auto behind = value ? *value : hash_bytes(tail);
  if (number != 0 && number < first_late) return {behind, number, value.has_value(), false};
  return {hash_bytes(tail, hash_bytes(prefix, db)), number, false, true};
}

std::string_view PrefixTable::text(std::uint16_t number) const {
  return std::string_view(texts_).substr(prefixes_[number].begin, prefixes_[number].length);
}

std::vector<std::uint16_t> PrefixTable::numbers() const {
  std::vector<std::uint16_t> all;
  for (std::uint32_t number = 1; number < prefixes_.size(); ++number)
    if (number < next_ || (number >= first_late && number < next_late_))
      all.push_back(static_cast<std::uint16_t>(number));
  return all;
}

}  // namespace headroom::family
