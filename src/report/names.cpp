#include "report/names.h"

#include <array>

namespace headroom::report {

std::string_view type_name(KeyType type) {
  static constexpr std::array<std::string_view, key_type_count> names{
      "unknown", "string", "list", "set", "zset", "hash", "stream", "module"};
  return names[static_cast<std::size_t>(type)];
}

std::string_view encoding_name(Encoding encoding) {
  static constexpr std::array<std::string_view, encoding_count> names{
      "unknown", "int",       "embstr",    "raw",      "listpack", "ziplist",
      "intset",  "quicklist", "hashtable", "skiplist", "stream",   "other"};
  return names[static_cast<std::size_t>(encoding)];
}

std::string_view care_name(Care care) {
  static constexpr std::array<std::string_view, 4> names{"hands_off", "finished", "debris-if-proved",
                                                         "expirable"};
  return names[static_cast<std::size_t>(care)];
}

std::string_view certainty_name(Certainty certainty) {
  return certainty == Certainty::proved ? "proved" : "suspected";
}

std::string_view removal_name(Removal removal) {
  static constexpr std::array<std::string_view, 3> names{"ttl", "quarantine", "journal"};
  return names[static_cast<std::size_t>(removal)];
}

std::string_view check_name(CheckKind kind) {
  static constexpr std::array<std::string_view, 16> names{
      "absent",   "type_is",        "no_ttl",        "expires_at", "idle_at_least", "value_hash",
      "value_is", "length_at_most", "score_is",      "member",     "no_member",     "not_listed",
      "field_is", "field_missing",  "field_at_most", "fingerprint"};
  static_assert(static_cast<std::size_t>(CheckKind::fingerprint) + 1 == names.size());
  return names[static_cast<std::size_t>(kind)];
}

std::string_view change_name(ChangeKind kind) {
  static constexpr std::array<std::string_view, 12> names{
      "remove",      "remove_if_there", "remove_if_value_is", "expire_at",   "persist",   "quarantine",
      "zset_remove", "set_remove",      "hash_remove",        "list_remove", "list_push", "stream_trim"};
  static_assert(static_cast<std::size_t>(ChangeKind::stream_trim) + 1 == names.size());
  return names[static_cast<std::size_t>(kind)];
}

}  // namespace headroom::report
