#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <thread>

#include "undo_kit.h"

namespace headroom::act {
namespace {

using namespace std::chrono_literals;

struct Shape {
  std::string key{};
  std::string encoding{};
  std::vector<Words> made_by{};
};

Words many(Words words, int count, bool pairs, const std::string& text = "") {
  for (int i = 0; i < count; ++i) {
    if (pairs) words.push_back(std::to_string(i));
    words.push_back("item" + std::to_string(i) + text);
  }
  return words;
}

/// Every type in every encoding that 7.0 has, and streams with all that a stream may have.
std::vector<Shape> shapes() {
  const std::string large(100, 'x');
  return {
      {"int", "int", {{"SET", "int", "-12345"}}},
      {"embstr", "embstr", {{"SET", "embstr", "short"}}},
      {"raw", "raw", {{"SET", "raw", std::string(5000, 'r') + hostile()}}},
      {"empty", "embstr", {{"SET", "empty", ""}}},
      {hostile(), "embstr", {{"SET", hostile(), hostile()}}},
      {"hash-listpack", "listpack", {many({"HSET", "hash-listpack"}, 10, true)}},
      {"hash-table", "hashtable", {many({"HSET", "hash-table"}, 600, true)}},
      {"set-ints", "intset", {{"SADD", "set-ints", "1", "-70000", "5000000000"}}},
      {"set-table", "hashtable", {many({"SADD", "set-table"}, 600, false)}},
      {"zset-listpack",
       "listpack",
       {many({"ZADD", "zset-listpack"}, 10, true),
        {"ZADD", "zset-listpack", "-inf", "low", "1e300", "high", "0.1", "tenth"}}},
      {"zset-skiplist", "skiplist", {many({"ZADD", "zset-skiplist"}, 600, true)}},
      {"list-small", "quicklist", {many({"RPUSH", "list-small"}, 5, false)}},
      {"list-large", "quicklist", {many({"RPUSH", "list-large"}, 600, false, large)}},
      {"stream", "stream", {{"XADD", "stream", "1-1", "f", "v"}, {"XADD", "stream", "2-1", "g", hostile()}}},
      {"stream-groups",
       "stream",
       {{"XADD", "stream-groups", "1-1", "f", "v"},
        {"XADD", "stream-groups", "1-2", "f", "w"},
        {"XADD", "stream-groups", "1-3", "f", "x"},
        {"XGROUP", "CREATE", "stream-groups", "g1", "0"},
        {"XGROUP", "CREATE", "stream-groups", "g2", "1-2"},
        {"XGROUP", "CREATECONSUMER", "stream-groups", "g2", "idle"},
        {"XREADGROUP", "GROUP", "g1", "alice", "COUNT", "2", "STREAMS", "stream-groups", ">"},
        {"XACK", "stream-groups", "g1", "1-1"},
        {"XDEL", "stream-groups", "1-3"}}},
      {"stream-empty", "stream", {{"XGROUP", "CREATE", "stream-empty", "g", "$", "MKSTREAM"}}},
  };
}

struct Was {
  Shape shape{};
  std::string digest{}, stream{};
  std::int64_t expires_at = -1;
};

std::string flat(const wire::Reply& reply) {
  std::string text = reply.text + ":" + std::to_string(reply.integer);
  for (const auto& item : reply.items) text += "(" + flat(item) + ")";
  return text;
}

/// XINFO STREAM FULL without what depends on the moment: when a consumer was last seen.
std::string stream_of(UndoBench& bench, const Shape& shape) {
  if (shape.encoding != "stream") return {};
  auto text = flat(bench.ask({"XINFO", "STREAM", shape.key, "FULL"}));
  for (const std::string word :
       {"(seen-time:0)", "(active-time:0)", "(radix-tree-keys:0)", "(radix-tree-nodes:0)"})
    for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1))
      text.erase(at + word.size(), text.find(')', at + word.size()) + 1 - at - word.size());
  return text;
}

void make(UndoBench& bench, const Shape& shape) {
  for (const auto& words : shape.made_by) {
    const auto reply = bench.ask(words);
    if (reply.is_error()) throw std::runtime_error(words[0] + ": " + reply.text);
  }
  EXPECT_EQ(bench.text({"OBJECT", "ENCODING", shape.key}), shape.encoding) << shape.key;
}

/// All shapes are removed and put back; `deadline`: 0 none.
void round_trip(const std::string& policy, std::int64_t deadline) {
  UndoBench bench({"--maxmemory-policy", policy});
  std::vector<Was> all;
  for (const auto& shape : shapes()) {
    make(bench, shape);
    if (deadline > 0) bench.ask({"PEXPIREAT", shape.key, std::to_string(deadline)});
    all.push_back(
        {shape, bench.digest(shape.key), stream_of(bench, shape), bench.number({"PEXPIRETIME", shape.key})});
    auto step = bench.removal(shape.key);
    auto& removed = *step.before[0].removed;
    if (removed.idle_seconds >= 0) removed.idle_seconds = 4711;
    if (removed.freq >= 0) removed.freq = 77;
    bench.record(step);
  }
  EXPECT_EQ(bench.number({"DBSIZE"}), 0);

  const auto report = bench.undo();
  EXPECT_TRUE(report.complete) << report.stopped_by;
  EXPECT_EQ(report.removed, all.size()) << testing::PrintToString(report.notes);
  EXPECT_EQ(report.rules.at(0).keys, all.size());
  for (const auto& was : all) {
    const auto& key = was.shape.key;
    // Before anything touches the key.
    if (policy == "allkeys-lfu")
      EXPECT_GE(bench.number({"OBJECT", "FREQ", key}), 76) << key;  // 77, or a decrement later
    else
      EXPECT_NEAR(static_cast<double>(bench.number({"OBJECT", "IDLETIME", key})), 4711, 60) << key;
    EXPECT_EQ(bench.digest(key), was.digest) << key;
    EXPECT_EQ(bench.number({"PEXPIRETIME", key}), was.expires_at) << key;
    EXPECT_EQ(bench.text({"OBJECT", "ENCODING", key}), was.shape.encoding) << key;
    EXPECT_EQ(stream_of(bench, was.shape), was.stream) << key;
  }
}

// UNDO-1: every type and encoding, without a TTL, with one; the idle time comes back.
TEST(UndoRoundTrip, gives_back_every_type_and_encoding) { round_trip("noeviction", 0); }
// UNDO-1
TEST(UndoRoundTrip, gives_back_deadlines_to_the_millisecond) { round_trip("allkeys-lru", 4'102'444'800'123); }
// UNDO-1: under an LFU policy it is the frequency that comes back.
TEST(UndoRoundTrip, gives_back_the_frequency_under_an_lfu_policy) {
  round_trip("allkeys-lfu", 0);
  round_trip("allkeys-lfu", 4'102'444'800'123);
}

// UNDO-1 F43: what would have expired meanwhile does not come back, and is reported so.
TEST(UndoRoundTrip, keys_whose_ttl_has_ended_stay_away) {
  UndoBench bench;
  for (const auto& shape : shapes()) {
    make(bench, shape);
    bench.ask({"PEXPIRE", shape.key, "60000"});
    auto step = bench.removal(shape.key);
    step.before[0].removed->expires_at = bench.number({"PEXPIRETIME", "none"}) + 1'600'000'000'000;
    bench.record(step);
  }
  const auto preview = preview_undo(bench.target, bench.run, secret(), {});
  ASSERT_TRUE(preview);
  EXPECT_EQ(preview->expired, shapes().size());
  const auto report = bench.undo();
  EXPECT_TRUE(report.complete);
  EXPECT_EQ(report.gone, shapes().size());
  EXPECT_EQ(bench.number({"DBSIZE"}), 0);
  EXPECT_THAT(report.notes, testing::ElementsAre(testing::HasSubstr("its TTL has ended meanwhile")));
}

// UNDO-1: the oldest form, which the executor journals for values it read by GET and HGETALL: type 0, and
// type 4 under version 9.
TEST(UndoRoundTrip, takes_values_in_the_oldest_form) {
  UndoBench bench;
  auto text = bench.step_of({"text"});
  text.before.emplace_back().removed = KeyBefore{"text", std::string("\0\x05hello", 7), 9, -1, -1, -1};
  bench.record(text);
  auto hash = bench.step_of({"hash"});
  hash.before.emplace_back().removed = KeyBefore{"hash",
                                                 std::string("\x04\x02\x01"
                                                             "a\x01"
                                                             "1\x01"
                                                             "b\x01"
                                                             "2",
                                                             11),
                                                 9,
                                                 -1,
                                                 -1,
                                                 -1};
  bench.record(hash);
  EXPECT_EQ(bench.undo().removed, 2U);
  EXPECT_EQ(bench.text({"GET", "text"}), "hello");
  EXPECT_EQ(bench.text({"HGET", "hash", "b"}), "2");
  EXPECT_EQ(bench.number({"HLEN", "hash"}), 2);
}

/// A journal step for the first `count` entries, which are trimmed.
JournalStep trim(UndoBench& bench, const std::string& key, const std::string& count) {
  auto step = bench.step_of({key});
  auto& before = step.before.emplace_back();
  before.kind = ChangeKind::stream_trim;
  for (const auto& item : bench.ask({"XRANGE", key, "-", "+", "COUNT", count}).items) {
    auto& entry = before.entries.emplace_back();
    entry.first = item.items[0].text;
    for (const auto& field : item.items[1].items) entry.second.push_back(field.text);
  }
  const auto left = bench.number({"XLEN", key}) - static_cast<std::int64_t>(before.entries.size());
  bench.ask({"XTRIM", key, "MAXLEN", std::to_string(left)});
  return step;
}

void fill_stream(UndoBench& bench, const std::string& key, int entries) {
  for (int i = 1; i <= entries; ++i)
    bench.ask({"XADD", key, std::to_string(i) + "-1", "event", "e" + std::to_string(i), "data", hostile()});
}

// UNDO-1: trimmed entries come back in front, with ids, counters and the TTL of the stream as they were.
TEST(UndoStreams, gives_back_what_was_trimmed_in_several_steps) {
  UndoBench bench;
  fill_stream(bench, "events", 1000);
  bench.ask({"XDEL", "events", "500-1"});
  bench.ask({"PEXPIREAT", "events", "4102444800123"});
  const auto digest = bench.digest("events");
  const auto info = stream_of(bench, {"events", "stream", {}});
  for (const char* count : {"300", "1", "250"}) bench.record(trim(bench, "events", count));
  ASSERT_EQ(bench.number({"XLEN", "events"}), 448);

  const auto report = bench.undo();
  EXPECT_TRUE(report.complete);
  EXPECT_EQ(report.removed, 3U) << testing::PrintToString(report.notes);
  EXPECT_EQ(bench.digest("events"), digest);
  EXPECT_EQ(stream_of(bench, {"events", "stream", {}}), info);
  EXPECT_NEAR(static_cast<double>(bench.number({"PEXPIRETIME", "events"})), 4'102'444'800'123, 1000);
  EXPECT_EQ(bench.number({"DBSIZE"}), 1) << "nothing is left beside";
}

// UNDO-1: a stream that was trimmed to nothing, and went on since.
TEST(UndoStreams, keeps_what_came_since) {
  UndoBench bench;
  fill_stream(bench, "events", 250);
  bench.record(trim(bench, "events", "250"));
  bench.ask({"XADD", "events", "900-0", "event", "new"});
  EXPECT_EQ(bench.undo().removed, 1U);
  EXPECT_EQ(bench.number({"XLEN", "events"}), 251);
  const auto last = bench.ask({"XREVRANGE", "events", "+", "-", "COUNT", "1"});
  EXPECT_EQ(last.items.at(0).items.at(0).text, "900-0");
  EXPECT_EQ(bench.number({"PTTL", "events"}), -1);
}

// UNDO-2 F43: what cannot come back is left alone, with the reason.
TEST(UndoStreams, leaves_streams_that_it_cannot_build_anew) {
  UndoBench bench;
  for (const char* key : {"groups", "gone", "other"}) {
    fill_stream(bench, key, 20);
    if (key == std::string("groups"))
      for (int i = 0; i < 90; ++i) bench.ask({"XADD", key, "*", "data", std::string(100'000, 'x')});
    bench.record(trim(bench, key, "10"));
  }
  bench.ask({"XGROUP", "CREATE", "groups", "g", "0"});
  bench.ask({"DEL", "gone", "other"});
  bench.ask({"SET", "other", "a string now"});
  const auto groups = bench.digest("groups");
  const auto report = bench.undo();
  EXPECT_EQ(report.failed, 1U);
  EXPECT_EQ(report.gone, 1U);
  EXPECT_EQ(report.changed, 1U);
  EXPECT_EQ(report.removed, 0U);
  EXPECT_THAT(report.notes, testing::Contains(testing::HasSubstr("consumer groups")));
  EXPECT_EQ(bench.digest("groups"), groups);
  EXPECT_EQ(bench.text({"GET", "other"}), "a string now");
  EXPECT_EQ(bench.number({"DBSIZE"}), 2);
}

/// XINFO STREAM FULL: entries, groups, consumers and what each has not acknowledged, with times and counts.
/// Left out is how the tree is laid out.
std::string full(UndoBench& bench, const std::string& key) {
  std::string text;
  const std::function<void(const wire::Reply&)> add = [&](const wire::Reply& reply) {
    text += reply.kind == wire::Reply::Kind::integer ? std::to_string(reply.integer) : reply.text;
    text += ' ';
    for (std::size_t i = 0; i < reply.items.size(); ++i)
      if (reply.items[i].text.starts_with("radix-tree"))
        ++i;
      else
        add(reply.items[i]);
    text += '\n';
  };
  add(bench.ask({"XINFO", "STREAM", key, "FULL", "COUNT", "0"}));
  return text;
}

/// A group that lags behind, one with two consumers, who have not acknowledged entries that are trimmed
/// later, one that somebody deleted, and some that stay; one without anybody.
void add_groups(UndoBench& bench, const std::string& key) {
  for (const char* group : {"late", "busy", "idle"}) bench.ask({"XGROUP", "CREATE", key, group, "0"});
  const auto read = [&](const char* group, const char* consumer, const char* count) {
    bench.ask({"XREADGROUP", "GROUP", group, consumer, "COUNT", count, "STREAMS", key, ">"});
  };
  read("late", "only", "3");
  read("busy", "first", "20");
  read("busy", "second", "150");
  read("busy", "first", "7");
  bench.ask({"XACK", key, "busy", "1-1", "2-1", "30-1", "171-1"});
  bench.ask({"XCLAIM", key, "busy", "second", "0", "5-1", "RETRYCOUNT", "9"});
  bench.ask({"XGROUP", "CREATECONSUMER", key, "idle", "nobody"});
  bench.ask({"XDEL", key, "12-1"});
}

// UNDO-1: entries come back in front of a stream with consumer groups, and the groups are as they were, with
// all that is not acknowledged, be it of entries that were trimmed
TEST(UndoStreams, gives_back_entries_of_a_stream_with_groups) {
  UndoBench bench;
  fill_stream(bench, "events", 300);
  add_groups(bench, "events");
  bench.ask({"PEXPIREAT", "events", "4102444800123"});
  const auto digest = bench.digest("events"), before = full(bench, "events");
  for (const char* count : {"50", "1", "100"}) bench.record(trim(bench, "events", count));
  ASSERT_NE(full(bench, "events"), before);
  const auto report = bench.undo();
  EXPECT_EQ(report.removed, 3U) << testing::PrintToString(report.notes);
  EXPECT_EQ(bench.digest("events"), digest);
  EXPECT_EQ(full(bench, "events"), before);
  EXPECT_EQ(bench.number({"PEXPIRETIME", "events"}), 4'102'444'800'123);
  EXPECT_EQ(bench.number({"DBSIZE"}), 1) << "nothing is left beside";
  EXPECT_EQ(bench.undo().removed, 0U) << "and once";
}

// UNDO-2 F42: what the groups did since is not taken back, and who waits for entries goes on waiting
TEST(UndoStreams, leaves_groups_where_they_are_by_now) {
  UndoBench bench;
  fill_stream(bench, "events", 100);
  add_groups(bench, "events");
  bench.record(trim(bench, "events", "100"));
  bench.ask({"XADD", "events", "900-0", "event", "new"});
  bench.ask({"XREADGROUP", "GROUP", "late", "only", "STREAMS", "events", ">"});
  bench.ask({"XREADGROUP", "GROUP", "busy", "first", "STREAMS", "events", ">"});
  const auto groups = [&] { return bench.ask({"XPENDING", "events", "late"}).items.at(0).integer; };
  const auto pending = groups();
  std::string got;
  std::thread consumer([&] {
    auto own = *bench.target.open();
    const std::vector<std::string_view> words{"XREADGROUP", "GROUP",   "late",   "waiting", "BLOCK",
                                              "20000",      "STREAMS", "events", ">"};
    const auto reply = own->call(words);
    if (reply && !reply->is_error() && !reply->items.empty()) got = "something";
    if (reply && reply->is_error()) got = reply->text;
  });
  while (bench.text({"INFO", "clients"}).find("blocked_clients:1") == std::string::npos)
    std::this_thread::yield();
  const auto report = bench.undo();
  EXPECT_EQ(report.removed, 1U) << testing::PrintToString(report.notes);
  EXPECT_EQ(bench.number({"XLEN", "events"}), 100) << "99 and the new one";
  EXPECT_EQ(groups(), pending);
  EXPECT_NE(bench.text({"INFO", "clients"}).find("blocked_clients:1"), std::string::npos);
  bench.ask({"XADD", "events", "901-0", "event", "newer"});
  consumer.join();
  EXPECT_EQ(got, "something");
  EXPECT_EQ(groups(), pending + 1);
}

// F38: the run was killed before it trimmed, or before it said so.
TEST(UndoStreams, a_trim_that_may_not_have_been_made_adds_nothing_twice) {
  UndoBench bench;
  fill_stream(bench, "events", 100);
  const auto digest = bench.digest("events");
  bench.record(trim(bench, "events", "30"));
  auto second = trim(bench, "events", "0");
  for (const auto& item : bench.ask({"XRANGE", "events", "-", "+", "COUNT", "20"}).items) {
    second.before[0].entries.push_back({item.items[0].text, {}});
    for (const auto& field : item.items[1].items)
      second.before[0].entries.back().second.push_back(field.text);
  }
  bench.record(second, StepOutcome::pending);
  EXPECT_EQ(bench.undo().removed, 2U);
  EXPECT_EQ(bench.digest("events"), digest);
}

// UNDO-2 F42: a producer adds all the while. Nothing of its entries is lost.
TEST(UndoStreams, loses_nothing_that_is_added_meanwhile) {
  UndoBench bench;
  fill_stream(bench, "events", 3000);
  bench.record(trim(bench, "events", "2000"));
  std::thread producer([&] {
    auto own = *bench.target.open();
    for (int i = 0; i < 3000; ++i) {
      const auto id = std::to_string(10'000 + i) + "-0";
      const std::vector<std::string_view> words{"XADD", "events", id, "event", "new"};
      ASSERT_TRUE(own->call(words));
    }
  });
  const auto report = bench.undo();
  producer.join();
  EXPECT_EQ(bench.number({"XLEN", "events"}), (report.removed == 1 ? 3000 : 1000) + 3000)
      << testing::PrintToString(report.notes);
}

// UNDO-2 F42: a producer adds and a group reads and acknowledges all the while. Every entry is read once.
TEST(UndoStreams, a_group_that_works_meanwhile_misses_nothing) {
  UndoBench bench;
  fill_stream(bench, "events", 2000);
  bench.ask({"XGROUP", "CREATE", "events", "workers", "$"});
  bench.record(trim(bench, "events", "1500"));
  constexpr int added = 2000;
  const auto work = [&](const std::function<bool(wire::Link&)>& once) {
    return std::thread([&bench, once] {
      auto own = *bench.target.open();
      while (once(*own)) std::this_thread::sleep_for(100us);
    });
  };
  int next = 0, seen = 0;
  auto producer = work([&](wire::Link& own) {
    const auto id = std::to_string(10'000 + next) + "-0";
    const std::vector<std::string_view> words{"XADD", "events", id, "event", "new"};
    EXPECT_TRUE(own.call(words));
    return ++next < added;
  });
  auto consumer = work([&](wire::Link& own) {
    const std::vector<std::string_view> words{"XREADGROUP", "GROUP", "workers", "me",     "COUNT", "1",
                                              "BLOCK",      "5000",  "STREAMS", "events", ">"};
    const auto reply = own.call(words);
    if (!reply || reply->is_error())
      return ADD_FAILURE() << (reply ? reply->text : reply.error().what), false;
    const auto id = reply->items.at(0).kind == wire::Reply::Kind::array
                        ? reply->items[0].items.at(1).items.at(0).items.at(0).text
                        : reply->items.at(1).items.at(0).items.at(0).text;
    EXPECT_EQ(id, std::to_string(10'000 + seen) + "-0");
    const std::vector<std::string_view> ack{"XACK", "events", "workers", id};
    const auto acknowledged = own.call(ack);
    EXPECT_TRUE(acknowledged && acknowledged->integer == 1);
    return ++seen < added;
  });
  const auto report = bench.undo();
  producer.join(), consumer.join();
  EXPECT_EQ(bench.number({"XLEN", "events"}), (report.removed == 1 ? 2000 : 500) + added)
      << testing::PrintToString(report.notes);
  EXPECT_EQ(bench.ask({"XPENDING", "events", "workers"}).items.at(0).integer, 0);
}

}  // namespace
}  // namespace headroom::act
