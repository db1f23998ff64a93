#include "base/quantity.h"

#include <gtest/gtest.h>

namespace headroom {
namespace {

using namespace std::chrono_literals;

TEST(Quantity, bytes_have_binary_units) {
  EXPECT_EQ(read_bytes("0"), Bytes{0});
  EXPECT_EQ(read_bytes("4096"), Bytes{4096});
  EXPECT_EQ(read_bytes("12b"), Bytes{12});
  EXPECT_EQ(read_bytes("1K"), Bytes{1024});
  EXPECT_EQ(read_bytes("10M"), Bytes{10'485'760});
  EXPECT_EQ(read_bytes("2gb"), Bytes{2'147'483'648});
  EXPECT_EQ(read_bytes("1TiB"), Bytes{1'099'511'627'776});
}

TEST(Quantity, what_is_no_amount_of_bytes_is_refused) {
  for (const auto* text :
       {"", "K", "-1", "1.5M", "1X", "1KM", "1 K", " 1", "99999999999999999999", "9999999T"})
    EXPECT_FALSE(read_bytes(text)) << text;
}

TEST(Quantity, durations_add_their_parts) {
  EXPECT_EQ(read_duration("90"), 90s);
  EXPECT_EQ(read_duration("90s"), 90s);
  EXPECT_EQ(read_duration("250ms"), 250ms);
  EXPECT_EQ(read_duration("15m"), 15min);
  EXPECT_EQ(read_duration("1d12h"), 36h);
  EXPECT_EQ(read_duration("2w"), 24h * 14);
  EXPECT_EQ(read_duration("0"), 0s);
}

TEST(Quantity, what_is_no_duration_is_refused) {
  for (const auto* text :
       {"", "d", "-1d", "1.5h", "1y", "1d12", "1 d", "99999999999999999999", "99999999999999w"})
    EXPECT_FALSE(read_duration(text)) << text;
}

}  // namespace
}  // namespace headroom
