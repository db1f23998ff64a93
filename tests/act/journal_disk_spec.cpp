#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <csignal>

#include "act/journal.h"
#include "act/private_file.h"
#include "journal_kit.h"

namespace headroom::act {
namespace {

/// In a process of its own, because limits stay: a journal whose file may not grow beyond `limit` bytes.
/// Steps are added and synced one by one; what was acknowledged is counted in the exit code. 100: it could
/// not be made; 101: a sync succeeded after one had failed.
int acknowledged_under_limit(const std::string& run, rlim_t limit) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit most{limit, limit};
    ::setrlimit(RLIMIT_FSIZE, &most);
    auto writer = JournalWriter::create(run, secret(), start_of("run"));
    if (!writer) ::_exit(100);
    int count = 0;
    bool failed = false;
    for (std::uint64_t number = 0; number < 6; ++number) {
      writer->add(full_journal_step(number));
      const bool synced = writer->sync().has_value();
      if (synced && failed) ::_exit(101);
      failed = failed || !synced;
      if (synced) ++count;
    }
    ::_exit(count);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// APPLY-1 F36: the disk is full at byte N, for every N. No step that was acknowledged is missing, and after
// the first error nothing is acknowledged any more.
TEST(JournalDisk, full_at_every_byte_loses_no_acknowledged_step) {
  TestFolder folder;
  ASSERT_EQ(acknowledged_under_limit(folder / "whole", RLIM_INFINITY), 6);
  const auto whole = file_text(folder / "whole/journal").size();
  bool seen[7] = {};
  for (std::size_t limit = 0; limit <= whole; ++limit) {
    const auto run = folder / "run" + std::to_string(limit);
    const int acknowledged = acknowledged_under_limit(run, limit);
    ASSERT_NE(acknowledged, 101) << limit;
    if (acknowledged == 100) {
      EXPECT_FALSE(std::filesystem::exists(run + "/journal")) << "half a start has no name: " << limit;
      std::filesystem::remove_all(run);
      continue;
    }
    ASSERT_GE(acknowledged, 0);
    seen[acknowledged] = true;
    Recorded recorded;
    const auto health = read_journal(run, secret(), recorded);
    ASSERT_TRUE(health) << limit;
    EXPECT_EQ(health->damage, "") << limit;
    EXPECT_EQ(health->steps, static_cast<std::uint64_t>(acknowledged)) << limit;

    auto again = JournalWriter::resume(run, secret());  // with room again
    ASSERT_TRUE(again) << limit;
    again->add(full_journal_step(99));
    ASSERT_TRUE(again->sync());
    Recorded more;
    const auto mended = read_journal(run, secret(), more);
    ASSERT_TRUE(mended);
    EXPECT_EQ(mended->steps, static_cast<std::uint64_t>(acknowledged) + 1);
    EXPECT_EQ(mended->damage, "");
    EXPECT_FALSE(mended->cut);
    std::filesystem::remove_all(run);
  }
  EXPECT_THAT(seen, testing::Each(true)) << "the loop went through every block";
}

// F36: every later call fails, whatever it is, and says why.
TEST(JournalDisk, is_poisoned_by_the_first_error) {
  TestFolder folder;
  const pid_t child = ::fork();
  if (child == 0) {
    auto writer = JournalWriter::create(folder / "run", secret(), start_of("run"));
    if (!writer) ::_exit(1);
    const auto size = writer->bytes();
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit full{size, RLIM_INFINITY}, free{RLIM_INFINITY, RLIM_INFINITY};
    ::setrlimit(RLIMIT_FSIZE, &full);
    writer->add(full_journal_step(0));
    const auto first = writer->sync();
    if (first || first.error().what.find("File too large") == std::string::npos) ::_exit(2);
    ::setrlimit(RLIMIT_FSIZE, &free);  // room again: still not to be trusted
    const auto second = writer->sync();
    if (second || second.error().what != first.error().what) ::_exit(3);
    writer->add(JournalOutcome{0, StepOutcome::removed});
    if (writer->sync() || writer->bytes() != size) ::_exit(4);
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0) << WEXITSTATUS(status);
}

// F36: ENOSPC of a real device.
TEST(JournalDisk, a_full_device_is_an_error_with_a_remedy) {
  const Fd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  ASSERT_TRUE(full);
  const auto written = write_all(full, "journal", "/dev/full");
  ASSERT_FALSE(written);
  EXPECT_THAT(written.error().what, testing::HasSubstr("No space left"));
  EXPECT_THAT(written.error().remedy, testing::HasSubstr("make room"));
  EXPECT_EQ(written.error().exit, Exit::partial);
}

}  // namespace
}  // namespace headroom::act
