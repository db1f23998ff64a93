#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "source/rdb/cursor.h"

/// Hashes that share their field names (Redis 8.10). A template stands in the file once, with a number; each
/// hash of it holds that number and its values alone. Layout: opcode 242 then number, count, names
/// (rdb-and-speed.md section 5; tests/unit/type/hash.tcl of Redis 8.10 for the hashes).
namespace headroom::source::rdb {

class HashTemplates {
 public:
  struct Template {
    std::uint64_t fields = 0;
    std::vector<std::string> names{};  ///< empty when there was no more room for names
  };

  /// Reads a template. Fails where there are more of them than anybody has.
  void read(Cursor& in);
  /// Null: the file did not define it. Holds until the next read().
  const Template* find(std::uint64_t number) const;

 private:
  static constexpr std::size_t most_templates = 256 * 1024;
  static constexpr std::size_t most_name_bytes = std::size_t{8} << 20U;
  std::unordered_map<std::uint64_t, Template> known_{};
  std::size_t name_bytes_ = 0;
};

}  // namespace headroom::source::rdb
