#include "base/fold_digits.h"

#include <gtest/gtest.h>

namespace headroom {
namespace {

TEST(FoldDigits, replaces_digits_among_letters_and_leaves_placeholders) {
  EXPECT_EQ(fold_digits("tenant-42"), "tenant-{n}");
  EXPECT_EQ(fold_digits("v2beta10"), "v{n}beta{n}");
  EXPECT_EQ(fold_digits("{uuid}-7"), "{uuid}-{n}");
  EXPECT_EQ(fold_digits("{{app1}}"), "{{app{n}}}");
  EXPECT_EQ(fold_digits("words"), "words");
}

}  // namespace
}  // namespace headroom
