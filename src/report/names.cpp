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

}  // namespace headroom::report
