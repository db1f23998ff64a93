#pragma once

#include <bit>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/bytes.h"

/// How values stand in plans and journals: numbers as little-endian varints (signed ones zigzag), texts and
/// lists behind their length, so that any name survives (APPLY-9). What a struct consists of is said once,
/// for both directions, by a function `fields(form, value)` beside it, which the forms find by its argument.
namespace headroom::act {

/// The last value of an enum that is written; the decoder refuses what is beyond. Specialised where such an
/// enum is written.
template <class Enum>
struct LastOf;

/// Appends values to a text.
class Encoder {
 public:
  explicit Encoder(std::string& out) : out_(out) {}
  template <class... Values>
  void operator()(const Values&... values) {
    (put(values), ...);
  }

 private:
  void put_varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) out_ += static_cast<char>(value | 0x80);
    out_ += static_cast<char>(value);
  }
  template <class Value>
  void put(const Value& value) {
    if constexpr (std::is_enum_v<Value>) {
      put_varint(static_cast<std::uint64_t>(value));
    } else if constexpr (std::signed_integral<Value>) {
      put_varint(static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63));
    } else if constexpr (std::unsigned_integral<Value>) {
      put_varint(value);
    } else {
      fields(*this, value);
    }
  }
  void put(double value) {
    for (std::uint64_t bits = std::bit_cast<std::uint64_t>(value), i = 0; i < 8; ++i)
      out_ += static_cast<char>(bits >> 8 * i);
  }
  void put(Bytes value) { put_varint(value.count); }
  void put(std::chrono::milliseconds value) { put(std::int64_t{value.count()}); }
  void put(const std::string& value) {
    put_varint(value.size());
    out_ += value;
  }
  template <class Value>
  void put(const std::optional<Value>& value) {
    put_varint(value ? 1 : 0);
    if (value) put(*value);
  }
  template <class First, class Second>
  void put(const std::pair<First, Second>& value) {
    put(value.first), put(value.second);
  }
  template <class Value>
  void put(const std::vector<Value>& values) {
    put_varint(values.size());
    for (const auto& value : values) put(value);
  }

  std::string& out_;
};

/// Takes values off the front of bytes that may be hostile. After a value that is not there, or is out of
/// range, ok() is false for good and the values taken are of no meaning. Memory grows with what has been
/// read, never with a length that is only declared. Values that are there already keep their room.
class Decoder {
 public:
  explicit Decoder(std::string_view bytes) : rest_(bytes) {}
  bool ok() const { return ok_; }
  std::string_view rest() const { return rest_; }
  template <class... Values>
  void operator()(Values&... values) {
    (take(values), ...);
  }

 private:
  std::uint64_t take_varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; ok_; shift += 7) {
      if (rest_.empty()) break;
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      if (shift == 63 && byte > 1) break;
      value |= std::uint64_t{byte & 0x7fU} << shift;
      if (byte < 0x80) return value;
    }
    ok_ = false;
    return 0;
  }
  std::uint64_t take_up_to(std::uint64_t most) {
    const auto value = take_varint();
    if (value > most) ok_ = false;
    return ok_ ? value : 0;
  }
  template <class Value>
  void take(Value& value) {
    if constexpr (std::is_enum_v<Value>) {
      value = static_cast<Value>(take_up_to(static_cast<std::uint64_t>(LastOf<Value>::value)));
    } else if constexpr (std::signed_integral<Value>) {
      static_assert(sizeof(Value) == 8);
      const auto bits = take_varint();
      value = static_cast<Value>(bits >> 1 ^ (~(bits & 1) + 1));
    } else if constexpr (std::unsigned_integral<Value>) {
      value = static_cast<Value>(take_up_to(std::numeric_limits<Value>::max()));
    } else {
      fields(*this, value);
    }
  }
  void take(double& value) {
    std::uint64_t bits = 0;
    const auto bytes = take_bytes(8);
    for (std::size_t i = 0; i < bytes.size(); ++i)
      bits |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << 8 * i;
    value = std::bit_cast<double>(bits);
  }
  void take(Bytes& value) { value.count = take_varint(); }
  void take(std::chrono::milliseconds& value) {
    std::int64_t count = 0;
    take(count);
    value = std::chrono::milliseconds(count);
  }
  void take(std::string& value) { value = take_bytes(take_varint()); }
  template <class Value>
  void take(std::optional<Value>& value) {
    if (take_up_to(1) == 0) return value.reset();
    if (!value) value.emplace();
    take(*value);
  }
  template <class First, class Second>
  void take(std::pair<First, Second>& value) {
    take(value.first), take(value.second);
  }
  template <class Value>
  void take(std::vector<Value>& values) {
    const auto count = take_up_to(rest_.size());  // every value takes a byte at least
    for (std::size_t i = 0; i < count && ok_; ++i) {
      if (i == values.size()) values.emplace_back();
      take(values[i]);
    }
    if (count < values.size()) values.resize(count);
  }
  std::string_view take_bytes(std::uint64_t length) {
    if (length > rest_.size()) ok_ = false;
    if (!ok_) return {};
    const auto bytes = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return bytes;
  }

  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace headroom::act
