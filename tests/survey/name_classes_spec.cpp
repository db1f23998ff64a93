#include "survey/name_classes.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace headroom::survey {
namespace {

TEST(ClassMasks, are_the_same_at_once_and_one_by_one_for_any_bytes) {
  std::mt19937_64 dice(1);
  for (std::size_t size = 0; size <= 64; ++size)
    for (int round = 0; round < 200; ++round) {
      // On the heap and of that very size: a byte read too many is a fault under the address sanitizer.
      const std::string name = [&] {
        std::string bytes(size, 'x');
        for (auto& byte : bytes) byte = static_cast<char>(dice());
        return bytes;
      }();
      const std::vector<char> exact(name.begin(), name.end());
      const std::string_view view(exact.data(), exact.size());
      ASSERT_EQ(ClassMasks::of(view), ClassMasks::one_by_one(view)) << size;
    }
}

TEST(ClassMasks, know_every_byte) {
  for (int i = 0; i < 256; ++i) {
    const std::string name(16, static_cast<char>(i));
    ASSERT_EQ(ClassMasks::of(name), ClassMasks::one_by_one(name)) << i;
  }
}

}  // namespace
}  // namespace headroom::survey
