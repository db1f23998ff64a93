#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "model/pattern_group.h"

namespace headroom {

/// A piece of a report. Formats decide how each kind looks; nobody upstream prints.
struct Value;
struct Field;
struct KeyName {
  std::string bytes{};
};  ///< hostile bytes: every format escapes them its own way
struct Share {
  double of_one = 0;
};  ///< 0.25 shows as 25 %
struct BytesEstimate {
  Estimate bytes{};
};
struct CountEstimate {
  Estimate count{};
};
struct Duration {
  std::chrono::milliseconds length{};
};
struct Instant {
  std::chrono::milliseconds since_epoch{};
};
using List = std::vector<Value>;
using Object = std::vector<Field>;

struct Value : std::variant<std::monostate, bool, std::int64_t, double, std::string, Bytes, KeyName, Share,
                            BytesEstimate, CountEstimate, Duration, Instant, List, Object> {
  using variant::variant;
};
/// Whom a field is for: programs want used_memory and maxmemory apart, people "5.28 GiB / 8.00 GiB (66 %)".
enum class Audience : std::uint8_t {
  everyone,
  people,    ///< text and markdown only
  programs,  ///< json and ndjson only
};
/// In JSON a BytesEstimate under "bytes" becomes "bytes", and "bytes_low", "bytes_high" beside it when it is
/// not exact.
struct Field {
  std::string name{};  ///< the JSON name, snake_case
  Value value{};
  std::string heading{};  ///< for people; empty: the name with blanks
  Audience audience = Audience::everyone;
};

/// A column of a table: its JSON name, its heading for people, and whether people see it by default.
struct Column {
  std::string name{};
  std::string heading{};
  bool in_text = true;  ///< shown by text and markdown; csv, json and ndjson always show all
  bool below = false;   ///< text: on a line of its own under the row, the heading as label; for sentences
};
struct Table {
  std::string name{};   ///< JSON name of the array: "patterns"
  std::string title{};  ///< "Patterns, largest first"
  std::vector<Column> columns{};
  std::vector<std::vector<Value>> rows{};
  std::size_t text_rows = 20;  ///< text and markdown show so many and count the rest; 0: all
  std::string note{};          ///< one sentence under the table
};
/// What a command has to say; the same for every format.
struct Report {
  std::string schema{};  ///< "headroom.audit/1"
  std::string title{};
  Object facts{};  ///< head lines in text, top-level fields in JSON
  std::vector<Table> tables{};
  std::vector<std::string> notes{};  ///< warnings and guarantees, in words
};

}  // namespace headroom
