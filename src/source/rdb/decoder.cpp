#include "source/rdb/decoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "source/rdb/value_decoder.h"

namespace headroom::source::rdb {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Opcodes: everything else is the type of a value.
enum Opcode : std::uint8_t {
  hash_template = 242,  // Redis 8.10
  key_metadata = 243,   // Redis 8.6; in Valkey 9: a slot that is being imported
  slot_info = 244,
  function = 245,
  function_early = 246,
  module_aux = 247,
  idle = 248,
  freq = 249,
  aux = 250,
  resize_db = 251,
  expire_ms = 252,
  expire_seconds = 253,
  select_db = 254,
  end_of_file = 255,
};

constexpr unsigned newest_redis = 15, newest_valkey = 80;
// Redis counts databases in an int, yet each costs memory when the server starts: nobody has a million.
constexpr std::uint64_t most_databases = std::uint64_t{1} << 20U;
constexpr std::uint64_t longest_idle = std::uint64_t{1} << 40U;  // seconds

/// The version behind the magic word; 0 when it is no number.
unsigned version_behind(std::string_view magic, std::string_view word) {
  if (!magic.starts_with(word)) return 0;
  unsigned number = 0;
  for (const char c : magic.substr(word.size())) {
    if (c < '0' || c > '9') return 0;
    number = number * 10 + static_cast<unsigned>(c - '0');
  }
  return number;
}

/// Times far beyond any clock are kept where sums of them cannot overflow.
milliseconds sane(milliseconds time) {
  constexpr milliseconds latest{std::int64_t{1} << 52U};
  return std::clamp(time, -latest, latest);
}

/// Reads one snapshot; see decode().
class Decoder {
 public:
  Decoder(Chunks& chunks, Events& events)
      : chunks_(chunks), in_(chunks), events_(events), value_(in_, events) {}

  Decoded run() {
    if (read_header())
      while (!in_.failed() && read_item()) {
      }
    return finish();
  }

 private:
  bool read_header();
  bool read_item();
  bool select();
  bool read_key(std::uint8_t type, std::uint64_t at);
  void read_attribute(std::uint8_t opcode);
  void read_side_note(std::uint8_t opcode);
  void read_valkey_slot_import();
  void read_key_metadata();
  void read_checksum();
  Decoded finish();

  Chunks& chunks_;
  Cursor in_;
  Events& events_;
  ValueDecoder value_;
  Decoded result_{};
  StoredKey& next_ = value_.next();  ///< what was said of the next key
  bool has_attributes_ = false;      ///< before its type
  std::uint32_t db_ = 0;
  std::array<std::string, 2> names_{};  ///< of this key and the one before, in turns
  unsigned turn_ = 0;
  std::string first_{}, second_{};
  std::uint64_t skipped_ = 0;
};

bool Decoder::read_header() {
  if (in_.at_end() && !chunks_.error()) {
    in_.fail("the file is empty", 0);
    return false;
  }
  const std::string magic(in_.take(9));
  if (in_.failed()) return false;
  const auto redis = version_behind(magic, "REDIS"), valkey = version_behind(magic, "VALKEY");
  if (redis == 0 && valkey == 0) {
    in_.fail("this is no RDB file: it does not begin with REDIS or VALKEY and a version", 0);
    return false;
  }
  result_.version = std::max(redis, valkey), result_.valkey = redis == 0;
  if (redis > newest_redis || valkey > newest_valkey) {
    in_.fail(fmt::format("RDB version {} is unknown: written by a newer server than this headroom knows",
                         result_.version),
             0);
    return false;
  }
  events_.begins(result_.version, result_.valkey);
  return true;
}

/// One opcode with what belongs to it, or one key with its value. False: the end.
bool Decoder::read_item() {
  const auto at = in_.offset();
  const auto opcode = in_.byte();
  if (in_.failed()) return false;
  if (!has_attributes_) next_.offset = at;
  switch (opcode) {
    case expire_ms:
    case expire_seconds:
    case idle:
    case freq:
      read_attribute(opcode);
      return true;
    case select_db:
      return select();
    case resize_db: {
      const auto keys = read_count(in_);
      const auto expires = read_count(in_);
      if (!in_.failed()) events_.announces(db_, keys, expires);
      return true;
    }
    case key_metadata:
      result_.valkey ? read_valkey_slot_import() : read_key_metadata();
      return true;
    case aux:
    case module_aux:
    case function:
    case slot_info:
    case hash_template:
      read_side_note(opcode);
      return true;
    case function_early:
      in_.fail("a function as Redis 7.0 wrote it before its release: no server reads it", at);
      return false;
    case end_of_file:
      read_checksum();
      return false;
    default:
      return read_key(opcode, at);
  }
}

void Decoder::read_attribute(std::uint8_t opcode) {
  has_attributes_ = true;
  switch (opcode) {
    case expire_ms:
      next_.expires = true;
      next_.expires_at = sane(milliseconds(in_.little<std::int64_t>()));
      break;
    case expire_seconds:
      next_.expires = true;
      next_.expires_at = seconds(in_.little<std::int32_t>());
      break;
    case idle:
      next_.idle = seconds(static_cast<std::int64_t>(std::min(read_count(in_), longest_idle)));
      break;
    default:
      next_.freq = in_.byte();
  }
}

void Decoder::read_side_note(std::uint8_t opcode) {
  switch (opcode) {
    case aux:
      read_string(in_, first_);
      read_string(in_, second_);
      if (!in_.failed()) events_.aux(first_, second_);
      break;
    case function:
      read_string(in_, first_);
      if (!in_.failed()) events_.library(first_);
      break;
    case slot_info:
      for (int i = 0; i < 3; ++i) read_count(in_);
      break;
    case hash_template:
      value_.read_template();
      break;
    default: {  // module_aux: id, then "when" as a module's number, then the module's own data
      const auto at = in_.offset();
      read_count(in_);
      skip_module_data(in_);
      skipped_ += in_.offset() - at;
    }
  }
}

/// The name of the import, then its ranges of slots.
void Decoder::read_valkey_slot_import() {
  read_string(in_, first_);
  const auto ranges = read_count(in_);
  for (std::uint64_t i = 0; i < ranges && !in_.failed(); ++i) {
    read_count(in_);
    read_count(in_);
  }
}

/// What modules attached to the next key: stands between its TTL and its type.
void Decoder::read_key_metadata() {
  has_attributes_ = true;
  const auto at = in_.offset();
  const auto classes = read_count(in_);
  for (std::uint64_t i = 0; i < classes && !in_.failed(); ++i) {
    in_.skip(4);
    skip_module_data(in_);
  }
  skipped_ += in_.offset() - at;
}

bool Decoder::select() {
  const auto at = in_.offset();
  const auto number = read_count(in_);
  if (number > most_databases) in_.fail("no server has so many databases", at);
  db_ = static_cast<std::uint32_t>(number);
  return !in_.failed();
}

bool Decoder::read_key(std::uint8_t type, std::uint64_t at) {
  // Asked before the name is read: what stands behind an unknown byte may be anything.
  if (!ValueDecoder::knows(type, result_.valkey))
    in_.fail(fmt::format("a value of the unknown type {}: written by a newer server than this headroom knows",
                         type),
             at);
  std::string& name = names_[turn_];
  read_string(in_, name);
  if (in_.failed()) return false;
  next_.key = name, next_.db = db_, next_.rdb_type = type;
  if (!value_.read(result_.valkey)) return false;
  if (has_attributes_) next_ = {}, has_attributes_ = false;
  ++result_.keys;
  turn_ ^= 1U;
  return true;
}

void Decoder::read_checksum() {
  result_.crc = in_.crc_here();
  if (result_.version < 5 && !result_.valkey) {
    result_.checksum = Checksum::absent;
    result_.complete = true;
    return;
  }
  const auto at = in_.offset();
  const auto found = in_.little<std::uint64_t>();
  if (in_.failed()) return;
  result_.checksum = found == 0 ? Checksum::absent : found == result_.crc ? Checksum::right : Checksum::wrong;
  if (result_.checksum == Checksum::wrong)
    in_.fail("the checksum does not fit: at least one byte before it has changed since it was written", at);
  result_.complete = !in_.failed();
}

Decoded Decoder::finish() {
  result_.bytes = in_.offset();
  result_.skipped = skipped_ + value_.skipped();
  result_.fault = in_.fault();
  result_.offset = in_.failed() ? in_.fault_offset() : in_.offset();
  result_.input_failed = in_.failed() && chunks_.error().has_value();
  result_.last_key = std::move(names_[turn_ ^ 1U]);
  return std::move(result_);
}

}  // namespace

Decoded decode(Chunks& chunks, Events& events) { return Decoder(chunks, events).run(); }

}  // namespace headroom::source::rdb
