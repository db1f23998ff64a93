#include "family/landmarks.h"

#include <gtest/gtest.h>

namespace headroom::family {
namespace {

TEST(Landmarks, are_the_names_that_owners_are_recognised_by) {
  const auto families = known_families();
  const Landmarks landmarks(families);
  for (const auto* key : {"bull:mail:meta", "bull:mail:id", "bull:mail:wait", "bull:mail:metrics:failed:data",
                          "_kombu.binding.mail", "app1:unacked_index", "resque:workers:heartbeat"})
    EXPECT_TRUE(landmarks(key)) << key;
}

TEST(Landmarks, are_not_jobs_results_or_the_keys_of_applications) {
  const auto families = known_families();
  const Landmarks landmarks(families);
  for (const auto* key : {"bull:mail:order-abc", "bull:mail:17", "bull:mail:17:logs", "user:7:cart", "",
                          "celery-task-meta-0a2cc1e2-31ec-44c7-8416-496b75b3ec80"})
    EXPECT_FALSE(landmarks(key)) << key;
}

}  // namespace
}  // namespace headroom::family
