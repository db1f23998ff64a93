#include "memory/table_value.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "memory/key_tables.h"

namespace headroom::memory {
namespace {

constexpr std::uint64_t table_entry = 24;
constexpr std::uint64_t longest_in_blob = 64;    // *-max-listpack-value, the same for every type
constexpr std::uint64_t entries_in_blob = 128;   // the smaller of the two usual limits
constexpr std::uint64_t integers_in_blob = 512;  // set-max-intset-entries
constexpr std::uint64_t listpack_frame = 7;      // six bytes of header, one of end
constexpr std::uint64_t score_in_blob = 5;       // a number of 16 to 24 bits; scores are not told
constexpr std::uint64_t smallest_table = 4;
constexpr std::uint64_t with_deadline =
    18;  // what a field with a TTL has before its name (mstr.h, ebuckets.h)
constexpr std::uint64_t embedded_entry_limit = 128;  // entry.h, EMBED_VALUE_MAX_ALLOC_SIZE
constexpr double filled_share = 0.632;               // 1 - 1/e: of the slots of a full table

std::uint64_t table_for(std::uint64_t n) {
  return std::bit_ceil(std::clamp(n, smallest_table, longest_allocation));
}

/// A skip list node has 24 bytes and 16 for each level; a quarter of the nodes of a level reach the next
/// (t_zset.c).
double average_over_levels(const auto& bytes_at_level) {
  double share = 0.75, sum = 0;
  for (std::uint64_t level = 1; level <= 32; ++level, share /= 4)
    sum += share * static_cast<double>(bytes_at_level(level));
  return sum;
}

/// mstr.h: a byte below 32, 3 below 65536, then 9; a zero byte at the end.
std::uint64_t mstr_length(std::uint64_t length) {
  const std::uint64_t header = length < 32 ? 1 : length < 65536 ? 3 : 9;
  return header + length + 1;
}

std::uint64_t rounded(double bytes) { return static_cast<std::uint64_t>(std::llround(bytes)); }

}  // namespace

std::uint64_t intset_bytes(const TableShape& shape, const Sizes& sizes) {
  const std::uint64_t width = shape.longest <= 4 ? 2 : shape.longest <= 9 ? 4 : 8;
  return sizes.of(8 + width * shape.elements);
}

std::uint64_t listpack_bytes(const TableShape& shape, std::uint64_t besides, const Sizes& sizes) {
  return sizes.of(add_capped(add_capped(listpack_frame, besides), shape.packed));
}

TableValue::TableValue(const ServerModel& server, const VersionLayout& layout, const Sizes& sizes)
    : server_(server), layout_(layout), sizes_(sizes) {
  if (!layout.member_in_skiplist_node)
    node_without_member_ = average_over_levels([&](auto level) { return sizes_.of(24 + 16 * level); });
}

void TableValue::add(KeyType type, std::span<const Part> parts) {
  if (parts.empty()) return;
  look_at(parts);
  if (type == KeyType::hash && layout_.field != VersionLayout::Field::sds)
    add_fields(parts);
  else if (type == KeyType::zset && layout_.member_in_skiplist_node)
    add_nodes(parts);
  else
    add_strings(parts);
  count_ += parts.size();
}

void TableValue::look_at(std::span<const Part> parts) {
  std::uint64_t longest = 0, packed = 0, texts = 0;
  for (const auto& part : parts) {
    longest = std::max(longest, part.length);
    packed += std::min(part.packed, longest_allocation);
    texts += part.packed >= part.length + 2;  // a number is shorter in a blob than its text and a header
  }
  if (!any_long() && longest > longest_in_blob) {
    const auto is_long = [](const Part& part) { return part.length > longest_in_blob; };
    first_long_ = count_ + static_cast<std::uint64_t>(std::find_if(parts.begin(), parts.end(), is_long) -
                                                      parts.begin());
  }
  longest_ = std::max(longest_, longest);
  packed_ = add_capped(packed_, packed);
  all_integers_ &= texts == 0;
}

void TableValue::add_strings(std::span<const Part> parts) {
  // So few that the sum of the longest stays in 64 bits: the cap need not be looked at with each.
  for (constexpr std::size_t few = 1024; !parts.empty(); parts = parts.subspan(std::min(few, parts.size()))) {
    std::uint64_t sum = 0;
    for (const auto& part : parts.first(std::min(few, parts.size()))) sum += sizes_.sds(part.length);
    strings_ = add_capped(strings_, sum);
  }
}

void TableValue::add_fields(std::span<const Part> parts) {
  for (std::uint64_t i = 0; i < parts.size(); ++i) {
    const auto length = std::min(parts[i].length, longest_allocation);
    const bool is_field = (count_ + i) % 2 == 0;
    if (layout_.field == VersionLayout::Field::with_value) {
      if (!is_field) strings_ = add_capped(strings_, field_with_value(field_, length));
      deadline_room_ = add_capped(deadline_room_, is_field ? with_deadline : 0);
    } else if (is_field) {
      const auto name = mstr_length(length), bytes = sizes_.of(name);
      strings_ = add_capped(strings_, bytes);
      deadline_room_ = add_capped(deadline_room_, sizes_.of(name + with_deadline) - bytes);
    } else {
      strings_ = add_capped(strings_, sizes_.sds(length));
    }
    if (is_field) field_ = length;
  }
}

/// The member takes the place of the pointer to it.
void TableValue::add_nodes(std::span<const Part> parts) {
  for (const auto& part : parts) {
    const auto length = std::min(part.length, longest_allocation);
    const auto text = sizes_.header(length) + length + 1;
    const auto node = average_over_levels([&](auto level) { return sizes_.of(16 + 16 * level + text); });
    strings_ = add_capped(strings_, rounded(node));
  }
}

/// entry.c of Redis 8.6 and Valkey 9: field and value in one allocation where both fit, otherwise the field
/// with a pointer to the value, and a header that has room for flags.
std::uint64_t TableValue::field_with_value(std::uint64_t field, std::uint64_t value) const {
  const auto together = sizes_.header(field) + field + 1 + 3 + value + 1;
  if (together <= embedded_entry_limit) return sizes_.of(together);
  return sizes_.of(8 + std::max<std::uint64_t>(sizes_.header(field), 3) + field + 1) + sizes_.sds(value);
}

/// What a restart turns into a blob.
std::optional<std::uint64_t> TableValue::blob(KeyType type) const {
  if (server_.held == Held::live || any_long()) return {};
  const auto whole = shape(type);
  if (type == KeyType::set && all_integers_ && whole.elements <= integers_in_blob)
    return intset_bytes(whole, sizes_);
  if (whole.elements > entries_in_blob || (type == KeyType::set && !layout_.small_sets)) return {};
  return listpack_bytes(whole, type == KeyType::zset ? whole.elements * score_in_blob : 0, sizes_);
}

/// The elements up to which a live value was a blob before it became a table; 0 where it was none.
std::uint64_t TableValue::largest_blob(KeyType type, std::uint64_t n) const {
  if (any_long()) return 0;
  switch (type) {
    case KeyType::hash:
      return n > server_.hash_listpack_entries ? server_.hash_listpack_entries : entries_in_blob;
    case KeyType::zset:
      return entries_in_blob;
    default:
      if (all_integers_) return integers_in_blob;
      return layout_.small_sets ? entries_in_blob : 0;
  }
}

/// The size of the table that a live value had when it became one.
std::uint64_t TableValue::grown_from(KeyType type, std::uint64_t n) const {
  const auto limit = largest_blob(type, n);
  if (limit == 0) return smallest_table;
  const bool one_more = type != KeyType::zset || layout_.converted_for_one_more;
  return n > limit ? table_for(limit + (one_more ? 1 : 0)) : table_for(n);
}

/// The size of the table that a hash of few fields has after a restart when its long value has been read.
std::uint64_t TableValue::loaded_from(std::uint64_t n) const {
  const auto before = first_long_ / 2;
  auto size = table_for(before);
  if (before >= size) return size;  // full: the long one makes it grow, which leaves no other choice
  const auto still_to_come = n > before ? n - before - 1 : 0;
  if (still_to_come > before) size = std::max(size, table_for(still_to_come));
  return size;
}

TableValue::Tables TableValue::slot_tables(KeyType type, std::uint64_t n) const {
  const auto size = table_for(n), before = size / 2;
  const bool loaded = server_.held == Held::packed;
  // With deadlines it is read field by field, without room made for them (rdb.c of Redis 7.4).
  const bool field_by_field = deadlines_ > 0 && layout_.field == VersionLayout::Field::mstr;
  if (loaded && !field_by_field && !grows_on_load(type, n)) return {size};
  const auto first = !loaded ? grown_from(type, n) : field_by_field ? smallest_table : loaded_from(n);
  if (first >= size || n <= before) return {std::max(first, size)};
  // A lookup moves a slot as an insertion does; sets insert without one, and so does loading.
  const std::uint64_t moved_by_each = loaded || type == KeyType::set ? 1 : 2;
  const auto moved = (n - before - 1) * moved_by_each;  // the one that made it grow has moved none
  const double left = 1 - static_cast<double>(moved) / (filled_share * static_cast<double>(before));
  if (before < first || left <= 0) return {size};
  return {size, before, left};
}

/// The buckets that a table of them had when it became one: the elements of before, and when it is loaded
/// those still to come (hashTypeConvertListpack() in t_hash.c, rdbLoadObject() in rdb.c of Valkey 8.1).
std::uint64_t TableValue::first_buckets(KeyType type, std::uint64_t n) const {
  if (any_long()) {
    const auto before = type == KeyType::hash ? first_long_ / 2 : first_long_;
    const auto to_come = n > before ? n - before - 1 : 0;
    const bool told = server_.held == Held::packed && to_come > std::max<std::uint64_t>(before, 1);
    return std::max(presized_buckets(before), told ? presized_buckets(to_come) : 1);
  }
  const auto limit = largest_blob(type, n);
  return limit == 0 ? 1 : presized_buckets(n > limit ? limit + 1 : n);
}

/// Buckets of Valkey 8.1. Sets and hashes look once for what they insert, sorted sets twice.
std::uint64_t TableValue::buckets(KeyType type, std::uint64_t n) const {
  constexpr std::uint64_t filled = 7;
  const bool loaded = server_.held == Held::packed;
  if (n == 0 || (loaded && !grows_on_load(type, n))) return bucket_table(n, loaded);
  const auto first = first_buckets(type, n);
  const auto size = std::max(first, std::bit_ceil((n + filled - 1) / filled)), before = size / 2;
  const auto load = static_cast<double>(n) / static_cast<double>(size);
  const double new_table = buckets_with(size, load);
  if (before < first || n <= filled * before) return rounded(new_table);
  const auto moved = (n - filled * before - 1) * (type == KeyType::zset ? 2 : 1);
  if (moved >= before) return rounded(new_table);
  const double share = static_cast<double>(moved) / static_cast<double>(before);
  const double old_empty = buckets_with(before, 0), new_empty = buckets_with(size, 0);
  const double old_left = old_empty + (1 - share) * (buckets_with(before, filled) - old_empty);
  return rounded(old_left + new_empty + share * (new_table - new_empty));
}

std::uint64_t TableValue::slots(KeyType type, std::uint64_t n) const {
  if (layout_.table == VersionLayout::Table::buckets) return buckets(type, n);
  const auto tables = slot_tables(type, n);
  return sizes_.of(8 * tables.size) + (tables.before > 0 ? sizes_.of(8 * tables.before) : 0);
}

/// The entries by which a table finds its elements.
std::uint64_t TableValue::entries(KeyType type, std::uint64_t n) const {
  if (layout_.table == VersionLayout::Table::buckets) return 0;
  const bool apart = type == KeyType::set    ? layout_.sets_have_entries
                     : type == KeyType::hash ? layout_.field != VersionLayout::Field::with_value
                                             : !layout_.member_in_skiplist_node;
  if (apart) return n * sizes_.of(table_entry);
  // Those that have not been moved still meet in the old table, which was full.
  const auto tables = slot_tables(type, n);
  const double meet = (1 - tables.left) * expected_collisions(n, tables.size) +
                      tables.left * expected_collisions(tables.before, tables.before);
  return rounded(meet * static_cast<double>(sizes_.of(16)));
}

TableShape TableValue::shape(KeyType type) const {
  const auto elements = type == KeyType::hash ? count_ / 2 : count_;
  return {std::min(elements, longest_allocation / 64), longest_, packed_, all_integers_};
}

std::uint64_t TableValue::finish(KeyType type, std::uint64_t field_ttls) {
  const auto n = shape(type).elements;
  deadlines_ = type == KeyType::hash ? std::min(field_ttls, n) : 0;
  std::uint64_t bytes = 0;
  if (const auto packed = blob(type)) {
    bytes = *packed + (field_ttls > 0 ? sizes_.of(32) : 0);
  } else {
    bytes = sizes_.of(layout_.table_header + (deadlines_ > 0 ? 32 : 0)) + slots(type, n) + entries(type, n);
    bytes = add_capped(bytes, strings_);
    if (deadlines_ > 0)
      bytes = add_capped(bytes, rounded(static_cast<double>(deadline_room_) *
                                        static_cast<double>(deadlines_) / static_cast<double>(n)));
    if (type == KeyType::zset)
      bytes += sizes_.of(16) + sizes_.of(32) + sizes_.of(24 + 16 * 32) +
               rounded(node_without_member_ * static_cast<double>(n));
  }
  deadline_room_ = 0;
  count_ = strings_ = packed_ = longest_ = first_long_ = field_ = 0;
  all_integers_ = true;
  return bytes;
}

}  // namespace headroom::memory
