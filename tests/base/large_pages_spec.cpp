#include "base/large_pages.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace headroom {
namespace {

TEST(LargePages, hold_a_vector_that_grows_from_small_to_large) {
  std::vector<std::uint64_t, LargePages<std::uint64_t>> numbers;
  for (std::uint64_t i = 0; i < 1'000'000; ++i) numbers.push_back(i * i);
  for (std::uint64_t i = 0; i < numbers.size(); ++i) ASSERT_EQ(numbers[i], i * i);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(numbers.data()) % (std::uintptr_t{2} << 20U), 0U);
}

TEST(LargePages, a_size_that_is_no_multiple_of_a_page_has_all_its_bytes) {
  for (const std::size_t bytes : {std::size_t{1}, std::size_t{4097}, (std::size_t{2} << 20U) + 1}) {
    auto* const memory = static_cast<unsigned char*>(allocate_large(bytes));
    memory[0] = 1, memory[bytes - 1] = 2;
    EXPECT_EQ(memory[bytes - 1], 2);
    free_large(memory);
  }
}

}  // namespace
}  // namespace headroom
