#include "app/typed_line.h"

#include <gtest/gtest.h>

#include "kit/redis_server.h"

namespace headroom::app {
namespace {

// The shell itself says what it read.
TEST(ShellWord, is_read_back_by_a_shell) {
  for (const std::string word :
       {"plain", "", "two words", "it's", "a\"b", "$HOME `id` \\", "*?[a]~#;&|<>", "bull:mail:1?db=0",
        "line\nend\tand \x1b[2J", "\xff\xfe", "\xe2\x80\xae'x\\"}) {
    const auto read = test::run({"bash", "-c", "printf %s " + shell_word(word)});
    EXPECT_EQ(read.out, word) << shell_word(word);
  }
}

TEST(TypedLine, has_target_and_options_that_were_given) {
  Options options;
  options.targets = {"redis://db:6379/0"};
  options.only = {"bull-*", "my carts"};
  options.yes = true;
  options.phrase = "old";
  options.max_seconds = 2.5;
  EXPECT_EQ(
      typed_line({"clean", options.targets, {}, {"--phrase"}, " --phrase new"}, options),
      "headroom clean redis://db:6379/0 --max-seconds 2.5 --only 'bull-*' --only 'my carts' --yes --phrase "
      "new");
  EXPECT_EQ(line_about("undo", {"7f"}, options), "headroom undo 7f");
}

// SEC-1: whatever way a password came
TEST(TypedLine, never_holds_a_password) {
  Options options;
  options.targets = {"rediss://ann:pa%20ss@db/2"};
  options.cacert = "ca.pem";
  EXPECT_EQ(line_about("plan", options.targets, options),
            "headroom plan rediss://db/2 --cacert ca.pem --user ann  # with the password in REDISCLI_AUTH");
  EXPECT_EQ(line_about("undo", {"7f"}, options),
            "headroom undo 7f --cacert ca.pem --user ann  # with the password in REDISCLI_AUTH");
  options = {};
  options.url = "redis://:secret@db", options.password = "other";
  EXPECT_EQ(line_about("plan", {}, options),
            "headroom plan --url redis://db  # with the password in REDISCLI_AUTH");
}

}  // namespace
}  // namespace headroom::app
