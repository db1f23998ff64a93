#include <gtest/gtest.h>

#include "family/attribution.h"
#include "family/family.h"
#include "family/groups.h"

namespace headroom::family {
namespace {

// What a run put aside still looks like a key of its library, and beside its likes it would be counted as
// theirs, or make a queue of its own: planners would find it again, and undo would lose it.
TEST(KnownHeadroom, what_was_put_aside_is_nobody_elses) {
  const std::string run = "headroom:q:00112233445566778899aabbccddeeff:";
  const std::vector<test::Named> theirs = {
      {"bull:mail:meta", KeyType::hash},
      {"bull:mail:id", KeyType::string},
      {"bull:mail:events", KeyType::stream},
      {"bull:mail:17", KeyType::hash},
      {"bull:mail:completed", KeyType::zset},
      {"bull:mail:stalled-check", KeyType::string},
      {"celery-task-meta-8a1e1c3e-0d1c-4b59-9a1f-2d5c3c6f7a10", KeyType::string},
      {"_kombu.binding.celery", KeyType::set},
      {"celery", KeyType::list},
      {"unacked", KeyType::hash},
      {"unacked_index", KeyType::zset},
      {"rq:job:1", KeyType::hash},
      {"arq:queue", KeyType::zset},
      {"laravel_horizon:masters", KeyType::zset},
      {"spring:session:sessions:1", KeyType::hash}};
  auto keys = theirs;
  for (const auto& [name, type] : theirs) {
    keys.push_back({run + "{" + name + "}" + name, type});
    keys.push_back({run + "{mail}" + name, type});
  }
  auto groups = test::groups_of(keys);
  attribute(groups, known_families());
  for (const auto& group : groups) {
    const bool aside = group.example.starts_with("headroom:");
    EXPECT_EQ(group.attribution.family == "headroom", aside) << group.example;
    EXPECT_TRUE(!aside || group.attribution.role == "quarantine") << group.example;
  }
}

}  // namespace
}  // namespace headroom::family
