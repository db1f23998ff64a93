#include "app/completion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kit/redis_server.h"

namespace headroom::app {
namespace {

// bash itself is asked what it would offer.
std::string offered_by_bash(const std::string& words, int position) {
  const auto script = completion_script("bash");
  EXPECT_TRUE(script.has_value());
  const auto ask = *script + "\nCOMP_WORDS=(" + words + ")\nCOMP_CWORD=" + std::to_string(position) +
                   "\n_headroom\nprintf '%s\\n' \"${COMPREPLY[@]}\"\n";
  const auto finished = test::run({"bash", "-c", ask});
  EXPECT_EQ(finished.status, 0) << finished.err;
  return finished.out;
}

TEST(Completion, offers_commands_in_bash) { EXPECT_EQ(offered_by_bash("headroom aud", 1), "audit\n"); }

TEST(Completion, offers_the_options_of_the_command_in_bash) {
  EXPECT_EQ(offered_by_bash("headroom audit --summ", 2), "--summary\n");
}

TEST(Completion, offers_the_values_of_an_option_in_bash) {
  EXPECT_EQ(offered_by_bash("headroom audit --format mark", 3), "markdown\n");
}

TEST(Completion, offers_shells_after_completion) {
  EXPECT_EQ(offered_by_bash("headroom completion fi", 2), "fish\n");
}

TEST(Completion, knows_zsh_and_fish) {
  EXPECT_THAT(*completion_script("zsh"), testing::StartsWith("#compdef headroom"));
  EXPECT_THAT(*completion_script("fish"), testing::HasSubstr("-l summary"));
}

TEST(Completion, says_which_shells_there_are) {
  const auto script = completion_script("tcsh");
  ASSERT_FALSE(script.has_value());
  EXPECT_EQ(script.error().exit, Exit::usage);
  EXPECT_THAT(script.error().remedy, testing::HasSubstr("bash|zsh|fish"));
}

}  // namespace
}  // namespace headroom::app
