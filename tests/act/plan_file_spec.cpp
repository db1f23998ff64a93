#include "act/plan_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <csignal>

#include "folder_kit.h"
#include "plan_kit.h"

namespace headroom::act {
namespace {

using testing::HasSubstr;

const std::string ours(32, 's');

Step step_number(std::size_t i) {
  Step step = full_step();
  step.keys[0] = "key:" + std::to_string(i);
  return step;
}

std::string write_plan(const std::string& path, std::size_t steps) {
  auto writer = PlanWriter::create(path);
  if (!writer) throw std::runtime_error(writer.error().what);
  for (std::size_t i = 0; i < steps; ++i)
    if (!writer->add(step_number(i))) throw std::runtime_error("add");
  if (auto done = writer->finish(full_header(), ours); !done) throw std::runtime_error(done.error().what);
  return file_text(path);
}

std::string refusal(const std::string& path, const std::string& secret = ours) {
  const auto reader = PlanReader::open(path, secret);
  if (reader) return "taken";
  EXPECT_EQ(reader.error().exit, Exit::refused) << reader.error().what;
  return reader.error().what;
}

// As root, `--output /dev/null` would replace the device of the whole machine.
TEST(PlanFile, never_takes_the_place_of_a_device_or_a_pipe) {
  const TestFolder folder;
  const auto path = folder / "pipe";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  EXPECT_THROW(write_plan(path, 1), std::runtime_error);
  EXPECT_TRUE(std::filesystem::is_fifo(path));
}

// PLAN-3 APPLY-9: exact names, of as many keys as there are, block by block.
TEST(PlanFile, gives_back_all_steps_and_the_header) {
  TestFolder folder;
  for (const std::size_t steps : {0U, 1U, 20'000U}) {
    write_plan(folder / "plan", steps);
    auto reader = PlanReader::open(folder / "plan", ours);
    ASSERT_TRUE(reader) << reader.error().what;
    EXPECT_EQ(reader->header().steps, steps);
    EXPECT_EQ(reader->header().phrase, full_header().phrase);
    for (int round = 0; round < 2; ++round) {
      Step step;
      std::size_t seen = 0;
      for (;; ++seen) {
        const auto more = reader->next(step);
        ASSERT_TRUE(more) << more.error().what;
        if (!*more) break;
        ASSERT_EQ(step.keys, step_number(seen).keys);
        ASSERT_EQ(step.checks.size(), full_step().checks.size());
      }
      EXPECT_EQ(seen, steps);
      ASSERT_TRUE(reader->rewind());
    }
  }
}

// SEC-2: 0600; and half a plan is nowhere.
TEST(PlanFile, has_its_name_only_when_it_is_whole) {
  TestFolder folder;
  {
    auto writer = PlanWriter::create(folder / "plan");
    ASSERT_TRUE(writer);
    ASSERT_TRUE(writer->add(full_step()));
    EXPECT_FALSE(std::filesystem::exists(folder / "plan"));
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path())) << "what was not finished is taken away";
  write_plan(folder / "plan", 1);
  EXPECT_EQ(mode_of(folder / "plan"), 0600U);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

// PLAN-2 F41: cut anywhere, no plan.
TEST(PlanFile, refuses_every_front_of_itself) {
  TestFolder folder;
  const auto whole = write_plan(folder / "plan", 3);
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    write_file(folder / "plan", whole.substr(0, cut));
    EXPECT_THAT(refusal(folder / "plan"), testing::AnyOf(HasSubstr("was cut"), HasSubstr("no plan"))) << cut;
  }
  write_file(folder / "plan", whole + "x");
  EXPECT_THAT(refusal(folder / "plan"), HasSubstr("more behind its end"));
}

// PLAN-2 F41: one bit changed anywhere, no plan.
TEST(PlanFile, refuses_a_flipped_bit_at_every_byte) {
  TestFolder folder;
  const auto whole = write_plan(folder / "plan", 3);
  for (std::size_t at = 0; at < whole.size(); ++at) {
    auto changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 1 << at % 8);
    write_file(folder / "plan", changed);
    EXPECT_NE(refusal(folder / "plan"), "taken") << at;
  }
}

// PLAN-2 F41: edited by somebody who mended the checksums, made elsewhere, made later, readable by all: each
// has its own words.
TEST(PlanFile, says_why_it_is_refused) {
  TestFolder folder;
  const auto whole = write_plan(folder / "plan", 3);
  write_plan(folder / "other", 4);
  const auto other = file_text(folder / "other");
  EXPECT_THAT(refusal(folder / "plan", std::string(32, 'x')), HasSubstr("secret of another state folder"));

  write_file(folder / "plan", other.substr(0, other.size() - 32) + whole.substr(whole.size() - 32));
  EXPECT_THAT(refusal(folder / "plan"), HasSubstr("changed after it was made"));

  auto newer = whole;
  newer[6] = '2';
  write_file(folder / "plan", newer);
  EXPECT_THAT(refusal(folder / "plan"), HasSubstr("newer headroom"));

  write_file(folder / "plan", "{\"keys\": []}");
  EXPECT_THAT(refusal(folder / "plan"), HasSubstr("no plan of headroom"));

  write_file(folder / "plan", whole);
  EXPECT_EQ(refusal(folder / "plan"), "taken");
  ::chmod((folder / "plan").c_str(), 0664);
  EXPECT_THAT(refusal(folder / "plan"), HasSubstr("others may read or change this"));
}

// F36: the disk is full at byte N: an error, and nothing is left behind.
TEST(PlanFile, leaves_nothing_when_the_disk_is_full) {
  TestFolder folder;
  const auto whole = write_plan(folder / "whole", 3).size();
  for (std::size_t limit = 0; limit < whole; limit += 5) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::signal(SIGXFSZ, SIG_IGN);
      const rlimit most{limit, limit};
      ::setrlimit(RLIMIT_FSIZE, &most);
      bool done = false;
      if (auto writer = PlanWriter::create(folder / "plan")) {
        done = true;
        for (std::size_t i = 0; i < 3; ++i) done = writer->add(step_number(i)) && done;
        done = writer->finish(full_header(), ours) && done;
      }
      ::_exit(done ? 1 : 0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0) << limit;
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1) << limit;
  }
}

}  // namespace
}  // namespace headroom::act
