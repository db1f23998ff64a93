#include "act/undo.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "act/quarantine.h"
#include "undo_kit.h"

namespace headroom::act {
namespace {

using testing::Contains;
using testing::HasSubstr;

/// A finished job as BullMQ has it, and the step that removes it whole.
JournalStep remove_job(UndoBench& bench, const std::string& id) {
  const auto job = "bull:mail:" + id;
  auto step = bench.step_of({job, "bull:mail:completed", job + ":logs", "bull:mail:tags"});
  step.before.push_back(UndoBench::before_of(ChangeKind::remove, 0));
  step.before.back().removed = bench.key_before(job);
  step.before.push_back(UndoBench::before_of(ChangeKind::remove_if_there, 2));
  step.before.back().removed = bench.key_before(job + ":logs");
  const auto score = std::stod(bench.text({"ZSCORE", "bull:mail:completed", id}));
  step.before.push_back(UndoBench::before_of(ChangeKind::zset_remove, 1, id, {}, score));
  step.before.push_back(
      UndoBench::before_of(ChangeKind::hash_remove, 3, id, bench.text({"HGET", "bull:mail:tags", id})));
  bench.ask({"UNLINK", job, job + ":logs"});
  bench.ask({"ZREM", "bull:mail:completed", id});
  bench.ask({"HDEL", "bull:mail:tags", id});
  return step;
}

void add_job(UndoBench& bench, const std::string& id, const std::string& data = "{}") {
  const auto job = "bull:mail:" + id;
  bench.ask({"HSET", job, "name", "send", "data", data, "timestamp", "1700000000000"});
  bench.ask({"RPUSH", job + ":logs", "line 1", "line 2"});
  bench.ask({"ZADD", "bull:mail:completed", "1700000000000." + id, id});
  bench.ask({"HSET", "bull:mail:tags", id, hostile()});
}

std::vector<std::string> digests(UndoBench& bench) {
  std::vector<std::string> all;
  auto keys = bench.ask({"KEYS", "*"});
  for (const auto& key : keys.items) all.push_back(key.text + " " + bench.digest(key.text));
  std::sort(all.begin(), all.end());
  return all;
}

// UNDO-3: a job returns with its sub-keys and memberships, and when one part cannot, none does.
TEST(Undo, puts_a_job_back_with_its_memberships) {
  UndoBench bench;
  for (const char* id : {"1", "2", "3"}) add_job(bench, id);
  const auto before = digests(bench);
  for (const char* id : {"1", "2", "3"}) bench.record(remove_job(bench, id));
  EXPECT_EQ(bench.number({"DBSIZE"}), 0);
  const auto report = bench.undo();
  EXPECT_EQ(report.removed, 3U) << testing::PrintToString(report.notes);
  EXPECT_EQ(report.rules.at(0).keys, 6U);
  EXPECT_EQ(report.kind, "undo");
  EXPECT_EQ(digests(bench), before);
}

// UNDO-3 UNDO-2 F43: one member has another score now, or a sub-key is there again: the whole job stays away.
TEST(Undo, puts_back_nothing_of_a_job_when_a_part_is_taken) {
  UndoBench bench;
  for (const char* id : {"1", "2", "3", "4", "5"}) add_job(bench, id);
  for (const char* id : {"1", "2", "3", "4", "5"}) bench.record(remove_job(bench, id));
  bench.ask({"ZADD", "bull:mail:completed", "5", "1"});
  bench.ask({"SET", "bull:mail:2:logs", "somebody else's"});
  bench.ask({"HSET", "bull:mail:tags", "3", "other"});
  bench.ask({"SET", "bull:mail:4", "a new one"});
  const auto before = digests(bench);
  UndoOptions only;
  only.only.key = [](std::string_view key) { return key != "bull:mail:5"; };
  const auto report = bench.undo(only);
  EXPECT_EQ(report.changed, 4U);
  EXPECT_EQ(report.removed, 0U);
  EXPECT_EQ(digests(bench), before);
  EXPECT_THAT(report.notes,
              Contains(HasSubstr("4 steps: something is there again and was left as it is (bull:mail:1, "
                                 "bull:mail:2, bull:mail:3, ...)")));
  EXPECT_EQ(bench.undo().removed, 1U);
  EXPECT_EQ(bench.text({"HGET", "bull:mail:5", "name"}), "send");
}

// UNDO-3: a command that the server refuses in the middle takes back what was made before it.
TEST(Undo, takes_back_the_half_of_a_step_that_fails) {
  UndoBench bench;
  bench.ask({"SET", "good", "1"});
  auto step = bench.step_of({"good", "bad", "zset"});
  step.before.push_back(UndoBench::before_of(ChangeKind::remove, 0));
  step.before.back().removed = bench.key_before("good");
  step.before.push_back(UndoBench::before_of(ChangeKind::zset_remove, 2, "m", {}, 1));
  step.before.push_back(UndoBench::before_of(ChangeKind::remove, 1));
  step.before.back().removed = KeyBefore{"bad", "\x0bnot an intset", 10, -1, -1, -1};
  bench.ask({"UNLINK", "good"});
  bench.record(step);
  const auto report = bench.undo();
  EXPECT_EQ(report.failed, 1U);
  EXPECT_THAT(report.notes, Contains(HasSubstr("older than the one it was removed from")));
  EXPECT_EQ(bench.number({"DBSIZE"}), 0);
}

// UNDO-2 F43: the name is taken by whatever type it may be.
TEST(Undo, never_overwrites) {
  UndoBench bench;
  const std::vector<Words> made{{"SET", "k", "new"}, {"HSET", "k", "f", "v"}, {"XADD", "k", "1-1", "f", "v"}};
  for (const auto& words : made) {
    bench.ask({"SET", "k", "old"});
    bench.remove("k");
    bench.ask(words);
    const auto is = bench.digest("k");
    bench.undo();
    EXPECT_EQ(bench.digest("k"), is);
    bench.ask({"DEL", "k"});
  }
}

// UNDO-2: members and fields by themselves: there again with the same value is fine, with another it stays.
TEST(Undo, puts_members_back_beside_what_is_there) {
  UndoBench bench;
  bench.ask({"ZADD", "zset", "-inf", "low", "0.1", "tenth", "3", "three"});
  bench.ask({"SADD", "set", hostile(), "b"});
  bench.ask({"HSET", "hash", "f", hostile(), "g", "2"});
  const auto before = digests(bench);
  const auto record = [&](const std::string& key, ChangeKind kind, const std::string& member,
                          const std::string& value, double score) {
    auto step = bench.step_of({key});
    step.before.push_back(UndoBench::before_of(kind, 0, member, value, score));
    bench.record(step);
  };
  record("zset", ChangeKind::zset_remove, "low", "", -std::numeric_limits<double>::infinity());
  record("zset", ChangeKind::zset_remove, "tenth", "", 0.1);
  record("zset", ChangeKind::zset_remove, "three", "", 3);
  record("set", ChangeKind::set_remove, hostile(), "", 0);
  record("hash", ChangeKind::hash_remove, "f", hostile(), 0);
  bench.ask({"ZREM", "zset", "low", "tenth", "three"});
  bench.ask({"SREM", "set", hostile()});
  bench.ask({"HDEL", "hash", "f"});
  EXPECT_EQ(bench.undo().removed, 5U);
  EXPECT_EQ(digests(bench), before);
}

// UNDO-2: an item of a list goes back to its place, among equal neighbours too, and never comes twice.
TEST(Undo, puts_items_of_a_list_back_to_their_place) {
  UndoBench bench;
  const Words items{"a", "x", "x", "b", "x", "c"};
  for (std::size_t place = 0; place < items.size(); ++place) {
    bench.ask({"DEL", "list"});
    for (const auto& item : items) bench.ask({"RPUSH", "list", item});
    bench.ask({"LSET", "list", std::to_string(place), "gone"});
    const auto before = bench.digest("list");
    auto step = bench.step_of({"list"});
    step.before.push_back(UndoBench::before_of(ChangeKind::list_remove, 0, "gone"));
    step.before.back().number = static_cast<std::int64_t>(place);
    bench.ask({"LREM", "list", "1", "gone"});
    bench.record(step);
    EXPECT_EQ(bench.undo().removed, 1U);
    EXPECT_EQ(bench.digest("list"), before) << place;
  }
  auto step = bench.step_of({"list"});
  step.before.push_back(UndoBench::before_of(ChangeKind::list_remove, 0, "b"));
  step.before.back().number = 1;
  bench.record(step);
  const auto before = bench.digest("list");
  EXPECT_EQ(bench.undo().changed, 1U) << "an id that is in the list again would be worked on twice";
  EXPECT_EQ(bench.digest("list"), before);
}

TEST(Undo, puts_several_items_of_one_step_back_to_their_places) {
  UndoBench bench;
  for (const char* item : {"a", "x", "b", "y", "b"}) bench.ask({"RPUSH", "list", item});
  const auto before = bench.digest("list");
  auto step = bench.step_of({"list"});
  for (const auto& [item, place] : {std::pair{"y", 3}, {"x", 1}, {"a", 0}}) {
    step.before.push_back(UndoBench::before_of(ChangeKind::list_remove, 0, item));
    step.before.back().number = place;
    bench.ask({"LREM", "list", "1", item});
  }
  bench.record(step);
  bench.undo();
  EXPECT_EQ(bench.digest("list"), before);
}

JournalStep deadline_step(UndoBench& bench, ChangeKind kind, const std::string& key, std::int64_t ours,
                          std::int64_t former) {
  auto step = bench.step_of({key});
  step.before.push_back(UndoBench::before_of(kind, 0));
  step.before.back().set = ours, step.before.back().number = former;
  return step;
}

// UNDO-2 TTL-1: a deadline is taken back only while it is the one that the run gave.
TEST(Undo, takes_back_deadlines_that_are_still_ours) {
  UndoBench bench;
  constexpr std::int64_t ours = 4'000'000'000'000, former = 4'100'000'000'000, theirs = 4'200'000'000'000;
  const auto set = [&](const std::string& key, std::int64_t at) {
    bench.ask({"SET", key, "v"});
    if (at > 0) bench.ask({"PEXPIREAT", key, std::to_string(at)});
  };
  const auto expire_at = ChangeKind::expire_at, persist = ChangeKind::persist;
  set("had none", ours), bench.record(deadline_step(bench, expire_at, "had none", ours, -1));
  set("had one", ours), bench.record(deadline_step(bench, expire_at, "had one", ours, former));
  set("changed", theirs), bench.record(deadline_step(bench, expire_at, "changed", ours, -1));
  set("rewritten", 0), bench.record(deadline_step(bench, expire_at, "rewritten", ours, former));
  set("persisted", 0), bench.record(deadline_step(bench, persist, "persisted", -1, former));
  set("given since", theirs), bench.record(deadline_step(bench, persist, "given since", -1, former));
  set("would be over", 0),
      bench.record(deadline_step(bench, persist, "would be over", -1, 1'000'000'000'000));
  set("not known", ours), bench.record(deadline_step(bench, expire_at, "not known", -1, -1));
  bench.record(deadline_step(bench, expire_at, "has ended", ours, -1));
  const auto report = bench.undo();
  const auto at = [&](const std::string& key) { return bench.number({"PEXPIRETIME", key}); };
  EXPECT_EQ(at("had none"), -1);
  EXPECT_EQ(at("had one"), former);
  EXPECT_EQ(at("changed"), theirs);
  EXPECT_EQ(at("rewritten"), -1);
  EXPECT_EQ(at("persisted"), former);
  EXPECT_EQ(at("given since"), theirs);
  EXPECT_EQ(at("would be over"), -1) << "an undo deletes nothing";
  EXPECT_EQ(at("not known"), ours);
  EXPECT_EQ(report.removed, 3U);
  EXPECT_EQ(report.changed, 4U);
  EXPECT_EQ(report.gone, 2U);
}

JournalStep quarantine(UndoBench& bench, const std::string& key) {
  auto step = bench.step_of({key});
  step.before.push_back(UndoBench::before_of(ChangeKind::quarantine, 0, {}, quarantine_name("run", key)));
  EXPECT_EQ(bench.number({"RENAMENX", key, step.before[0].value}), 1);
  return step;
}

// UNDO-2: keys in quarantine get their names back unless these are taken.
TEST(Undo, takes_keys_out_of_quarantine) {
  UndoBench bench;
  for (const char* key : {"free", "taken", "swept"}) {
    bench.ask({"SET", key, key});
    bench.ask({"PEXPIREAT", key, "4102444800123"});
    bench.record(quarantine(bench, key));
  }
  bench.ask({"SET", "taken", "new"});
  bench.ask({"DEL", quarantine_name("run", "swept")});
  const auto report = bench.undo();
  EXPECT_EQ(bench.text({"GET", "free"}), "free");
  EXPECT_EQ(bench.number({"PEXPIRETIME", "free"}), 4'102'444'800'123);
  EXPECT_EQ(bench.text({"GET", "taken"}), "new");
  EXPECT_EQ(bench.text({"GET", quarantine_name("run", "taken")}), "taken");
  EXPECT_EQ(report.removed, 1U);
  EXPECT_EQ(report.changed, 1U);
  EXPECT_EQ(report.gone, 1U);
}

TEST(Undo, does_not_take_back_messages_that_were_requeued) {
  UndoBench bench;
  bench.ask({"HSET", "unacked", "tag", "message"});
  auto step = bench.step_of({"unacked", "celery"});
  step.before.push_back(UndoBench::before_of(ChangeKind::hash_remove, 0, "tag", "message"));
  step.before.push_back(UndoBench::before_of(ChangeKind::list_push, 1, "message"));
  bench.ask({"HDEL", "unacked", "tag"});
  bench.record(step);
  const auto report = bench.undo();
  EXPECT_EQ(report.changed, 1U);
  EXPECT_THAT(report.notes, Contains(HasSubstr("put messages back into a queue")));
  EXPECT_FALSE(bench.exists("unacked"));
}

// UNDO-2 F43 F24: the room is looked at before anything is sent; a limit that comes down meanwhile stops the
// run, and a second undo goes on.
TEST(Undo, asks_for_room_first_and_goes_on_when_there_is_some) {
  UndoBench bench;
  const std::string value(100'000, 'v');
  for (int i = 0; i < 50; ++i) {
    bench.ask({"SET", "k" + std::to_string(i), value + std::to_string(i)});
    auto step = bench.removal("k" + std::to_string(i));
    step.bytes = 110'000;
    bench.record(step);
  }
  const auto used = bench.ask({"INFO", "memory"}).text;
  const auto now = std::stoull(used.substr(used.find("used_memory:") + 12));
  bench.ask({"CONFIG", "SET", "maxmemory", std::to_string(now + 2'000'000)});

  const auto preview = preview_undo(bench.target, bench.run, secret(), {});
  ASSERT_TRUE(preview);
  EXPECT_FALSE(preview->fits);
  EXPECT_EQ(preview->steps, 50U);
  EXPECT_EQ(preview->keys, 50U);
  EXPECT_EQ(preview->bytes, 50U * 110'000);
  EXPECT_THAT(preview->why_not, HasSubstr("10 % must stay free"));
  const auto refused = bench.try_undo();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().exit, Exit::refused);
  EXPECT_EQ(bench.number({"DBSIZE"}), 0);

  UndoOptions force;
  force.force = true;
  FreePace small(5);
  const auto first = bench.undo(force, &small);
  EXPECT_FALSE(first.complete);
  EXPECT_THAT(first.stopped_by, HasSubstr("memory is short"));
  EXPECT_GT(first.removed, 5U);
  EXPECT_GT(first.pending, 5U);
  EXPECT_EQ(first.planned, first.removed + first.failed + first.pending);
  EXPECT_EQ(bench.number({"DBSIZE"}), static_cast<std::int64_t>(first.removed));

  bench.ask({"CONFIG", "SET", "maxmemory", "0"});
  const auto second = bench.undo();
  EXPECT_TRUE(second.complete);
  EXPECT_EQ(second.planned, 50 - first.removed) << "what is back is not touched again";
  EXPECT_EQ(second.removed, second.planned);
  for (int i = 0; i < 50; ++i)
    EXPECT_EQ(bench.text({"GET", "k" + std::to_string(i)}), value + std::to_string(i));
}

// UNDO-2 F43: partially undone before, stopped after every number of batches.
TEST(Undo, goes_on_after_being_stopped_anywhere) {
  for (int permits = 0; permits < 12; ++permits) {
    UndoBench bench;
    for (int i = 0; i < 10; ++i) bench.ask({"SET", "k" + std::to_string(i), "v"});
    for (int i = 0; i < 10; ++i) bench.remove("k" + std::to_string(i));
    FreePace stops(1, permits);
    const auto first = bench.undo({}, &stops);
    EXPECT_EQ(first.removed, static_cast<std::uint64_t>(std::min(permits, 10)));
    EXPECT_EQ(first.complete, permits >= 10);
    EXPECT_EQ(first.stopped_by, first.complete ? "" : "the test says so");
    // One that was put back and is deleted by its application stays deleted.
    if (permits > 0) bench.ask({"DEL", "k0"});
    const auto second = bench.undo();
    EXPECT_EQ(second.removed, 10 - first.removed);
    EXPECT_EQ(bench.number({"DBSIZE"}), permits > 0 ? 9 : 10);
  }
}

// F38 UNDO-2: the undo was killed when a step was sent and its answer had not been written down.
TEST(Undo, counts_what_an_earlier_undo_was_about_to_do) {
  UndoBench bench;
  for (const char* key : {"made", "not made"}) {
    bench.ask({"SET", key, "v"});
    bench.remove(key);
  }
  {
    auto undone = open_undo_journal({}, "run", bench.run, secret());
    ASSERT_TRUE(undone);
    undone->add(JournalOutcome{0, StepOutcome::pending});
    undone->add(JournalOutcome{1, StepOutcome::pending});
    ASSERT_TRUE(undone->sync());
  }
  bench.ask({"SET", "made", "v"});
  const auto report = bench.undo();
  EXPECT_EQ(report.removed, 2U);
  EXPECT_EQ(report.changed, 0U);
  EXPECT_TRUE(bench.exists("not made"));
}

// F38: what the run may have done is undone, what it left alone is not; of two entries of a step the last
// counts.
TEST(Undo, goes_by_the_last_word_on_every_step) {
  UndoBench bench;
  for (const char* key : {"unknown", "not done", "changed", "twice"}) bench.ask({"SET", key, "v"});
  bench.record(bench.removal("unknown"), StepOutcome::unknown);
  auto pending = bench.removal("not done");
  bench.ask({"SET", "not done", "still there"});
  bench.record(pending, StepOutcome::pending);
  auto changed = bench.removal("changed");
  bench.record(changed, StepOutcome::changed);
  bench.ask({"SET", "twice", "first"});
  auto first = bench.removal("twice");
  bench.record(first, StepOutcome::pending);
  bench.ask({"SET", "twice", "second"});
  auto second = bench.removal("twice");
  second.number = first.number;
  bench.record(second);
  const auto report = bench.undo();
  EXPECT_EQ(report.planned, 3U);
  EXPECT_EQ(report.removed, 2U);
  EXPECT_TRUE(bench.exists("unknown"));
  EXPECT_EQ(bench.text({"GET", "not done"}), "still there");
  EXPECT_FALSE(bench.exists("changed"));
  EXPECT_EQ(bench.text({"GET", "twice"}), "second");
  EXPECT_THAT(report.notes, Contains(HasSubstr("the run may not have come to it")));
}

TEST(Undo, takes_only_what_is_asked_for) {
  UndoBench bench;
  for (const std::string key : {"a:1", "a:2", "b:1"}) {
    bench.ask({"SET", key, "v"});
    auto step = bench.removal(key);
    step.rule = key == "a:2" ? 1 : 0;
    bench.record(step);
  }
  UndoOptions options;
  options.only.rules = {0};
  options.only.key = [](std::string_view key) { return key.starts_with("a:"); };
  const auto report = bench.undo(options);
  EXPECT_EQ(report.planned, 1U);
  EXPECT_TRUE(bench.exists("a:1"));
  EXPECT_EQ(bench.number({"DBSIZE"}), 1);
}

TEST(Undo, goes_to_the_database_that_the_key_was_in) {
  UndoBench bench;
  for (const std::uint32_t db : {0U, 3U, 0U, 9U}) {
    bench.ask({"SELECT", std::to_string(db)});
    const auto key = "k" + std::to_string(bench.next);
    bench.ask({"SET", key, "v"});
    auto step = bench.removal(key);
    step.db = db;
    bench.record(step);
  }
  EXPECT_EQ(bench.undo().removed, 4U);
  for (const auto& [db, keys] : {std::pair{"0", 2}, {"3", 1}, {"9", 1}}) {
    bench.ask({"SELECT", db});
    EXPECT_EQ(bench.number({"DBSIZE"}), keys) << db;
  }
}

// F31: where SCRIPT LOAD is forbidden the text goes with every call; where EVAL is, nothing happens.
TEST(Undo, needs_eval_and_can_do_without_script_load) {
  UndoBench bench;
  bench.ask({"SET", "k", "v"});
  bench.remove("k");
  bench.ask({"ACL", "SETUSER", "default", "-eval", "-evalsha", "-script"});
  const auto refused = bench.undo();
  EXPECT_EQ(refused.failed, 1U);
  EXPECT_THAT(refused.stopped_by, HasSubstr("eval"));
  bench.ask({"ACL", "SETUSER", "default", "+eval"});
  EXPECT_EQ(bench.undo().removed, 1U);
  EXPECT_TRUE(bench.exists("k"));
}

// UNDO-2: itself journaled; an undo is not undone.
TEST(Undo, is_journaled_and_not_undone_itself) {
  UndoBench bench;
  bench.ask({"SET", "k", "v"});
  bench.remove("k");
  bench.undo();
  Recorded recorded;
  const auto health = read_journal(undo_folder(bench.run), secret(), recorded);
  ASSERT_TRUE(health);
  EXPECT_EQ(recorded.starts.at(0).kind, "undo");
  EXPECT_EQ(recorded.starts.at(0).of, "run");
  ASSERT_EQ(recorded.outcomes.size(), 2U);
  EXPECT_EQ(recorded.outcomes[1].outcome, StepOutcome::removed);
  const auto again = preview_undo(bench.target, undo_folder(bench.run), secret(), {});
  ASSERT_FALSE(again);
  EXPECT_THAT(again.error().what, HasSubstr("the journal of an undo"));
}

// UNDO-5 F37: of a damaged journal nothing comes back, unless the good front of it is asked for.
TEST(Undo, of_a_damaged_journal_only_on_request) {
  UndoBench bench;
  for (const char* key : {"a", "b"}) {
    bench.ask({"SET", key, "v"});
    bench.remove(key);
  }
  bench.journal.reset();
  auto bytes = file_text(bench.run + "/journal");
  bytes[bytes.size() - 3] ^= 1;
  write_file(bench.run + "/journal", bytes);
  const auto refused = bench.try_undo();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().exit, Exit::refused);
  EXPECT_THAT(refused.error().what, HasSubstr("damaged: block 2"));
  EXPECT_EQ(bench.number({"DBSIZE"}), 0);
  UndoOptions force;
  force.force = true;
  EXPECT_EQ(bench.undo(force).removed, 1U);
  EXPECT_TRUE(bench.exists("a"));
}

// F43: a value of a newer RDB version than the server reads.
TEST(Undo, says_when_the_server_is_too_old) {
  UndoBench bench;
  bench.ask({"SET", "k", "v"});
  auto step = bench.removal("k");
  step.before[0].removed->rdb_version = 99;
  bench.record(step);
  const auto report = bench.undo();
  EXPECT_EQ(report.failed, 1U);
  EXPECT_TRUE(report.stopped_by.empty());
  EXPECT_THAT(report.notes, Contains(HasSubstr("this server is older")));
}

// F20: the connection is gone: what was sent is unknown, and a second undo finds out.
TEST(Undo, a_lost_answer_is_unknown) {
  UndoBench bench;
  bench.ask({"SET", "k", "v"});
  bench.remove("k");
  auto open = bench.target.open;
  const auto drop = [&] { bench.ask({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"}); };
  struct Dropping final : Pace {
    explicit Dropping(std::function<void()> run) : act(std::move(run)) {}
    Result<Go> permit() override { return Go::on; }
    bool rest_due() const override { return true; }
    bool has_to_end() override { return false; }
    std::size_t batch() const override { return 100; }
    void served(const Served&) override { act(); }  // after SCRIPT LOAD
    void waited(std::string_view, std::chrono::milliseconds) override {}
    std::string why_stopped() const override { return {}; }
    std::vector<RunWait> waits() const override { return {}; }
    std::function<void()> act;
  } dropping{drop};
  const auto first = bench.undo({}, &dropping);
  EXPECT_FALSE(first.complete);
  EXPECT_EQ(first.planned, 1U);
  EXPECT_EQ(first.unknown + first.pending, 1U);
  EXPECT_THAT(first.stopped_by, HasSubstr("the connection broke"));
  EXPECT_EQ(bench.undo().removed, 1U);
  EXPECT_EQ(bench.text({"GET", "k"}), "v");
}

TEST(Sweep, removes_for_good_what_is_in_quarantine) {
  UndoBench bench;
  for (int i = 0; i < 25; ++i) {
    const auto key = "k" + std::to_string(i);
    bench.ask({"SET", key, "v"});
    bench.record(quarantine(bench, key));
  }
  bench.ask({"SET", "removed", "v"});
  bench.remove("removed");
  bench.ask({"SET", "innocent", "v"});
  auto forged = bench.step_of({"innocent"});
  forged.before.push_back(UndoBench::before_of(ChangeKind::quarantine, 0, {}, "innocent"));
  bench.record(forged);
  bench.ask({"DEL", quarantine_name("run", "k7")});
  bench.journal.reset();

  FreePace few(10);
  const auto report = sweep(bench.target, bench.run, secret(), few);
  ASSERT_TRUE(report) << report.error().what;
  EXPECT_TRUE(report->complete);
  EXPECT_EQ(report->kind, "sweep");
  EXPECT_EQ(report->removed, 24U);
  EXPECT_EQ(report->gone, 1U);
  EXPECT_EQ(report->batches, 3U);
  EXPECT_EQ(bench.number({"DBSIZE"}), 1);
  EXPECT_TRUE(bench.exists("innocent"));

  FreePace again;
  const auto second = sweep(bench.target, bench.run, secret(), again);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->planned, 0U);
  EXPECT_EQ(bench.undo().planned, 2U) << "undo passes over what was swept";
}

}  // namespace
}  // namespace headroom::act
