#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "apply_kit.h"
#include "wire/reactions.h"

namespace headroom::act {
namespace {

using test::Applying;
using test::RedisServer;
using test::Talk;
using testing::HasSubstr;

/// A connection whose server answers `error` to some command, once. The command itself is not sent: servers
/// that answer so have not done it.
struct Fault {
  std::string command{}, error{};
  int times = 0;
};

class FaultyLink final : public wire::Link {
 public:
  FaultyLink(std::unique_ptr<wire::Link> real, Fault& fault) : real_(std::move(real)), fault_(fault) {}
  Result<wire::Reply> call(wire::Command command) override { return real_->call(command); }
  void queue(wire::Command command) override {
    const bool hit = fault_.times > 0 && command[0] == fault_.command && command.size() > 4;
    if (hit) --fault_.times;
    hits_.push_back(hit);
    const std::string_view harmless[] = {"PING"};
    real_->queue(hit ? wire::Command(harmless) : command);
  }
  Result<bool> flush() override { return real_->flush(); }
  Result<std::reference_wrapper<const wire::Reply>> read() override {
    auto reply = real_->read();
    const bool hit = hits_.front();
    hits_.pop_front();
    if (!reply || !hit) return reply;
    error_.kind = wire::Reply::Kind::error;
    error_.text = fault_.error;
    return std::cref(static_cast<const wire::Reply&>(error_));
  }
  std::size_t pending() const override { return real_->pending(); }

 private:
  std::unique_ptr<wire::Link> real_;
  Fault& fault_;
  std::deque<bool> hits_{};
  wire::Reply error_{};
};

std::string example(const wire::ErrorReaction& row) {
  return std::string(row.prefix) + " " + std::string(row.contains.empty() ? "something" : row.contains);
}

bool goes_on(wire::Reaction reaction) {
  using enum wire::Reaction;
  return reaction == wait_and_retry || reaction == pause || reaction == resend;
}

// APPLY-7: every error that is known, and one that is not, as the answer to a read and to a change
TEST(ExecuteErrors, every_error_has_its_action) {
  std::vector<std::pair<std::string, wire::Reaction>> errors{
      {"WEIRD nobody knows this", wire::Reaction::stop}};
  for (const auto& row : wire::all_reactions()) errors.emplace_back(example(row), row.reaction);
  RedisServer server;
  const Talk talk(server);
  for (const auto* command : {"MGET", "EVALSHA"}) {
    for (const auto& [error, reaction] : errors) {
      // At maxmemory a transaction is refused and the run goes on by other means: another test.
      if (error.starts_with("OOM ") || error.starts_with("WRONGTYPE ")) continue;
      SCOPED_TRACE(std::string(command) + " " + error);
      talk({"FLUSHALL"});
      headroom::test::fill(server, "k", 250);
      std::vector<Step> steps;
      for (int i = 1; i <= 250; ++i) steps.push_back(test::remove_string("k:" + std::to_string(i)));
      Applying applying(server);
      Fault fault{command, error, 1};
      applying.target.open = [open = applying.target.open, &fault]() -> Result<std::unique_ptr<wire::Link>> {
        auto link = open();
        if (!link) return fail(link.error());
        return std::unique_ptr<wire::Link>(std::make_unique<FaultyLink>(*std::move(link), fault));
      };
      const auto report = applying.run(std::move(steps));
      const auto left = static_cast<std::uint64_t>(talk({"DBSIZE"}).integer);
      EXPECT_EQ(fault.times, 0);
      EXPECT_EQ(report.removed + left, 250U);
      EXPECT_EQ(report.unknown, 0U);
      if (goes_on(reaction)) {
        EXPECT_TRUE(report.complete) << report.stopped_by;
        EXPECT_EQ(left, 0U);
      } else if (reaction != wire::Reaction::skip_key) {
        EXPECT_FALSE(report.complete);
        EXPECT_THAT(report.stopped_by, HasSubstr(error));
        EXPECT_GE(report.pending, 50U);
      }
      if (reaction == wire::Reaction::wait_and_retry || reaction == wire::Reaction::pause) {
        EXPECT_EQ(applying.pace.waited_for.size(), 1U);
      }
    }
  }
}

// APPLY-6 F38: what a killed run left open is looked at: done, not done, or nobody can tell
TEST(SettleUnknown, looks_at_what_the_journal_leaves_open) {
  RedisServer server;
  const Talk talk(server);
  talk({"SET", "still", "v"});
  talk({"SET", "q:aside", "v"});
  talk({"SET", "later", "v", "PX", "100000"});
  talk({"SET", "forever", "v"});
  talk({"ZADD", "zset", "1", "m"});
  talk({"XADD", "stream", "7-1", "f", "v"});
  talk({"RPUSH", "items", "x", "y", "x"});
  const auto step = [](std::uint64_t number, std::string key, Before before) {
    JournalStep one;
    one.number = number;
    one.keys = {std::move(key)};
    one.before = {std::move(before)};
    return one;
  };
  TestFolder folder;
  JournalStart start;
  start.run = "r";
  auto journal = JournalWriter::create(folder / "run", "secret", start).value();
  const KeyBefore value{.key = "x", .body = "y"};
  journal.add(step(0, "went", {.kind = ChangeKind::remove, .removed = value}));
  journal.add(step(1, "still", {.kind = ChangeKind::remove, .removed = value}));
  journal.add(step(2, "aside", {.kind = ChangeKind::quarantine, .value = "q:aside"}));
  journal.add(step(3, "later", {.kind = ChangeKind::expire_at, .number = -1}));
  journal.add(step(4, "forever", {.kind = ChangeKind::expire_at, .number = -1}));
  journal.add(step(5, "zset", {.kind = ChangeKind::zset_remove, .member = "m"}));
  journal.add(step(6, "zset", {.kind = ChangeKind::zset_remove, .member = "other"}));
  journal.add(step(7, "stream", {.kind = ChangeKind::stream_trim, .entries = {{"5-1", {"f", "v"}}}}));
  journal.add(step(8, "list", {.kind = ChangeKind::list_push, .member = "m"}));
  journal.add(step(9, "known", {.kind = ChangeKind::remove, .removed = value}));
  journal.add(JournalOutcome{9, StepOutcome::changed});
  const auto item = [](std::string text, std::string stayed) {
    return Before{.kind = ChangeKind::list_remove, .member = std::move(text), .value = std::move(stayed)};
  };
  journal.add(step(10, "items", item("x", "2 3")));
  journal.add(step(11, "items", item("x", "1 2")));
  journal.add(step(12, "items", item("y", "")));
  journal.add(step(13, "items", item("z", "0 3")));
  ASSERT_TRUE(journal.sync());
  const auto settled = settle_unknown(test::target_at(server.url()), folder / "run", "secret", journal);
  ASSERT_TRUE(settled.has_value());
  EXPECT_EQ(*settled, 13U);
  test::Entries entries;
  ASSERT_TRUE(read_journal(folder / "run", "secret", entries));
  std::map<std::uint64_t, StepOutcome> outcomes;
  for (const auto& outcome : entries.outcomes) outcomes[outcome.number] = outcome.outcome;
  using enum StepOutcome;
  EXPECT_THAT(outcomes, testing::ElementsAre(testing::Pair(0U, removed), testing::Pair(1U, pending),
                                             testing::Pair(2U, removed), testing::Pair(3U, removed),
                                             testing::Pair(4U, pending), testing::Pair(5U, pending),
                                             testing::Pair(6U, removed), testing::Pair(7U, removed),
                                             testing::Pair(8U, unknown), testing::Pair(9U, changed),
                                             testing::Pair(10U, removed), testing::Pair(11U, pending),
                                             testing::Pair(12U, pending), testing::Pair(13U, removed)));
}

}  // namespace
}  // namespace headroom::act
