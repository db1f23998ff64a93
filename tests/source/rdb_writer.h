#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/crc64.h"
#include "packed_kit.h"
#include "source/rdb_kit.h"

/// Writes RDB files by hand, for layouts that no server here writes. Layout: rdb-and-speed.md section 5.
namespace headroom::source::rdb {

inline std::string rdb_length(std::uint64_t length) {
  if (length < 64) return {static_cast<char>(length)};
  std::string text = "\x81";
  for (int shift = 56; shift >= 0; shift -= 8) text += static_cast<char>(length >> shift);
  return text;
}
inline std::string rdb_text(std::string_view text) { return rdb_length(text.size()).append(text); }

/// Numbers from 0 to 127 are written as such, everything else as a short text.
inline std::string listpack_of(const std::vector<std::string>& items) {
  std::string body;
  for (const auto& item : items) {
    const bool is_number = !item.empty() && item.size() < 4 &&
                           std::all_of(item.begin(), item.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (is_number)
      body.append({static_cast<char>(std::stoi(item)), 1});
    else
      body += static_cast<char>(0x80 | item.size()) + item + static_cast<char>(item.size() + 1);
  }
  return little(body.size() + 7, 4) + little(items.size(), 2) + body + '\xff';
}
inline std::string ziplist_of(const std::vector<std::string>& items) {
  std::string body;
  std::size_t before = 0, last = 10;
  for (const auto& item : items) {
    last = 10 + body.size();
    body.append({static_cast<char>(before), static_cast<char>(item.size())}).append(item);
    before = item.size() + 2;
  }
  return little(body.size() + 11, 4) + little(last, 4) + little(items.size(), 2) + body + '\xff';
}

class RdbWriter {
 public:
  explicit RdbWriter(std::string_view magic) : bytes_(magic) {}
  RdbWriter& raw(std::string_view bytes) { return bytes_ += bytes, *this; }
  RdbWriter& byte(unsigned value) { return bytes_ += static_cast<char>(value), *this; }
  RdbWriter& length(std::uint64_t value) { return raw(rdb_length(value)); }
  RdbWriter& text(std::string_view value) { return raw(rdb_text(value)); }
  RdbWriter& number(std::uint64_t value, unsigned bytes) { return raw(little(value, bytes)); }
  RdbWriter& db(std::uint64_t number) { return byte(254).length(number); }
  RdbWriter& key(unsigned type, std::string_view name) { return byte(type).text(name); }
  std::size_t size() const { return bytes_.size(); }
  /// The end, and the checksum where the version has one.
  std::string sealed(bool with_checksum = true) const {
    std::string whole = bytes_ + '\xff';
    return with_checksum ? whole + little(crc64(0, whole), 8) : whole;
  }

 private:
  std::string bytes_;
};

/// What every key holds, as one text: "hash f=v g=w". Members of sets, hashes and zsets in order of their
/// bytes.
class Values : public Events {
 public:
  explicit Values(Reading wanted = Reading::elements) : wanted_(wanted) {}
  std::map<std::string, std::string> held{};
  std::map<std::string, ValueSize> sizes{};
  std::map<std::string, StoredKey> keys{};
  std::vector<std::string> others{};  ///< header, aux fields, libraries, groups

  void begins(unsigned version, bool valkey) override {
    others.push_back(fmt::format("{} {}", valkey ? "valkey" : "redis", version));
  }
  void aux(std::string_view name, std::string_view value) override {
    others.push_back(fmt::format("{}={}", name, value));
  }
  void library(std::string_view code) override { others.push_back(fmt::format("library {}", code)); }
  void group(const StreamGroup& group) override { others.push_back(fmt::format("group {}", group.name)); }
  Reading key(const StoredKey&) override { return elements_.clear(), wanted_; }
  bool element(const StoredKey& key, const Element& element) override {
    std::string text(element.name);
    if (key.type == KeyType::hash) text.append("=").append(element.value);
    if (key.type == KeyType::zset) text += fmt::format("={:.17g}", element.score);
    elements_.push_back(text);
    return true;
  }
  void ends(const StoredKey& key, const ValueSize& size) override {
    constexpr std::array names{"unknown", "string", "list", "set", "zset", "hash", "stream", "module"};
    if (key.type != KeyType::list && key.type != KeyType::stream)
      std::sort(elements_.begin(), elements_.end());
    const std::string name(key.key);
    held[name] = fmt::format("{} {}", names[static_cast<std::size_t>(key.type)], fmt::join(elements_, " "));
    sizes[name] = size;
    keys[name] = key;
  }

 private:
  Reading wanted_;
  std::vector<std::string> elements_{};
};

/// Decodes in one piece and byte by byte, which must tell the same.
inline Decoded decode_both_ways(const std::string& bytes, Values& values,
                                Reading wanted = Reading::elements) {
  Values bytewise(wanted);
  const auto pieces = decode_bytes(bytes, bytewise, 1);
  auto decoded = decode_bytes(bytes, values, bytes.size() + 1);
  EXPECT_EQ(bytewise.held, values.held);
  EXPECT_EQ(pieces.fault, decoded.fault);
  EXPECT_EQ(pieces.offset, decoded.offset);
  return decoded;
}

}  // namespace headroom::source::rdb
