#include "plan/bull/leftover_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace headroom::plan::bull {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// The queue `bull:mail`, whose jobs may be called "eu:7", and the queue `bull:mail:eu` inside its names.
class NestedQueues : public testing::Test {
 protected:
  NestedQueues() {
    outer.named.add("eu:7");
    outer.named.seal();
    inner.named.add("1");
    inner.named.seal();
  }
  void look_at_all(QueueLeftovers* of_outer) {
    LeftoverNames names({{0, "bull:mail"}, {0, "bull:mail:eu"}}, {of_outer, &inner});
    for (const auto* key : {"bull:mail:eu:1", "bull:mail:eu:7", "bull:mail:eu:8", "bull:mail:9"})
      names.look(0, key);
    names.finish();
  }
  QueueLeftovers outer{}, inner{};
};

// PLAN-5: a waiting job is never debris, whoever else its name could belong to
TEST_F(NestedQueues, a_job_of_the_outer_queue_is_no_orphan_of_the_inner_one) {
  look_at_all(&outer);
  EXPECT_THAT(inner.jobs, ElementsAre("8"));
  EXPECT_THAT(outer.jobs, ElementsAre("9"));
  EXPECT_TRUE(outer.seen.has("eu:7"));
}

TEST_F(NestedQueues, nothing_is_left_over_inside_a_queue_whose_jobs_are_not_known) {
  look_at_all(nullptr);
  EXPECT_THAT(inner.jobs, IsEmpty());
}

}  // namespace
}  // namespace headroom::plan::bull
