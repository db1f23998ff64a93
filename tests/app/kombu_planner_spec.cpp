#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "app/member_samples.h"
#include "planner_kit.h"

namespace headroom::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const std::string sep = "\x06\x16", oid = "363dd39b-aaaf-3126-9774-073dda62525a";
const std::string replies = "_kombu.binding.reply.celery.pidbox",
                  member = oid + sep + sep + oid + ".reply.celery.pidbox";

/// A broker with one queue.
struct Broker {
  Broker() { redis_cli(server, {"SADD", "_kombu.binding.mail", "mail" + sep + sep + "mail"}); }
  RedisServer server;
};

TEST(KombuRepliesPlanner, drops_what_the_index_alone_has) {
  Broker broker;
  redis_cli(broker.server, {"HSET", "unacked", "live", "[]"});
  for (const std::string tag : {"live", "gone", "two words"})
    redis_cli(broker.server, {"ZADD", "unacked_index", "5", tag});
  const auto steps = planned(broker.server, "kombu_replies", {});
  std::vector<std::string> dropped;
  for (const auto& step : steps.of("kombu-unacked-index")) dropped.push_back(step.changes.at(0).member);
  EXPECT_THAT(dropped, testing::UnorderedElementsAre("gone", "two words"));
}

TEST(KombuRepliesPlanner, keeps_the_index_where_there_is_no_unacked) {
  Broker broker;
  redis_cli(broker.server, {"ZADD", "unacked_index", "5", "tag"});
  EXPECT_THAT(planned(broker.server, "kombu_replies", {}).steps, IsEmpty());
}

TEST(KombuRepliesPlanner, does_not_touch_the_lists_it_looks_at) {
  Broker broker;
  for (const auto& list : {oid, oid + ".reply.celery.pidbox", "celeryev." + oid}) {
    redis_cli(broker.server, {"RPUSH", list, "{}"});
    make_idle(broker.server, list, 3h);
  }
  for (int again = 0; again < 2; ++again)
    EXPECT_THAT(planned(broker.server, "kombu_replies", {}).steps, SizeIs(3)) << "by idle time";
}

TEST(KombuRepliesPlanner, takes_a_binding_that_nobody_used_by_its_idle_time) {
  Broker broker;
  redis_cli(broker.server, {"SADD", replies, member});
  EXPECT_THAT(planned(broker.server, "kombu_replies", {}).steps, IsEmpty());
  make_idle(broker.server, replies, 16min);
  EXPECT_THAT(planned(broker.server, "kombu_replies", {}).steps, SizeIs(1));
}

TEST(KombuRepliesPlanner, takes_no_list_of_somebody_who_has_no_broker) {
  const RedisServer server;
  redis_cli(server, {"RPUSH", oid, "{}"});
  make_idle(server, oid, 240h);
  EXPECT_THAT(planned(server, "kombu_replies", {}).steps, IsEmpty());
}

class Samples : public testing::Test {
 protected:
  Samples() { std::filesystem::permissions(folder.folder(), std::filesystem::perms::owner_all); }
  app::MemberSamples at(std::chrono::milliseconds time, std::string_view server = "redis://a") const {
    return {folder.folder(), server, time};
  }
  RedisServer folder;  // for its private folder
};

TEST_F(Samples, tell_what_a_plan_ten_minutes_ago_saw) {
  auto first = at(1'000'000ms);
  EXPECT_FALSE(first.seen_before("s", 0, "stays"));
  EXPECT_FALSE(first.seen_before("s", 0, "leaves"));
  ASSERT_TRUE(first.save());
  auto second = at(1'000'000ms + 599s);
  EXPECT_FALSE(second.seen_before("s", 0, "stays"));
  ASSERT_TRUE(second.save());
  auto third = at(1'000'000ms + 600s);
  EXPECT_TRUE(third.seen_before("s", 0, "stays"));
  EXPECT_FALSE(third.seen_before("s", 1, "stays")) << "another database";
  EXPECT_FALSE(third.seen_before("s", 0, "leaves")) << "was away meanwhile";
}

TEST_F(Samples, are_those_of_one_server) {
  auto first = at(0ms);
  EXPECT_FALSE(first.seen_before("s", 0, "m"));
  ASSERT_TRUE(first.save());
  EXPECT_TRUE(at(1h).seen_before("s", 0, "m"));
  EXPECT_FALSE(at(1h, "redis://b").seen_before("s", 0, "m"));
}

TEST_F(Samples, without_a_folder_are_not_kept) {
  app::MemberSamples nowhere("", "redis://a", 1h);
  EXPECT_FALSE(nowhere.seen_before("s", 0, "m"));
  EXPECT_TRUE(nowhere.save());
}

}  // namespace
}  // namespace headroom::test
