#include "family/user_families.h"

#include <gtest/gtest.h>

#include <string>

#include "family/attribution.h"
#include "family/groups.h"

namespace headroom::family {
namespace {

constexpr std::string_view carts = R"([[family]]
name = "carts"
closed_world = true
examples = [{ key = "cart:17", type = "hash", role = "cart" }]

[[family.shapes]]
shape = "cart:lock:{id}"
type = "string"
role = "lock"
why = "held while a customer pays"

[[family.shapes]]
shape = "cart:{n}"
type = ["hash", "string"]
role = "cart"
care = "expirable"
why = "rebuilt from the shop's database"
debris_when = "without_ttl"
debris = "cart-without-ttl"
debris_why = "the shop sets two days"

[other_table]
of = "another room"
)";

/// "where what" of the refusal of this file.
std::string refusal(std::string_view toml) {
  const auto read = parse_families(toml, "headroom.toml");
  return read ? "accepted" : read.error().where + " " + read.error().what;
}

std::string with_shape(std::string_view lines) {
  return "[[family]]\nname = \"f\"\n[[family.shapes]]\nshape = \"a:{n}\"\nrole = \"r\"\nwhy = \"w\"\n" +
         std::string(lines);
}

TEST(UserFamilies, are_read_in_the_form_of_the_known_ones) {
  const auto read = parse_families(carts, "headroom.toml");
  ASSERT_TRUE(read) << read.error().what;
  ASSERT_EQ(read->families.size(), 1U);
  const Family& family = read->families[0];
  EXPECT_EQ(family.name, "carts");
  EXPECT_EQ(family.title, "carts");
  EXPECT_TRUE(family.closed_world);
  ASSERT_EQ(family.shapes.size(), 2U);
  EXPECT_EQ(family.shapes[0].care, Care::hands_off);
  EXPECT_EQ(family.shapes[1].care, Care::expirable);
  EXPECT_TRUE(family.shapes[1].types.has(KeyType::string));
  EXPECT_FALSE(family.shapes[1].types.has(KeyType::list));
  EXPECT_EQ(family.shapes[1].debris_when, DebrisWhen::without_ttl);
}

TEST(UserFamilies, keep_their_texts_when_they_are_moved) {
  auto read = parse_families(carts, "headroom.toml");
  ASSERT_TRUE(read);
  const UserFamilies moved = std::move(*read);
  EXPECT_EQ(moved.families[0].shapes[1].why, "rebuilt from the shop's database");
  EXPECT_EQ(moved.families[0].examples[0].key, "cart:17");
}

TEST(UserFamilies, take_part_in_attribution) {
  const auto read = parse_families(carts, "headroom.toml");
  ASSERT_TRUE(read);
  auto families = known_families();
  families.insert(families.end(), read->families.begin(), read->families.end());
  auto groups = test::groups_of(
      {{"cart:17", KeyType::hash}, {"cart:lock:ann", KeyType::string}, {"cart:x", KeyType::hash}});
  groups[0].without_ttl_keys = {1, 1, 1};
  attribute(groups, families);
  EXPECT_EQ(groups[0].attribution.family, "carts");
  EXPECT_EQ(groups[0].attribution.debris, "cart-without-ttl");
  EXPECT_EQ(groups[1].attribution.role, "lock");
  EXPECT_EQ(groups[2].attribution.family, "");
}

TEST(UserFamilies, may_be_none) {
  const auto read = parse_families("[policy]\nttl = 7\n", "headroom.toml");
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->families.empty());
}

TEST(UserFamilies, that_are_wrong_are_refused_with_line_and_column) {
  EXPECT_EQ(refusal("[[family]]\nname = \"f\"\n"), "headroom.toml:1:1 \"shapes\" is missing");
  EXPECT_EQ(refusal("[[family]]\nshapes = 7\n"), "headroom.toml:1:1 \"name\" is missing");
  EXPECT_EQ(refusal("family = 7\n"), "headroom.toml:1:10 \"family\" must be a list of tables");
  EXPECT_EQ(refusal("[[family]]\nname = 7\n"), "headroom.toml:2:8 \"name\" must be a text that is not empty");
  EXPECT_EQ(refusal(with_shape("colour = 1\n")), "headroom.toml:7:1 \"colour\" is not known here");
  EXPECT_EQ(refusal(with_shape("care = \"careful\"\n")),
            "headroom.toml:7:8 \"care\" is not one of its words");
  EXPECT_EQ(refusal(with_shape("type = [\"hash\", \"hush\"]\n")),
            "headroom.toml:7:17 \"type\" is not one of its words");
  EXPECT_EQ(refusal(with_shape("tell = 11\n")),
            "headroom.toml:7:8 \"tell\" must be a whole number from 0 to 10");
  EXPECT_EQ(refusal(with_shape("debris_when = \"without_ttl\"\n")),
            "headroom.toml:3:1 \"debris\" is missing");
  EXPECT_EQ(refusal(with_shape("debris_when = \"idle\"\ndebris = \"d\"\ndebris_why = \"w\"\n")),
            "headroom.toml:3:1 debris_when = \"idle\" needs idle_minutes");
  EXPECT_EQ(refusal("[[family]]\nclosed_world = \"yes\"\nname=\"f\"\nshapes=[]\n"),
            "headroom.toml:4:8 \"shapes\" must be a list of tables");
}

TEST(UserFamilies, with_a_wrong_shape_are_told_what_is_wrong_with_it) {
  const std::string toml =
      "[[family]]\nname = \"f\"\nshapes = [{ shape = \"a:{x}\", role = \"r\", why = \"w\" }]\n";
  EXPECT_EQ(refusal(toml), "headroom.toml:3:21 the shape is wrong: no placeholder is called {x}");
}

TEST(UserFamilies, are_held_to_their_examples) {
  EXPECT_EQ(refusal("[[family]]\nname = \"f\"\nshapes = [{ shape = \"a:{n}\", role = \"r\", why = \"w\" }]\n"
                    "examples = [{ key = \"a:x\", type = \"hash\", role = \"r\" }]\n"),
            "headroom.toml:4:13 no shape of \"f\" fits its example");
  EXPECT_EQ(refusal("[[family]]\nname = \"f\"\nshapes = [{ shape = \"a:{n}\", role = \"r\", why = \"w\" }]\n"
                    "examples = [{ key = \"a:7\", type = \"hash\", role = \"s\" }]\n"),
            "headroom.toml:4:13 the first shape that fits the example is \"r\"");
}

TEST(UserFamilies, with_a_root_need_tells) {
  EXPECT_EQ(
      refusal("[[family]]\nname = \"f\"\nshapes = [{ shape = \"{root}:a\", role = \"r\", why = \"w\" }]\n"),
      "headroom.toml:1:1 the tells of \"f\" add up to 0, and 4 are needed to know an owner");
}

TEST(UserFamilies, in_a_file_that_is_no_toml_are_refused_where_it_breaks) {
  const auto read = parse_families("[[family]\nname = 1\n", "headroom.toml");
  ASSERT_FALSE(read);
  EXPECT_TRUE(read.error().where.starts_with("headroom.toml:1:")) << read.error().where;
  EXPECT_EQ(read.error().exit, Exit::usage);
}

}  // namespace
}  // namespace headroom::family
