#include "app/rdb/counting.h"

#include <array>
#include <map>

#include "app/interruption.h"
#include "app/rdb/reading.h"

namespace headroom::app {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

class Counter final : public source::rdb::Events {
 public:
  Counter(Reading reading, report::RdbContents& contents) : reading_(reading), contents_(contents) {}

  void aux(std::string_view name, std::string_view value) override {
    contents_.aux.emplace_back(name, value);
    source::add_aux(facts_, name, value);
    encodings_ = source::Encodings(facts_.flavour, facts_.version);
  }
  void library(std::string_view code) override {
    ++contents_.libraries;
    contents_.library_code += Bytes{code.size()};
  }
  Reading key(const StoredKey& key) override {
    end_of_key(key.offset);
    began_ = key.offset;
    return reading_;
  }
  void ends(const StoredKey& key, const ValueSize& size) override {
    auto& kind = kind_of(key.db, key.type, encodings_.of(key, size));
    ++kind.keys;
    kind.with_ttl += key.expires ? 1 : 0;
    kind.elements += size.elements;
    last_ = &kind;
  }
  /// `offset`: where the last key ends.
  void finish(std::uint64_t offset) {
    end_of_key(offset);
    for (const auto& [db, kinds] : dbs_)
      for (const auto& kind : kinds)
        if (kind.keys > 0) contents_.kinds.push_back(kind);
  }

 private:
  using Kinds = std::array<report::StoredKind, key_type_count * encoding_count>;

  void end_of_key(std::uint64_t offset) {
    if (last_ != nullptr && offset >= began_) last_->in_file += Bytes{offset - began_};
    last_ = nullptr;
  }
  report::StoredKind& kind_of(std::uint32_t db, KeyType type, Encoding encoding) {
    if (kinds_ == nullptr || db != db_) kinds_ = &dbs_[db], db_ = db;
    auto& kind =
        (*kinds_)[static_cast<std::size_t>(type) * encoding_count + static_cast<std::size_t>(encoding)];
    kind.db = db, kind.type = type, kind.encoding = encoding;
    return kind;
  }

  Reading reading_;
  report::RdbContents& contents_;
  source::SnapshotFacts facts_{};
  source::Encodings encodings_{};
  std::map<std::uint32_t, Kinds> dbs_{};
  Kinds* kinds_ = nullptr;
  std::uint32_t db_ = 0;
  report::StoredKind* last_ = nullptr;
  std::uint64_t began_ = 0;
};

std::string word_of(source::rdb::Checksum checksum) {
  using enum source::rdb::Checksum;
  switch (checksum) {
    case absent:
      return "absent";
    case right:
      return "right";
    case wrong:
      return "wrong";
    default:
      return "unread";
  }
}

void add_outcome(const source::rdb::Decoded& decoded, report::RdbContents& contents) {
  contents.version = decoded.version, contents.valkey = decoded.valkey;
  contents.keys = decoded.keys;
  contents.read = Bytes{decoded.bytes}, contents.skipped = Bytes{decoded.skipped};
  contents.checksum = word_of(decoded.checksum);
  contents.complete = decoded.complete, contents.fault = decoded.fault, contents.offset = decoded.offset;
  if (decoded.keys > 0) contents.last_key = decoded.last_key;
}

}  // namespace

Result<report::RdbContents> count_contents(const SnapshotTarget& target, Reading reading) {
  constexpr std::uint64_t end_mark = 1, checksum = 8;
  report::RdbContents contents;
  contents.name = target.name;
  Counter counter(reading, contents);
  const auto began = steady_clock::now();
  const auto decoded = decode_snapshot(target, counter, {});
  if (!decoded) return fail(decoded.error());
  contents.took = std::chrono::duration_cast<milliseconds>(steady_clock::now() - began);
  if (decoded->version == 0 || interruption()->cancelled())
    if (const auto end = ending(*decoded, target); !end) return fail(end.error());
  const bool with_checksum = decoded->valkey || decoded->version >= 5;
  counter.finish(decoded->complete ? decoded->bytes - end_mark - (with_checksum ? checksum : 0)
                                   : decoded->offset);
  add_outcome(*decoded, contents);
  return contents;
}

}  // namespace headroom::app
