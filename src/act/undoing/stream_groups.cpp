#include "act/undoing/stream_groups.h"

#include <cstdint>

#include "act/dump_payload.h"
#include "act/execute/rdb_value.h"

namespace headroom::act {
namespace {

/// Passes over parts of a value in RDB form.
class Parts {
 public:
  explicit Parts(std::string_view body) : rest_(body) {}
  bool ok() const { return ok_; }
  std::string_view rest() const { return rest_; }

  std::uint8_t byte() { return static_cast<std::uint8_t>(number_of(1)); }
  std::uint64_t number() {
    const auto first = byte();
    switch (first >> 6U) {
      case 0:
        return first;
      case 1:
        return (first & 0x3fULL) << 8U | byte();
      case 2:
        if (first == 0x80 || first == 0x81) return number_of(first == 0x80 ? 4 : 8);
        break;
      default:
        break;
    }
    ok_ = false;
    return 0;
  }
  /// Texts may stand there packed, or as a number.
  void pass_text() {
    if (rest_.empty() || static_cast<std::uint8_t>(rest_[0]) < 0xc0) return pass(number());
    switch (byte()) {
      case 0xc0:
        return pass(1);
      case 0xc1:
        return pass(2);
      case 0xc2:
        return pass(4);
      case 0xc3: {  // LZF: bytes as they stand here, bytes unpacked
        const auto packed = number();
        number();
        return pass(packed);
      }
      default:
        ok_ = false;
    }
  }

 private:
  std::uint64_t number_of(std::size_t bytes) {  // high byte first
    std::uint64_t value = 0;
    for (const char c : rest_.substr(0, bytes)) value = value << 8U | static_cast<std::uint8_t>(c);
    pass(bytes);
    return value;
  }
  void pass(std::uint64_t bytes) {
    ok_ = ok_ && bytes <= rest_.size();
    rest_.remove_prefix(ok_ ? bytes : rest_.size());
  }
  std::string_view rest_;
  bool ok_ = true;
};

/// The numbers between entries and groups: length and last id (15: before 7.0); first id, largest deleted id
/// and how many were ever added too (19: 7.0, 21: 7.2). 0: another form.
int numbers_of(std::uint8_t type) {
  if (type == 15) return 3;
  return type == 19 || type == 21 ? 8 : 0;
}

/// Where the groups begin; npos: nobody knows.
std::size_t groups_at(std::string_view body) {
  Parts parts(body);
  const auto numbers = numbers_of(parts.byte());
  for (auto nodes = parts.number(); nodes > 0 && parts.ok(); --nodes) {
    parts.pass_text();  // the first id
    parts.pass_text();  // the entries
  }
  for (int i = 0; i < numbers; ++i) parts.number();
  return parts.ok() && numbers > 0 ? body.size() - parts.rest().size() : body.npos;
}

}  // namespace

std::optional<std::string> with_groups_of(std::string_view entries, std::string_view groups) {
  const auto front = dump_parts(entries), back = dump_parts(groups);
  const auto to = groups_at(front.body), from = groups_at(back.body);
  if (to == front.body.npos || from == back.body.npos) return std::nullopt;
  if (front.body[0] != back.body[0] || front.version != back.version) return std::nullopt;
  KeyBefore joined;
  joined.body = std::string(front.body.substr(0, to)).append(back.body.substr(from));
  joined.rdb_version = front.version;
  return dump_payload(joined);
}

}  // namespace headroom::act
