#include "memory/size_class.h"

#include <gtest/gtest.h>

#include <limits>

namespace headroom::memory {
namespace {

constexpr auto all = {Allocator::jemalloc_8, Allocator::jemalloc_16, Allocator::libc};

// The bins that MEMORY MALLOC-STATS of Debian's 7.0.15 lists: 8 16 32 48 64 80 96 112 128 160 192 224 256 320
// ...
TEST(SizeClass, of_debians_jemalloc_are_the_ones_it_prints) {
  const std::uint64_t bins[] = {8,   16,  32,  48,  64,  80,  96,   112,  128,  160,  192,  224,  256,  320,
                                384, 448, 512, 640, 768, 896, 1024, 1280, 1536, 1792, 2048, 2560, 3072, 3584};
  std::uint64_t below = 0;
  for (const auto bin : bins) {
    EXPECT_EQ(size_class(Allocator::jemalloc_16, below + 1), bin);
    EXPECT_EQ(size_class(Allocator::jemalloc_16, bin), bin);
    below = bin;
  }
}

TEST(SizeClass, of_the_jemalloc_that_redis_brings_has_steps_of_8_up_to_64) {
  const std::uint64_t bins[] = {8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320};
  std::uint64_t below = 0;
  for (const auto bin : bins) {
    EXPECT_EQ(size_class(Allocator::jemalloc_8, below + 1), bin);
    EXPECT_EQ(size_class(Allocator::jemalloc_8, bin), bin);
    below = bin;
  }
}

// malloc_usable_size of glibc 2.36 on x86-64.
TEST(SizeClass, of_glibc_leaves_8_bytes_of_each_16_byte_chunk_to_itself) {
  EXPECT_EQ(size_class(Allocator::libc, 1), 24);
  EXPECT_EQ(size_class(Allocator::libc, 24), 24);
  EXPECT_EQ(size_class(Allocator::libc, 25), 40);
  EXPECT_EQ(size_class(Allocator::libc, 40), 40);
  EXPECT_EQ(size_class(Allocator::libc, 41), 56);
}

TEST(SizeClass, of_large_allocations_are_four_to_a_doubling) {
  EXPECT_EQ(size_class(Allocator::jemalloc_16, 10006), 10240);
  EXPECT_EQ(size_class(Allocator::jemalloc_8, 16384), 16384);
  EXPECT_EQ(size_class(Allocator::jemalloc_8, 16385), 20480);
  EXPECT_EQ(size_class(Allocator::jemalloc_8, 100u << 20), 112u << 20);
}

TEST(SizeClass, is_the_same_by_table_and_by_arithmetic) {
  for (const auto allocator : all) {
    const Sizes sizes(allocator);
    for (std::uint64_t n = 1; n < 3000; ++n) ASSERT_EQ(sizes.of(n), size_class(allocator, n)) << n;
  }
}

TEST(SizeClass, ends_at_the_address_space_whatever_a_file_claims) {
  for (const auto allocator : all) {
    const Sizes sizes(allocator);
    for (const auto n :
         {longest_allocation, std::uint64_t{1} << 63, std::numeric_limits<std::uint64_t>::max()}) {
      EXPECT_LE(sizes.of(n), 2 * longest_allocation);
      EXPECT_GE(sizes.of(n), longest_allocation);
      EXPECT_LE(sizes.sds(n), 2 * longest_allocation);
    }
  }
}

// STRLEN and MEMORY USAGE of a string under a key of Debian's 7.0.15; the edges of sds.c.
TEST(Sds, has_a_header_that_grows_with_its_length) {
  const Sizes sizes(Allocator::jemalloc_8);
  EXPECT_EQ(sizes.sds(0), 8);  // 3 + 1
  EXPECT_EQ(sizes.sds(6), 8);  // 1 + 6 + 1
  EXPECT_EQ(sizes.sds(7), 16);
  EXPECT_EQ(sizes.sds(30), 32);  // 1 + 30 + 1
  EXPECT_EQ(sizes.sds(31), 40);
  EXPECT_EQ(sizes.sds(32), 40);    // 3 + 32 + 1
  EXPECT_EQ(sizes.sds(252), 256);  // 3 + 252 + 1
  EXPECT_EQ(sizes.sds(253), 320);
  EXPECT_EQ(sizes.header(255), 3);
  EXPECT_EQ(sizes.header(256), 5);
  EXPECT_EQ(sizes.header(65535), 5);
  EXPECT_EQ(sizes.header(65536), 9);
}

TEST(Sds, grows_its_header_four_bytes_earlier_since_redis_8_2) {
  const Sizes sizes(Allocator::jemalloc_8, {252, 65530});
  EXPECT_EQ(sizes.header(251), 3);
  EXPECT_EQ(sizes.header(252), 5);
  EXPECT_EQ(sizes.header(65530), 9);
}

}  // namespace
}  // namespace headroom::memory
