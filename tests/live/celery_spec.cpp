#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kit/producers.h"
#include "live/audited.h"

// A Celery shop with workers, beat, chords, ETA tasks, priorities, killed workers and rpc:// results, and
// what headroom makes of it.
namespace headroom::test {
namespace {

class Celery : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    server = new RedisServer;
    produced = Json::parse(produce({"celery_producer.py"}, server->url()));
  }
  static void TearDownTestSuite() { delete server; }
  static inline RedisServer* server = nullptr;
  static inline Json produced{};
};

TEST_F(Celery, leaves_no_key_that_headroom_cannot_name) {
  EXPECT_THAT(unclassified(report_of("audit", *server), ""), testing::IsEmpty());
}

TEST_F(Celery, has_the_queue_lengths_that_kombu_gives) {
  const auto queues = report_of("queues", *server);
  for (const auto& queue : produced["queues"]) {
    const auto name = queue["keyprefix"].get<std::string>() + queue["queue"].get<std::string>();
    const auto shown = row(queues["queues"], "owner", name);
    if (queue["messages"] == 0 && shown.is_null()) continue;  // an empty list is no key
    ASSERT_FALSE(shown.is_null()) << name;
    EXPECT_EQ(shown["states"]["messages"], queue["messages"]) << name;
  }
}

TEST_F(Celery, has_results_without_ttl_counted_as_debris) {  // A19, A214
  std::uint64_t without_ttl = 0;
  for (const auto& state : produced["results"]) without_ttl += state["without_ttl"].get<std::uint64_t>();
  ASSERT_GT(without_ttl, 0U);
  const auto debris = row(report_of("audit", *server)["debris"], "kind", "result-without-ttl");
  ASSERT_FALSE(debris.is_null());
  EXPECT_EQ(debris["keys"], without_ttl);
  EXPECT_FALSE(debris["why"].get<std::string>().empty());
}

TEST_F(Celery, never_calls_a_queue_or_a_binding_debris) {
  for (const auto& debris : report_of("audit", *server)["debris"]) {
    EXPECT_NE(debris["kind"], "queue");
    EXPECT_NE(debris["kind"], "unacked");
  }
}

}  // namespace
}  // namespace headroom::test
