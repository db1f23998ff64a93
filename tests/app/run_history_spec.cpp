#include "app/run_history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace headroom::app {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// Runs of a state folder whose journals were last written when we say.
class RunHistory : public testing::Test {
 protected:
  RunHistory()
      : state_(act::StateFolder::open(folder_, [](const std::string&) { return std::nullopt; }).value()) {}
  ~RunHistory() override { fs::remove_all(folder_); }

  std::string run_of(char digit, std::chrono::hours age, std::size_t bytes = 100) const {
    const std::string id(32, digit);
    fs::create_directories(state_.run(id));
    std::ofstream(state_.run(id) + "/journal") << std::string(bytes, 'j');
    fs::last_write_time(state_.run(id) + "/journal", fs::file_time_type::clock::now() - age);
    return id;
  }
  /// First digits of those that are left, newest first.
  std::string left() const {
    std::string digits;
    for (const auto& run : past_runs(state_)) digits += run.id[0];
    return digits;
  }

  static constexpr std::chrono::hours day{24};
  const std::string folder_ = "/tmp/headroom-history-" + std::to_string(::getpid());
  const act::StateFolder state_;
};

// UNDO-6: past their age journals go, and their end is said
TEST_F(RunHistory, journals_past_their_age_go) {
  run_of('a', 29 * day), run_of('c', 40 * day);
  const auto old = run_of('b', 31 * day), own = run_of('d', 50 * day);
  fs::create_directories(state_.path() + "/runs/notes");
  const auto said = drop_old_runs(state_, {}, own);
  EXPECT_EQ(left(), "ad") << "what is going on is spared";
  ASSERT_EQ(said.size(), 2U);
  EXPECT_THAT(said[0],
              testing::AllOf(HasSubstr(old), HasSubstr("can no longer be undone"), HasSubstr("31 d old")));
  EXPECT_TRUE(fs::exists(state_.path() + "/runs/notes")) << "no run's folder";
  EXPECT_THAT(drop_old_runs(state_, {}, own), IsEmpty());
}

// UNDO-6: the newest that fit stay
TEST_F(RunHistory, journals_beyond_the_size_go_oldest_first) {
  run_of('a', 1 * day, 400), run_of('b', 2 * day, 400), run_of('c', 3 * day, 400);
  const auto said = drop_old_runs(state_, {{}, Bytes{900}}, "");
  EXPECT_EQ(left(), "ab");
  EXPECT_THAT(said, ElementsAre(HasSubstr("400 B) was more than keep_bytes allows")));
  EXPECT_THAT(drop_old_runs(state_, {{}, {}}, ""), IsEmpty()) << "without limits all stay";
}

// UNDO-6: keys in quarantine cannot come back without their journal: it stays until they are swept
TEST_F(RunHistory, journals_of_what_lies_in_quarantine_stay) {
  const auto id = run_of('a', 100 * day, 4000);
  ASSERT_TRUE(mark_quarantine(state_, id));
  EXPECT_THAT(drop_old_runs(state_, {day, Bytes{1}}, ""), IsEmpty());
  EXPECT_EQ(left(), "a");
  unmark_quarantine(state_, id);
  EXPECT_EQ(drop_old_runs(state_, {day, Bytes{1}}, "").size(), 1U);
  EXPECT_EQ(left(), "");
}

// UNDO-6: of an undo that said at its end how many steps are back the journal is not read; it is when it has
// grown since
TEST_F(RunHistory, steps_that_are_back_are_known_by_the_report_of_the_undo) {
  PastRun run;
  run.id = run_of('a', 1 * day);
  EXPECT_EQ(steps_back(state_, run, "secret").value(), 0U) << "no undo";
  fs::create_directories(state_.run(run.id) + "/undo");
  const auto journal = state_.run(run.id) + "/undo/journal";
  std::ofstream(journal) << std::string(100, 'x');
  fs::permissions(journal, fs::perms::owner_read);
  run.undo.emplace().journal_bytes = {100};
  run.undo->undone_steps = 7;
  EXPECT_EQ(steps_back(state_, run, "secret").value(), 7U);
  run.undo->journal_bytes = {99};
  EXPECT_EQ(steps_back(state_, run, "secret").value(), 0U) << "nothing of it is good";
  run.undo->journal_bytes = {100}, run.undo->undone_steps.reset();
  EXPECT_EQ(steps_back(state_, run, "secret").value(), 0U);
}

}  // namespace
}  // namespace headroom::app
