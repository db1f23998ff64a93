#include "wire/server_error.h"

namespace headroom::wire {
namespace {

Reply error(const std::string& text) {
  Reply reply;
  reply.kind = Reply::Kind::error;
  reply.text = text;
  return reply;
}

TEST(ServerError, tells_a_refused_command_from_a_refused_key) {
  for (const char* text :
       {"ERR unknown command 'MEMORY', with args beginning with: 'USAGE'",
        "ERR unknown subcommand 'NO-TOUCH'",
        "ERR Unknown subcommand or wrong number of arguments for 'USAGE'. Try MEMORY HELP.",
        "NOPERM this user has no permissions to run the 'memory|usage' command",
        "NOPERM this user has no permissions to run the 'object' command or its subcommand"})
    EXPECT_TRUE(command_refused(error(text))) << text;
  for (const char* text :
       {"NOPERM this user has no permissions to access one of the keys used as arguments",
        "NOPERM No permissions to access a key", "ERR no such key", "LOADING Redis is loading", ""})
    EXPECT_FALSE(command_refused(error(text))) << text;
}

TEST(ServerError, knows_states_that_pass) {
  for (const char* text : {"LOADING Redis is loading the dataset in memory", "BUSY Redis is busy",
                           "TRYAGAIN x", "CLUSTERDOWN x"})
    EXPECT_TRUE(passes_by_itself(error(text))) << text;
  for (const char* text :
       {"NOAUTH Authentication required.", "ERR unknown command 'SCAN'", "MOVED 1 127.0.0.1:1", ""})
    EXPECT_FALSE(passes_by_itself(error(text))) << text;
}

TEST(ServerError, an_answer_is_no_error) {
  Reply text = error("LOADING");
  text.kind = Reply::Kind::text;
  EXPECT_FALSE(passes_by_itself(text));
  EXPECT_FALSE(command_refused(text));
}

}  // namespace
}  // namespace headroom::wire
