#include "wire/info_text.h"

namespace headroom::wire {
namespace {

TEST(InfoText, finds_fields_at_the_beginning_of_lines_only) {
  const InfoText info(
      "# Server\r\nredis_version:7.0.15\r\nexecutable:/x/run_id:evil\r\nrun_id:abc\r\nempty:\r\nlast:1");
  EXPECT_EQ(info.text("redis_version"), "7.0.15");
  EXPECT_EQ(info.text("run_id"), "abc");
  EXPECT_EQ(info.text("version"), "");
  EXPECT_EQ(info.text("empty"), "");
  EXPECT_EQ(info.number("last"), 1);
}

TEST(InfoText, F17_a_number_that_is_none_is_absent) {
  const InfoText info(
      "negative:-1\r\nlong:123456789012345678901\r\nlargest:18446744073709551615\r\nunit:12kB\r\nblank: 1\r\n"
      "ratio:1.25\r\nnan:nan\r\ninf:inf\r\nminus:-0.5\r\n");
  EXPECT_FALSE(info.number("negative"));
  EXPECT_FALSE(info.number("long"));
  EXPECT_EQ(info.number("largest"), ~std::uint64_t{0});
  EXPECT_FALSE(info.number("unit"));
  EXPECT_FALSE(info.number("blank"));
  EXPECT_FALSE(info.number("absent"));
  EXPECT_DOUBLE_EQ(*info.real("ratio"), 1.25);
  EXPECT_FALSE(info.real("nan"));
  EXPECT_FALSE(info.real("inf"));
  EXPECT_FALSE(info.real("minus"));
}

TEST(InfoText, lists_each_database_once_in_order) {
  const auto found =
      InfoText(
          "# Keyspace\r\ndb0:keys=10,expires=3,avg_ttl=5\r\ndb2:keys=1,expires=0,avg_ttl=0,subexpiry=0\r\n"
          "db2:keys=7\r\ndb1:keys=9\r\ndb15:expires=4,keys=2\r\ndb16:keys=\r\ndb17:\r\ndatabases:3\r\n")
          .keyspace();
  ASSERT_EQ(found.size(), 3);
  EXPECT_EQ(found[0].db, 0);
  EXPECT_EQ(found[0].keys, 10);
  EXPECT_EQ(found[0].expires, 3);
  EXPECT_EQ(found[1].db, 2);
  EXPECT_EQ(found[1].keys, 1);
  EXPECT_EQ(found[2].db, 15);
  EXPECT_EQ(found[2].keys, 2);
}

TEST(InfoText, an_empty_or_endless_line_is_no_trouble) {
  EXPECT_TRUE(InfoText("").keyspace().empty());
  EXPECT_TRUE(InfoText(std::string(1 << 20, 'x')).text("x").empty());
  EXPECT_EQ(InfoText("\n\n\r\n:\n::\n").text("y"), "");
}

}  // namespace
}  // namespace headroom::wire
