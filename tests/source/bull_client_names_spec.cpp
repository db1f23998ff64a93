#include <gtest/gtest.h>

#include "source/bull/liveness.h"
#include "source/bull/stream_id.h"

namespace headroom::source::bull {
namespace {

// The names that bullmq 5 and 6 give their connections: base64 of "mail" is "bWFpbA==".
TEST(BullClients, are_known_by_their_exact_names) {
  const auto list = [](const std::string& name) {
    return "id=3 addr=127.0.0.1:1 name=" + name + " age=1\nid=4 addr=127.0.0.1:2 name= age=2\n";
  };
  EXPECT_TRUE(has_client(list("bull:bWFpbA=="), "bull:mail"));
  EXPECT_TRUE(has_client(list("bull:bWFpbA==:w:worker-1"), "bull:mail"));
  EXPECT_TRUE(has_client(list("bull:bWFpbA==:qe"), "bull:mail"));
  EXPECT_TRUE(has_client(list("app:prod:bWFpbA=="), "app:prod:mail"));
  EXPECT_FALSE(has_client(list("bull:bWFpbA=="), "bull:other"));
  // base64 of "abc" is the beginning of that of "abcd"
  EXPECT_FALSE(has_client(list("bull:YWJjZA=="), "bull:abc"));
  EXPECT_FALSE(has_client("", "bull:mail"));
}

TEST(StreamIds, are_numbers_and_not_texts) {
  EXPECT_TRUE(stream_id_less("9-1", "10-0"));
  EXPECT_TRUE(stream_id_less("10-9", "10-10"));
  EXPECT_FALSE(stream_id_less("10-1", "10-1"));
  EXPECT_EQ(next_stream_id("1700000000000-3"), "1700000000000-4");
  EXPECT_EQ(next_stream_id("5-18446744073709551615"), "6-0");
}

}  // namespace
}  // namespace headroom::source::bull
