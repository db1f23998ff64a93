#include "memory/radix_tree.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace headroom::memory {
namespace {

const Sizes sizes(Allocator::jemalloc_8);

std::uint64_t bytes_of(const std::vector<std::string>& keys) {
  RadixTree tree(sizes);
  for (const auto& key : keys) tree.add(key);
  return tree.finish();
}

// By hand from raxNodeCurrentLength: 4 + characters, padded to 8, + 8 per child, + 8 for a value.
constexpr std::uint64_t header = 24, leaf = 16;

TEST(RadixTree, that_is_empty_has_a_root) { EXPECT_EQ(bytes_of({}), header + 8); }

TEST(RadixTree, of_one_key_is_one_run_and_a_leaf) {
  EXPECT_EQ(bytes_of({std::string(16, 'x')}), header + 32 + leaf);  // 4 + 16 padded to 24, + 8
}

// "foo", "foobar", "footer": the drawing in rax.h. ["foo"] -> [t b], with a value -> "er" and "ar" -> two
// leaves. Ours in order: "foo", "foobar", "footer".
TEST(RadixTree, of_the_manual_has_six_nodes) {
  EXPECT_EQ(bytes_of({"foo", "foobar", "footer"}), header + 16 + 32 + 16 + 16 + leaf + leaf);
}

TEST(RadixTree, with_two_keys_that_differ_in_the_first_character_branches_at_the_root) {
  EXPECT_EQ(bytes_of({"a", "b"}), header + 24 + leaf + leaf);
}

TEST(RadixTree, keeps_a_key_on_the_way_to_another) {
  // "" -a-> [key "a", run "bc"] -> leaf
  EXPECT_EQ(bytes_of({"a", "abc"}), header + 16 + 24 + leaf);
}

TEST(RadixTree, takes_the_empty_key_at_its_root) { EXPECT_EQ(bytes_of({"", "a"}), header + 24 + leaf); }

TEST(RadixTree, counts_a_key_twice_given_once) { EXPECT_EQ(bytes_of({"abc", "abc"}), bytes_of({"abc"})); }

TEST(RadixTree, is_empty_after_its_answer) {
  RadixTree tree(sizes);
  tree.add("abc");
  const auto first = tree.finish();
  EXPECT_EQ(tree.keys(), 0);
  tree.add("abc");
  EXPECT_EQ(tree.finish(), first);
}

TEST(RadixTree, survives_keys_that_are_out_of_order_and_of_all_bytes) {
  RadixTree tree(sizes);
  std::string key;
  for (int i = 0; i < 5000; ++i) {
    key.assign(static_cast<std::size_t>(i * 7919 % 23), static_cast<char>(i * 31));
    key.push_back(static_cast<char>(i * 17));
    tree.add(key);
  }
  EXPECT_LT(tree.finish(), 5000 * 200);
}

}  // namespace
}  // namespace headroom::memory
