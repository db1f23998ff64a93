#include "report/error_text.h"

#include <gtest/gtest.h>

#include "report/readers.h"

namespace headroom {
namespace {

using report::error_json;
using report::error_text;

TEST(ErrorText, says_what_happened_where_and_what_to_type_next) {
  EXPECT_EQ(error_text({"the server does not answer", "redis://h:1", "redis-cli -h h -p 1 ping"}),
            "headroom: the server does not answer\n"
            "  where: redis://h:1\n"
            "  try: redis-cli -h h -p 1 ping\n");
}
TEST(ErrorText, leaves_out_what_is_not_known) {
  EXPECT_EQ(error_text({"out of room"}), "headroom: out of room\n");
}
TEST(ErrorText, F08_does_not_let_a_servers_words_act_on_the_terminal) {
  EXPECT_EQ(error_text({"the server said: \x1b[2J\n-ERR"}), "headroom: the server said: \\x1b[2J\\x0a-ERR\n");
}
TEST(ErrorText, has_a_twin_in_json) {
  EXPECT_EQ(
      error_json({"no such option", "--formt", "--format", Exit::usage}),
      R"({"schema":"headroom.error/1","what":"no such option","where":"--formt","remedy":"--format","exit":2})"
      "\n");
  EXPECT_EQ(test::Json::parse(error_json({"\xff\x1b"}))["what"], "\\xff\\x1b");
}

}  // namespace
}  // namespace headroom
