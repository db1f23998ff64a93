#include "family/proof/bull_fields.h"

#include <gtest/gtest.h>

#include <string>

namespace headroom::family {
namespace {

TEST(BullFields, are_known_by_their_whole_names) {
  using namespace bull_field;
  EXPECT_EQ(meaning_of_field("name"), name | plain);
  EXPECT_EQ(meaning_of_field("data"), data | plain);
  EXPECT_EQ(meaning_of_field("opts"), opts | plain);
  EXPECT_EQ(meaning_of_field("timestamp"), timestamp | plain);
  for (const auto* run : {"processedOn", "finishedOn", "failedReason", "stacktrace", "returnvalue",
                          "attemptsMade", "stalledCounter", "ats", "atm", "stc", "pb", "defa"})
    EXPECT_EQ(meaning_of_field(run), of_runs | plain) << run;
}

TEST(BullFields, of_others_say_that_an_application_wrote_them) {
  using namespace bull_field;
  for (const std::string other : {"", "Name", "names", "nam", "email", "pc", "timestampx", "stalledCounters"})
    EXPECT_EQ(meaning_of_field(other), foreign | plain) << other;
  EXPECT_EQ(meaning_of_field("bull:mail:7"), foreign);
  EXPECT_EQ(meaning_of_field(std::string(100, 'x')), foreign | plain);
}

}  // namespace
}  // namespace headroom::family
