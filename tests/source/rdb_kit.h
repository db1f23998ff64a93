#pragma once

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "source/rdb/decoder.h"
#include "source/rdb/input.h"

namespace headroom::source::rdb {

/// Bytes in memory as an input.
class MemoryInput final : public Input {
 public:
  explicit MemoryInput(std::string bytes) : bytes_(std::move(bytes)) {}
  Result<std::size_t> read(std::span<char> room) override {
    const auto count = std::min(room.size(), bytes_.size() - at_);
    std::memcpy(room.data(), bytes_.data() + at_, count);
    at_ += count;
    return count;
  }
  std::uint64_t size() const override { return bytes_.size(); }

 private:
  std::string bytes_;
  std::size_t at_ = 0;
};

inline std::string bytes_of_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline std::string dump(const std::string& name) {
  return bytes_of_file(std::string(HEADROOM_TREE) + "/tests/dumps/" + name + ".rdb");
}

/// Writes down everything that is told, a line each, so that two readings can be compared.
class Transcript : public Events {
 public:
  explicit Transcript(Reading wanted = Reading::elements) : wanted_(wanted) {}
  std::vector<std::string> lines{};
  std::uint64_t parts_told = 0, part_bytes = 0, packed_bytes = 0;

  void begins(unsigned version, bool valkey) override {
    lines.push_back("begins " + std::to_string(version) + (valkey ? " valkey" : ""));
  }
  void aux(std::string_view name, std::string_view value) override {
    lines.push_back("aux " + std::string(name) + "=" + std::string(value));
  }
  void announces(std::uint32_t db, std::uint64_t keys, std::uint64_t expires) override {
    lines.push_back("db" + std::to_string(db) + " " + std::to_string(keys) + " " + std::to_string(expires));
  }
  void library(std::string_view code) override { lines.push_back("library " + std::string(code)); }
  Reading key(const StoredKey& key) override {
    lines.push_back("key " + std::to_string(key.db) + " " + std::string(key.key) + " type " +
                    std::to_string(static_cast<int>(key.type)) + " at " + std::to_string(key.offset) +
                    (key.expires ? " expires " + std::to_string(key.expires_at.count()) : "") +
                    (key.idle ? " idle " + std::to_string(key.idle->count()) : "") +
                    (key.freq ? " freq " + std::to_string(*key.freq) : ""));
    return wanted_;
  }
  bool element(const StoredKey&, const Element& element) override {
    lines.push_back(
        "  " + std::string(element.name) + " = " + std::string(element.value) + " (" +
        std::to_string(element.score) + ")" +
        (element.expires_at.count() != 0 ? " expires " + std::to_string(element.expires_at.count()) : ""));
    return true;
  }
  void parts(const StoredKey&, std::span<const Part> parts) override {
    for (const auto& part : parts) ++parts_told, part_bytes += part.length, packed_bytes += part.packed;
  }
  void entry(std::string_view id, std::span<const std::string_view> fields) override {
    lines.push_back("  entry " + std::string(id));
    for (const auto field : fields) lines.back() += " " + std::string(field);
  }
  void stream(const StreamState& state) override {
    lines.push_back("  stream of " + std::to_string(state.entries) + ", last " +
                    std::to_string(state.last_ms) + "-" + std::to_string(state.last_seq));
  }
  void group(const StreamGroup& group) override {
    lines.push_back("  group " + std::string(group.name) + ", last " + std::to_string(group.last_ms) + "-" +
                    std::to_string(group.last_seq) + ", read " + std::to_string(group.entries_read));
  }
  void node(const StoredKey&, std::uint64_t length, bool plain) override {
    lines.push_back("  node of " + std::to_string(length) + (plain ? " plain" : ""));
  }
  void piece(const StreamPiece& piece) override {
    lines.push_back("  piece " + std::to_string(static_cast<int>(piece.kind)) + " " + std::string(piece.id) +
                    " " + std::string(piece.name) + " " + std::to_string(piece.length));
  }
  void ends(const StoredKey& key, const ValueSize& size) override {
    lines.push_back("ends " + std::string(key.key) + " elements " + std::to_string(size.elements) +
                    " length " + std::to_string(size.length) + " ttls " + std::to_string(size.field_ttls) +
                    " layout " + std::to_string(static_cast<int>(key.layout)));
  }

 private:
  Reading wanted_;
};

inline Decoded decode_bytes(std::string bytes, Events& events, std::size_t piece = 64 * 1024) {
  MemoryInput input(std::move(bytes));
  const auto chunks = stepped_chunks(input, piece);
  return decode(*chunks, events);
}

}  // namespace headroom::source::rdb
