#include "source/snapshot/record_batch.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace headroom::source {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Keeps what it is given; wants every key but those whose name begins with '-'.
class Keeper final : public RecordSink {
 public:
  Interest look(std::uint32_t db, std::string_view key) override {
    looked.emplace_back(db, key);
    return {key.starts_with('-') ? Look::name : Look::details, 7};
  }
  void take(const KeyRecord& record) override {
    names.emplace_back(record.key);
    records.push_back(record);
  }
  void restart() override {}
  std::vector<std::pair<std::uint32_t, std::string>> looked{};
  std::vector<std::string> names{};
  std::vector<KeyRecord> records{};
};

void give(const RecordBatch& batch, RecordSink& sink, ScanOutcome& scan) {
  ValueListener* const nobody = nullptr;
  LaterValues values(nobody);
  batch.give(sink, scan, values);
}

KeyRecord named(std::string_view name) {
  KeyRecord record;
  record.key = name;
  record.elements = 1, record.expires = Expires::never;
  return record;
}

TEST(RecordBatch, gives_every_record_as_it_was) {
  const std::string longest(70'000, 'n'), binary("a\0b\xff", 4);
  auto plain = named("key:1"), giant = named(longest), full = named(binary), gone = named("");
  plain.type = KeyType::string, plain.encoding = Encoding::embstr, plain.bytes = Bytes{64};
  giant.type = KeyType::hash, giant.encoding = Encoding::hashtable,
  giant.bytes = Bytes{std::uint64_t{5} << 40U};
  giant.elements = std::uint64_t{1} << 33U, giant.db = 15;
  full.type = KeyType::module, full.encoding = Encoding::other, full.db = 15, full.expires = Expires::at;
  full.ttl = milliseconds(-5), full.idle = seconds(4'000'000'000), full.freq = 255, full.elements = 0;
  RecordBatch batch;
  for (const auto& record : {plain, giant, full, gone}) batch.add(record);
  Keeper keeper;
  ScanOutcome scan;
  give(batch, keeper, scan);
  EXPECT_EQ(keeper.names, (std::vector<std::string>{"key:1", longest, binary, ""}));
  ASSERT_EQ(keeper.records.size(), 4U);
  const std::vector<KeyRecord> sent{plain, giant, full, gone};
  for (std::size_t i = 0; i < sent.size(); ++i) {
    const auto& got = keeper.records[i];
    EXPECT_EQ(got.db, sent[i].db) << i;
    EXPECT_EQ(got.type, sent[i].type) << i;
    EXPECT_EQ(got.encoding, sent[i].encoding) << i;
    EXPECT_EQ(got.bytes, sent[i].bytes) << i;
    EXPECT_EQ(got.elements, sent[i].elements) << i;
    EXPECT_EQ(got.expires, sent[i].expires) << i;
    EXPECT_EQ(got.ttl, sent[i].ttl) << i;
    EXPECT_EQ(got.idle, sent[i].idle) << i;
    EXPECT_EQ(got.freq, sent[i].freq) << i;
    EXPECT_EQ(got.ticket, 7U) << i;
  }
  EXPECT_EQ(scan.keys, 4U);
  EXPECT_EQ(scan.asked, 4U);
}

TEST(RecordBatch, names_what_nobody_wants_to_know_more_of) {
  RecordBatch batch;
  batch.add(named("-left")), batch.add(named("taken"));
  Keeper keeper;
  ScanOutcome scan;
  give(batch, keeper, scan);
  EXPECT_EQ(keeper.looked.size(), 2U);
  EXPECT_EQ(keeper.names, std::vector<std::string>{"taken"});
  EXPECT_EQ(scan.keys, 2U);
  EXPECT_EQ(scan.asked, 1U);
}

TEST(RecordBatch, begins_anew_when_cleared) {
  RecordBatch batch;
  auto record = named("a");
  record.db = 3;
  batch.add(record);
  batch.clear();
  EXPECT_TRUE(batch.empty());
  record.key = "b";
  batch.add(record);
  Keeper keeper;
  ScanOutcome scan;
  give(batch, keeper, scan);
  EXPECT_EQ(keeper.looked, (std::vector<std::pair<std::uint32_t, std::string>>{{3, "b"}}));
}

}  // namespace
}  // namespace headroom::source
