#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include "kit/loaded_server.h"
#include "rdb_writer.h"
#include "recording_sink.h"
#include "scan_kit.h"
#include "source/rdb/file_input.h"
#include "source/snapshot.h"

// A snapshot that a real server saved, against the same server asked key by key.
namespace headroom::source {
namespace {

using rdb::MemoryInput;

ValueReaders nobody(const SnapshotFacts&) { return {}; }

std::unique_ptr<rdb::Input> saved(RedisServer& server) {
  redis_cli(server, {"SAVE"});
  auto input = rdb::open_file(server.folder() + "/dump.rdb");
  if (!input) throw std::runtime_error(input.error().what);
  return *std::move(input);
}

/// Elements of a key by the command of its type.
std::uint64_t elements_of(const RedisServer& server, const RecordingSink::Name& name, KeyType type) {
  constexpr std::array commands{"", "", "LLEN", "SCARD", "ZCARD", "HLEN", "XLEN", ""};
  const std::string command = commands[static_cast<std::size_t>(type)];
  if (type == KeyType::string) return 1;
  return std::stoull(test::ask_json(server, name.first, {command, name.second}));
}

/// The file tells what the server does that has loaded it, key by key. (One that has not may keep a short
/// string as raw that was appended to; no file tells that.)
void expect_same(RedisServer& server, RecordingSink& told, const SnapshotOutcome& outcome) {
  server.restart();
  RecordingSink asked(Look::details);
  const auto scan = scan_all(server, asked);
  EXPECT_TRUE(outcome.scan.complete) << outcome.decoded.fault;
  EXPECT_EQ(outcome.scan.keys, scan.keys);
  EXPECT_EQ(outcome.scan.asked, scan.keys);
  EXPECT_EQ(told.named, asked.named);
  ASSERT_EQ(told.records.size(), asked.records.size());
  for (const auto& [name, live] : asked.records) {
    const auto& file = told.records.at(name);
    SCOPED_TRACE(name.second);
    EXPECT_EQ(file.type, live.type);
    EXPECT_EQ(file.expires, live.expires);
    if (live.expires == Expires::at) {
      // The live scan asks later, and the file names its own moment in whole seconds.
      EXPECT_LE(live.ttl, file.ttl);
      const auto deadline = std::stoll(test::ask_json(server, name.first, {"PEXPIRETIME", name.second}));
      EXPECT_EQ(file.ttl.count(), deadline - outcome.facts.time->count());
    }
    EXPECT_EQ(file.encoding, live.encoding);
    EXPECT_EQ(file.elements, elements_of(server, name, live.type));
  }
}

TEST(Snapshot, of_every_type_and_encoding_says_what_the_live_scan_says) {
  RedisServer server;
  const std::string blob(100, 'x');
  const std::vector<std::vector<std::string>> commands{{"SET", "embstr", "short"},
                                                       {"SET", "raw", blob},
                                                       {"SET", "int", "12345678901"},
                                                       {"SET", "edge44", blob.substr(56)},
                                                       {"SET", "edge45", blob.substr(55)},
                                                       {"SET", "soon", "v", "PX", "90000"},
                                                       {"RPUSH", "list", "a", "b"},
                                                       {"SADD", "ints", "1", "70000"},
                                                       {"SADD", "set", "a", "b", "1"},
                                                       {"HSET", "hash", "f", "v"},
                                                       {"HSET", "wide", "f", blob},
                                                       {"ZADD", "zset", "1", "a"},
                                                       {"ZADD", "skip", "1", blob},
                                                       {"XADD", "stream", "*", "f", "v"},
                                                       {"PFADD", "hll", "a"},
                                                       {"PEXPIRE", "list", "3600000"},
                                                       {"SETBIT", "bits", "100000", "1"},
                                                       {"GEOADD", "geo", "1", "1", "a"}};
  for (const auto& command : commands) redis_cli(server, command);
  redis_cli(server, {"EVAL",
                     "for i = 1, 3000 do redis.call('RPUSH', 'long', i) redis.call('ZADD', 'tall', i, i) "
                     "redis.call('SADD', 'many', 'm' .. i) redis.call('XADD', 'log', '*', 'i', i) end",
                     "0"});
  redis_cli(server, {"SET", "other", "1"}, 9);
  RecordingSink told(Look::details);
  const auto outcome = read_snapshot(*saved(server), told, nobody);
  expect_same(server, told, outcome);
  EXPECT_EQ(outcome.facts.version, "7.0.15");
  EXPECT_EQ(outcome.facts.format, 10U);
  ASSERT_EQ(outcome.facts.keyspace.size(), 2U);
  EXPECT_EQ(outcome.facts.keyspace[0].keys + outcome.facts.keyspace[1].keys, outcome.scan.keys);
  EXPECT_EQ(outcome.facts.keyspace[0].expires, 2U);
  EXPECT_EQ(outcome.facts.keyspace[1].db, 9U);
  EXPECT_EQ(outcome.scan.expected, outcome.scan.keys);
  EXPECT_FALSE(outcome.idle_known);
}

TEST(Snapshot, of_real_libraries_says_what_the_live_scan_says) {
  for (const auto* name : {"bullmq5_all_states", "celery_mixed", "others"}) {
    const auto server = test::loaded_server(name);
    RecordingSink told(Look::details);
    expect_same(*server, told, read_snapshot(*saved(*server), told, nobody));
  }
}

TEST(Snapshot, tells_idle_times_where_the_file_has_them) {
  RedisServer server({"--maxmemory-policy", "allkeys-lru"});
  redis_cli(server, {"SET", "a", "1"});
  RecordingSink told(Look::details);
  EXPECT_TRUE(read_snapshot(*saved(server), told, nobody).idle_known);
  EXPECT_LE(told.record("a").idle.value(), 60s);
}

TEST(Snapshot, of_one_database_leaves_the_others_out) {
  RedisServer server;
  test::fill(server, "zero", 10);
  test::fill(server, "five", 7, 5);
  RecordingSink told(Look::details);
  SnapshotOptions options;
  options.db = 5;
  const auto outcome = read_snapshot(*saved(server), told, nobody, options);
  EXPECT_EQ(outcome.scan.keys, 7U);
  EXPECT_EQ(outcome.scan.expected, 7U);
  EXPECT_TRUE(told.has("five:1", 5));
}

TEST(Snapshot, for_who_wants_names_gives_no_records) {
  MemoryInput input(rdb::dump("demo"));
  RecordingSink told(Look::name);
  const auto outcome = read_snapshot(input, told, nobody);
  EXPECT_TRUE(outcome.scan.complete);
  EXPECT_EQ(told.looks.size(), outcome.scan.keys);
  EXPECT_EQ(outcome.scan.asked, 0U);
  EXPECT_TRUE(told.records.empty());
}

TEST(Snapshot, F06_of_an_empty_file_is_no_keys_and_a_reason) {
  MemoryInput input("");
  RecordingSink told(Look::details);
  const auto outcome = read_snapshot(input, told, nobody);
  EXPECT_FALSE(outcome.scan.complete);
  EXPECT_FALSE(outcome.scan.stopped_by.empty());
  EXPECT_EQ(outcome.decoded.fault, "the file is empty");
  EXPECT_TRUE(told.looks.empty());
}

TEST(Snapshot, of_a_server_without_keys_is_complete) {
  RedisServer server;
  RecordingSink told(Look::details);
  const auto outcome = read_snapshot(*saved(server), told, nobody);
  EXPECT_TRUE(outcome.scan.complete);
  EXPECT_EQ(outcome.scan.keys, 0U);
  EXPECT_EQ(outcome.facts.version, "7.0.15");
}

TEST(Snapshot, F01_of_a_file_that_is_cut_tells_the_keys_before_the_cut) {
  const auto whole = rdb::dump("bullmq5_all_states");
  MemoryInput input(whole.substr(0, whole.size() / 2)), all(whole);
  RecordingSink told(Look::details), expected(Look::details);
  const auto outcome = read_snapshot(input, told, nobody);
  read_snapshot(all, expected, nobody);
  EXPECT_FALSE(outcome.scan.complete);
  EXPECT_EQ(told.looks.size(), outcome.decoded.keys);
  EXPECT_EQ(told.looks.back(), outcome.decoded.last_key);
  EXPECT_TRUE(std::equal(told.looks.begin(), told.looks.end(), expected.looks.begin()));
}

/// Wants the strings whose names begin with "later" afterwards, and those with "both" at once too.
class Late final : public ValueListener {
 public:
  Reading wants(const StoredKey& key) override {
    later_ = key.key.starts_with("later") || key.key.starts_with("both");
    return key.key.starts_with("both") ? Reading::elements : later_ ? Reading::size : Reading::nothing;
  }
  bool element(const Element& element) override { return at_once.emplace_back(element.name), true; }
  void ends(const StoredKey&, const ValueSize&, Bytes) override {}
  bool wants_later() const override { return later_; }
  void later(const StoredKey& key, std::string_view value, Bytes) override {
    values.emplace_back(std::string(key.key), std::string(value));
  }
  std::vector<std::string> at_once{};
  std::vector<std::pair<std::string, std::string>> values{};

 private:
  bool later_ = false;
};

SnapshotOutcome listened(const std::string& file, Late& late, RecordSink& sink) {
  MemoryInput input(file);
  return read_snapshot(input, sink, [&](const SnapshotFacts&) { return ValueReaders{nullptr, &late}; });
}

/// LZF of `text` in literal runs.
std::string unshortened(std::string_view text) {
  std::string packed;
  for (; !text.empty(); text.remove_prefix(std::min<std::size_t>(text.size(), 32))) {
    const auto run = text.substr(0, 32);
    packed.append(1, static_cast<char>(run.size() - 1)).append(run);
  }
  return packed;
}

std::string packed_string(std::string_view packed, std::size_t length) {
  std::string bytes = "\xc3";
  for (const auto one : {packed.size(), length})
    bytes += {static_cast<char>(0x40U | one >> 8U), static_cast<char>(one & 0xffU)};
  return bytes.append(packed);
}

TEST(Snapshot, hands_values_over_in_their_order_wherever_they_lie) {
  // Enough for every piece of the file to come round several times, and values that lie across two of them.
  auto file = rdb::RdbWriter("REDIS0011").db(0);
  std::vector<std::pair<std::string, std::string>> expected;
  std::vector<std::string> at_once;
  for (int i = 0; i < 20'000; ++i) {
    const std::string text = std::to_string(i) + std::string(static_cast<std::size_t>(i * 7 % 600), 'v');
    const std::string name = (i % 3 == 0 ? "later:" : i % 3 == 1 ? "both:" : "never:") + std::to_string(i);
    file.key(0, name);
    i % 2 == 0 ? file.text(text) : file.raw(packed_string(unshortened(text), text.size()));
    if (i % 3 != 2) expected.emplace_back(name, text);
    if (i % 3 == 1) at_once.push_back(text);
  }
  file.key(0, "later:large").text(std::string(700'000, 'l'));
  file.key(0, "later:none").text("");
  file.key(0, "later:number").raw("\xc0\x05");
  expected.insert(expected.end(),
                  {{"later:large", std::string(700'000, 'l')}, {"later:none", ""}, {"later:number", "5"}});
  Late late;
  RecordingSink told(Look::details);
  const auto outcome = listened(file.sealed(), late, told);
  EXPECT_TRUE(outcome.scan.complete) << outcome.decoded.fault;
  EXPECT_EQ(told.looks.size(), 20'003U);
  EXPECT_EQ(late.values, expected);
  EXPECT_EQ(late.at_once, at_once);
}

TEST(Snapshot, F02_of_a_file_with_a_damaged_value_that_was_handed_over_says_where) {
  const auto begin = rdb::RdbWriter("REDIS0011").db(0).key(0, "first").text("v");
  auto file = begin;
  file.key(0, "later").raw(packed_string(std::string("\xe0\x01\x05", 3), 200)).key(0, "last").text("v");
  Late late;
  RecordingSink told(Look::details);
  const auto outcome = listened(file.sealed(), late, told);
  EXPECT_FALSE(outcome.scan.complete);
  EXPECT_EQ(outcome.decoded.fault, "a compressed string is damaged");
  EXPECT_EQ(outcome.decoded.offset, begin.size() + 1 + 6 + 5);
  EXPECT_EQ(outcome.decoded.last_key, "first");
  EXPECT_TRUE(late.values.empty());
}

/// Keys without end.
class Endless final : public rdb::Input {
 public:
  Result<std::size_t> read(std::span<char> room) override {
    std::size_t made = 0;
    while (at_ < head_.size() && made < room.size()) room[made++] = head_[at_++];
    for (; made < room.size(); ++made, ++turn_) room[made] = key_[turn_ % key_.size()];
    return made;
  }

 private:
  std::string head_ = "REDIS0011";
  std::string key_ = rdb::RdbWriter("").key(0, "key").text("v").sealed(false).substr(0, 7);
  std::size_t at_ = 0, turn_ = 0;
};

TEST(Snapshot, ends_early_when_it_is_told_to_stop) {
  Endless input;
  RecordingSink told(Look::name);
  std::atomic<bool> enough = false;
  told.on_look = [&](std::size_t names) { enough = names > 10'000; };
  SnapshotOptions options;
  options.stop = [&] { return enough.load(); };
  const auto outcome = read_snapshot(input, told, nobody, options);
  EXPECT_FALSE(outcome.scan.complete);
  EXPECT_EQ(outcome.scan.stopped_by, "stopped before its end");
}

TEST(Snapshot, F06_of_a_pipe_that_nobody_fills_ends_when_it_is_told_to_stop) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  ASSERT_EQ(::write(ends[1], "REDIS0011", 9), 9);
  auto input = rdb::open_file("/dev/fd/" + std::to_string(ends[0]));
  ASSERT_TRUE(input);
  RecordingSink told(Look::name);
  std::atomic<int> questions = 0;
  SnapshotOptions options;
  options.stop = [&] { return ++questions > 5; };
  const auto outcome = read_snapshot(**input, told, nobody, options);
  EXPECT_EQ(outcome.scan.stopped_by, "stopped before its end");
  ::close(ends[0]), ::close(ends[1]);
}

/// Says at the end that it changed.
class Changing final : public rdb::Input {
 public:
  explicit Changing(std::string bytes) : bytes_(std::move(bytes)) {}
  Result<std::size_t> read(std::span<char> room) override { return bytes_.read(room); }
  bool changed() const override { return true; }

 private:
  MemoryInput bytes_;
};

TEST(Snapshot, F06_of_a_file_that_changed_is_whole_only_when_its_checksum_says_so) {
  const auto file = rdb::RdbWriter("REDIS0011").db(0).key(0, "k").text("v");
  Changing proved(file.sealed()), unproved(file.sealed(false) + std::string(8, '\0'));
  RecordingSink told(Look::name);
  EXPECT_TRUE(read_snapshot(proved, told, nobody).scan.complete);
  const auto outcome = read_snapshot(unproved, told, nobody);
  EXPECT_FALSE(outcome.scan.complete);
  EXPECT_EQ(outcome.decoded.fault, "the file changed while it was read");
}

// A walk along all databases for every key cost minutes here.
TEST(Snapshot, F07_with_another_database_for_every_key_takes_no_square_of_time) {
  std::string bytes = "REDIS0011";
  constexpr std::uint64_t databases = 300'000;
  for (std::uint64_t db = 0; db < databases; ++db)
    bytes += '\xfe' + rdb::rdb_length(db) + '\0' + rdb::rdb_text("k") + rdb::rdb_text("v");
  MemoryInput input(bytes + '\xff' + std::string(8, '\0'));
  RecordingSink told(Look::name);
  const auto outcome = read_snapshot(input, told, nobody);
  EXPECT_TRUE(outcome.scan.complete) << outcome.decoded.fault;
  EXPECT_EQ(outcome.facts.keyspace.size(), databases);
  EXPECT_EQ(outcome.facts.keyspace.back().db, databases - 1);
}

struct Listener final : ValueListener {
  std::size_t wanted = 0, elements = 0, ended = 0;
  std::size_t most = SIZE_MAX;
  Reading wants(const StoredKey& key) override {
    return ++wanted, key.type == KeyType::hash ? Reading::names : Reading::nothing;
  }
  bool element(const Element&) override { return ++elements % most != 0; }
  void ends(const StoredKey&, const ValueSize&, Bytes) override { ++ended; }
};

TEST(Snapshot, asks_the_listener_for_every_key_and_tells_what_it_wants) {
  const auto server = test::loaded_server("bullmq5_all_states");
  std::size_t hashes = 0, fields = 0;
  RecordingSink asked(Look::details);
  scan_all(*server, asked);
  for (const auto& [name, record] : asked.records)
    if (record.type == KeyType::hash)
      ++hashes, fields += std::stoul(redis_cli(*server, {"HLEN", name.second}));
  Listener all, first;
  first.most = 1;
  for (auto* listener : {&all, &first}) {
    RecordingSink told(Look::name);
    const auto input = saved(*server);
    const auto outcome = read_snapshot(*input, told, [&](const SnapshotFacts& facts) {
      EXPECT_EQ(facts.version, "7.0.15");
      return ValueReaders{nullptr, listener};
    });
    EXPECT_EQ(listener->wanted, outcome.scan.keys);
    EXPECT_EQ(listener->ended, hashes);
  }
  EXPECT_EQ(all.elements, fields);
  EXPECT_EQ(first.elements, hashes);
}

}  // namespace
}  // namespace headroom::source
