#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <random>
#include <thread>

#include "live/exact_kit.h"
#include "live/exact_shapes.h"

// Undo is exact wherever apply can break: for every type, encoding and deadline, and for queues of the real
// BullMQ. What is compared: DEBUG DIGEST, every deadline, every encoding, the counters of streams.
namespace headroom::test {
namespace {

using Cut = CuttingProxy::Cut;

constexpr std::chrono::milliseconds refused_for(30);
constexpr std::array cuts{Cut::request_lost, Cut::reply_lost};

/// The first `front` and the last `back` points of `all`, and `between` of the others.
std::vector<std::uint64_t> points(std::uint64_t all, std::uint64_t front = 200, std::uint64_t between = 20,
                                  std::uint64_t back = 50) {
  std::vector<std::uint64_t> chosen;
  const auto rest = all > front + back ? all - front - back : 0;
  const auto step = std::max<std::uint64_t>(1, rest / between);
  for (std::uint64_t n = 1; n <= all; n += n < front || n + back > all ? 1 : step) chosen.push_back(n);
  return chosen;
}

/// How many requests and replies an apply has that nothing disturbs.
std::uint64_t length_of_a_run(ExactKit& kit) {
  kit.reload(), kit.forget();
  kit.proxy->arm(Cut::none, 0);
  const auto report = kit.execute(true);
  EXPECT_TRUE(report.complete);
  EXPECT_EQ(report.removed + report.gone, report.planned) << testing::PrintToString(report.notes);
  EXPECT_NE(kit.difference(), "");
  return kit.proxy->requests();
}

/// An apply that breaks at every point and goes on or ends there; then undo.
void break_everywhere(ExactKit& kit, bool goes_on) {
  const auto length = length_of_a_run(kit);
  for (const auto cut : cuts) {
    for (const auto n : points(length)) {
      kit.expect_back_after(cut, n, goes_on);
      if (testing::Test::HasFatalFailure()) return;
    }
  }
}

// F38 UNDO-1 APPLY-6: a connection that breaks at any point and is opened again, for every type and encoding
TEST(UndoExact, every_type_comes_back_after_a_run_that_reconnected) {
  ExactKit kit;
  make_every_shape(kit);
  kit.keep();
  ASSERT_EQ(kit.plan(rule_of_every_kind()), steps_of_every_kind(kit));
  break_everywhere(kit, true);
}

// F38 UNDO-1 APPLY-6: a run that ends at any point and is undone at once, for every type and encoding
TEST(UndoExact, every_type_comes_back_after_a_run_that_ended_anywhere) {
  ExactKit kit;
  make_every_shape(kit);
  kit.keep();
  kit.plan(rule_of_every_kind());
  break_everywhere(kit, false);
}

// F38 UNDO-1 UNDO-3 APPLY-6: likewise of a whole queue of BullMQ
TEST(UndoExact, a_queue_comes_back_after_a_run_that_reconnected) {
  ExactKit kit;
  make_bull(kit);
  kit.keep();
  ASSERT_GT(kit.plan(boldest, {"--preset", "bull"}), 50U);
  ASSERT_TRUE(kit.execute(true).complete);
  ASSERT_EQ(kit.ask({"LPOS", "bull:shop:wait", "out-19"}).kind, wire::Reply::Kind::nil)
      << "items of a list go";
  break_everywhere(kit, true);
}

// F38 UNDO-1 UNDO-3 APPLY-6: likewise of a whole queue of BullMQ
TEST(UndoExact, a_queue_comes_back_after_a_run_that_ended_anywhere) {
  ExactKit kit;
  make_bull(kit);
  kit.keep();
  kit.plan(boldest, {"--preset", "bull"});
  break_everywhere(kit, false);
}

/// An undo that breaks at every point, and one behind it that goes on.
void break_undo_everywhere(ExactKit& kit) {
  kit.reload(), kit.forget();
  kit.proxy->arm(Cut::none, 0);
  ASSERT_TRUE(kit.execute(true).complete);
  kit.proxy->arm(Cut::none, 0);
  ASSERT_TRUE(kit.undo(kit.proxy->url()).complete);
  const auto length = kit.proxy->requests();
  for (const auto cut : cuts) {
    for (const auto n : points(length, 40, 20, 20)) {
      SCOPED_TRACE(testing::Message()
                   << (cut == Cut::request_lost ? "request " : "reply ") << n << " of " << length);
      kit.reload(), kit.forget();
      kit.proxy->arm(Cut::none, 0);
      const auto removed = kit.execute(true).removed;
      kit.proxy->arm(cut, n);
      const auto first = kit.undo(kit.proxy->url());
      EXPECT_FALSE(first.complete);
      const auto second = kit.undo(kit.server.url());
      EXPECT_TRUE(second.complete) << second.stopped_by;
      EXPECT_EQ(first.removed + second.removed, removed) << testing::PrintToString(second.notes);
      ASSERT_EQ(kit.difference(), "") << testing::PrintToString(second.notes);
    }
  }
}

// F38 UNDO-1 UNDO-2: an undo that breaks anywhere is gone on with by the next, for every type and encoding
TEST(UndoExact, an_undo_that_broke_is_gone_on_with) {
  ExactKit kit;
  make_every_shape(kit);
  kit.keep();
  kit.plan(rule_of_every_kind());
  break_undo_everywhere(kit);
}

// F38 UNDO-1 UNDO-2 UNDO-3: likewise of a whole queue of BullMQ
TEST(UndoExact, an_undo_of_a_queue_that_broke_is_gone_on_with) {
  ExactKit kit;
  make_bull(kit);
  kit.keep();
  kit.plan(boldest, {"--preset", "bull"});
  break_undo_everywhere(kit);
}

// F38 UNDO-1 APPLY-6: a run that ended is gone on with by applying the same plan again, then undone
TEST(UndoExact, a_run_that_ended_is_gone_on_with) {
  for (const bool bull : {false, true}) {
    ExactKit kit;
    bull ? make_bull(kit) : make_every_shape(kit);
    kit.keep();
    const auto steps = bull ? kit.plan(boldest, {"--preset", "bull"}) : kit.plan(rule_of_every_kind());
    const auto length = length_of_a_run(kit);
    for (const auto cut : cuts) {
      for (std::uint64_t n = 12; n <= length; n += std::max<std::uint64_t>(1, length / 15)) {
        SCOPED_TRACE(testing::Message() << (cut == Cut::request_lost ? "request " : "reply ") << n << " of "
                                        << length << (bull ? ", Bull" : ""));
        kit.reload(), kit.forget();
        kit.proxy->arm(cut, n);
        kit.execute(false);
        const auto report = kit.apply(kit.server.url());
        ASSERT_TRUE(report) << report.error().what;
        EXPECT_TRUE(report->complete);
        EXPECT_EQ(report->removed + report->gone, steps) << testing::PrintToString(report->notes);
        const auto undone = kit.undo(kit.server.url());
        EXPECT_EQ(undone.removed, report->removed) << testing::PrintToString(undone.notes);
        ASSERT_EQ(kit.difference(), "");
      }
    }
  }
}

// F38 UNDO-1 APPLY-6: the program as a whole, its way to the server cut; as often as it says that it has not
// ended
TEST(UndoExact, the_program_comes_through_a_broken_connection) {
  ExactKit kit;
  make_bull(kit);
  kit.keep();
  kit.plan(boldest, {"--preset", "bull"});
  kit.proxy->arm(Cut::none, 0);
  ASSERT_EQ(kit.program({"apply", kit.file(), kit.proxy->url(), "--fast"}).status, 0);
  const auto length = kit.proxy->requests();
  for (const auto cut : cuts) {
    for (std::uint64_t n = 5; n <= length; n += std::max<std::uint64_t>(1, length / 8)) {
      SCOPED_TRACE(testing::Message()
                   << (cut == Cut::request_lost ? "request " : "reply ") << n << " of " << length);
      kit.reload(), kit.forget();
      kit.proxy->arm(cut, n, refused_for);
      Finished applied;
      for (int tries = 0; tries < 3 && applied.status != 0; ++tries, kit.drop_lease()) {
        if (tries > 0) std::this_thread::sleep_for(refused_for);
        applied = kit.program({"apply", kit.file(), kit.proxy->url(), "--fast"});
      }
      EXPECT_EQ(applied.status, 0) << applied.out << applied.err;
      const auto undone = kit.program({"undo", kit.run(), kit.server.url(), "--fast"});
      EXPECT_EQ(undone.status, 0) << undone.out << undone.err;
      ASSERT_EQ(kit.difference(), "");
    }
  }
}

std::uintmax_t journal_size(const ExactKit& kit) {
  std::error_code none;
  const auto size = std::filesystem::file_size(kit.journal(), none);
  return none ? 0 : size;
}

/// Starts an apply and kills it, so long after its journal has reached a size (0: after its start). False: it
/// had ended before.
bool killed_at(const ExactKit& kit, std::uintmax_t size, std::chrono::microseconds length) {
  auto words = kit.command({"apply", kit.file(), kit.server.url(), "--fast"});
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const auto pid = ::fork();
  if (pid == 0) {
    ::close(1), ::close(2);
    ::execvp(arguments[0], arguments.data());
    ::_exit(127);
  }
  const auto latest = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (journal_size(kit) < size && std::chrono::steady_clock::now() < latest)
    std::this_thread::sleep_for(std::chrono::microseconds(50));
  std::this_thread::sleep_for(length);
  ::kill(pid, SIGKILL);
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFSIGNALED(status);
}

// F38 UNDO-1 APPLY-1: kill -9 at any moment, then undo; every other time after going on
TEST(UndoExact, a_program_that_was_killed_is_undone) {
  ExactKit kit;
  make_bull(kit);
  for (int i = 0; i < 3000; ++i)
    kit.ask({"HSET", "bull:shop:more-" + std::to_string(i), "name", "x", "timestamp", "1", "data", "{}"});
  kit.keep();
  kit.plan(boldest, {"--preset", "bull"});
  ASSERT_EQ(kit.program({"apply", kit.file(), kit.server.url(), "--fast"}).status, 0);
  const auto whole = journal_size(kit);
  int killed = 0, in_the_middle = 0;
  for (unsigned seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    kit.reload(), kit.forget();
    std::minstd_rand random(seed);
    // The size, and not the time, so that a slow machine is hit in the middle too.
    const auto size = seed % 4 == 0 ? 0 : 1 + random() % (whole * 9 / 10);
    const auto most = seed % 4 == 0 ? 100'000U : 3'000U;
    killed += killed_at(kit, size, std::chrono::microseconds(random() % most));
    kit.drop_lease();
    const bool changed = !kit.difference().empty();
    in_the_middle += changed;
    if (seed % 2 == 0) {
      const auto report = kit.apply(kit.server.url());
      ASSERT_TRUE(report || report.error().exit == Exit::refused)
          << report.error().what << report.error().where;
    } else if (!changed) {
      continue;
    }
    kit.drop_lease();
    const auto undone = kit.undo(kit.server.url());
    EXPECT_TRUE(undone.complete) << undone.stopped_by;
    ASSERT_EQ(kit.difference(), "") << testing::PrintToString(undone.notes);
  }
  EXPECT_GT(killed, 10);
  EXPECT_GT(in_the_middle, 5);
}

}  // namespace
}  // namespace headroom::test
