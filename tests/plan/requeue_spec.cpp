#include "plan/celery/requeue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "recorded_steps.h"

namespace headroom::plan::celery {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::chrono::milliseconds now = 1'795'788'000'000ms;
const std::string sep = "\x06\x16";
// As kombu 5.2.4 writes it.
const std::string message =
    R"({"body": "W1tdLCB7fSwge31d", "content-encoding": "utf-8", "content-type": "application/json", )"
    R"("headers": {"lang": "py", "task": "t", "argsrepr": "[]}\"redelivered\": ", "group": null}, )"
    R"("properties": {"correlation_id": "c", "delivery_mode": 2, "delivery_info": {"exchange": "", )"
    R"("routing_key": "mail"}, "priority": 5, "body_encoding": "base64", "delivery_tag": "t1"}})";
const std::string text = "[" + message + R"(, "", "mail"])";

TEST(Redelivered, is_marked_in_headers_and_delivery_info_and_nowhere_else) {
  EXPECT_EQ(
      redelivered(message),
      R"({"body": "W1tdLCB7fSwge31d", "content-encoding": "utf-8", "content-type": "application/json", )"
      R"("headers": {"lang": "py", "task": "t", "argsrepr": "[]}\"redelivered\": ", "group": null, )"
      R"("redelivered": true}, )"
      R"("properties": {"correlation_id": "c", "delivery_mode": 2, "delivery_info": {"exchange": "", )"
      R"("routing_key": "mail", "redelivered": true}, "priority": 5, "body_encoding": "base64", )"
      R"("delivery_tag": "t1"}})");
}

TEST(Redelivered, twice_changes_nothing_more) {
  const auto once = redelivered(message);
  ASSERT_TRUE(once);
  EXPECT_EQ(redelivered(*once), once);
}

TEST(Redelivered, needs_both_places) {
  EXPECT_FALSE(redelivered(R"({"headers": {}, "properties": {}})"));
  EXPECT_FALSE(redelivered(R"({"properties": {"delivery_info": {}}})"));
  EXPECT_FALSE(redelivered("[]"));
  EXPECT_FALSE(redelivered(""));
  EXPECT_EQ(redelivered(R"({"properties": {"delivery_info": {}}, "headers": { }})"),
            R"({"properties": {"delivery_info": {"redelivered": true}}, "headers": { "redelivered": true}})");
}

TEST(Delivery, is_read_from_the_text_of_unacked) {
  const auto delivery = delivery_in(text);
  ASSERT_TRUE(delivery);
  EXPECT_EQ(delivery->message, message);
  EXPECT_EQ(delivery->exchange, "");
  EXPECT_EQ(delivery->routing_key, "mail");
  EXPECT_FALSE(delivery_in("[]"));
  EXPECT_FALSE(delivery_in(R"([{}, null, "mail"])"));
  EXPECT_FALSE(delivery_in(R"([{}, "a\"b", "mail"])"));
  EXPECT_FALSE(delivery_in("[{}, \"\", \"mail\""));
}

TEST(PriorityStep, is_the_largest_that_is_not_above_the_priority) {
  const auto step = [](int priority) {
    return priority_step(R"({"properties": {"priority": )" + std::to_string(priority) + "}}");
  };
  EXPECT_EQ(step(0), 0);
  EXPECT_EQ(step(2), 0);
  EXPECT_EQ(step(3), 3);
  EXPECT_EQ(step(5), 3);
  EXPECT_EQ(step(9), 9);
  EXPECT_EQ(step(200), 9);
  EXPECT_EQ(priority_step(R"({"properties": {"priority": null}})"), 0);
}

TEST(QueuesOfADelivery, are_those_bound_under_its_routing_key) {
  const std::vector<std::string> members{"mail" + sep + sep + "mail", "mail" + sep + sep + "copy",
                                         "other" + sep + sep + "other"};
  EXPECT_THAT(queues_of({{}, "x", "mail"}, members), ElementsAre("copy", "mail"));
  EXPECT_THAT(queues_of({{}, "x", "none"}, members), IsEmpty());
  EXPECT_THAT(queues_of({{}, "", "mail"}, {}), ElementsAre("mail"));
  const std::vector<std::string> topic{"m.*" + sep + "^m\\..*?$" + sep + "a",
                                       "m.x" + sep + "^m\\.x$" + sep + "b"};
  EXPECT_THAT(queues_of({{}, "x", "m.x"}, topic), IsEmpty()) << "the pattern would take it too";
}

class RequeueSteps : public testing::Test {
 protected:
  RequeueSteps() { policy.requeue = true; }
  Result<bool> decide(std::string_view unacked, std::optional<double> fetched, bool list_there = false) {
    auto done = rules.decide({0, "app1:"}, {"t1", unacked, fetched}, {}, [&](const std::string& list) {
      asked.push_back(list);
      return list_there;
    });
    rules.finish();
    return done;
  }
  test::RecordedSteps steps;
  CeleryPolicy policy;
  RequeueRules rules{steps, policy, now};
  std::vector<std::string> asked;
  const double long_ago = 1'795'780'000;
};

TEST_F(RequeueSteps, put_a_message_back_as_kombu_does) {
  ASSERT_TRUE(decide(text, long_ago));
  const Step& step = steps.steps.at(0);
  EXPECT_THAT(step.keys, ElementsAre("app1:unacked", "app1:unacked_index", "app1:mail"));
  ASSERT_EQ(step.checks.size(), 1U);
  EXPECT_EQ(step.checks[0].kind, CheckKind::field_is);
  EXPECT_EQ(step.checks[0].member, "t1");
  EXPECT_EQ(step.checks[0].text, text);
  ASSERT_EQ(step.changes.size(), 3U);
  EXPECT_EQ(step.changes[0].kind, ChangeKind::zset_remove);
  EXPECT_EQ(step.changes[1].kind, ChangeKind::hash_remove);
  EXPECT_EQ(step.changes[2].kind, ChangeKind::list_push);
  EXPECT_EQ(step.changes[2].text, redelivered(message));
  EXPECT_THAT(asked, ElementsAre("app1:mail" + sep + "3"));
}

TEST_F(RequeueSteps, keep_the_priority_where_its_list_is_served) {
  ASSERT_TRUE(decide(text, long_ago, true));
  EXPECT_EQ(steps.steps.at(0).keys.at(2), "app1:mail" + sep + "3");
}

TEST_F(RequeueSteps, take_a_message_that_the_index_has_lost) {
  ASSERT_TRUE(decide(text, {}));
  EXPECT_EQ(steps.steps.at(0).changes.at(0).kind, ChangeKind::hash_remove);
}

TEST_F(RequeueSteps, leave_what_is_young_or_not_understood) {
  ASSERT_TRUE(decide(text, 1'795'787'941));
  ASSERT_TRUE(decide("garbage", long_ago));
  ASSERT_TRUE(decide("[" + message + R"(, "exchange", "mail"])", long_ago));
  EXPECT_THAT(steps.steps, IsEmpty());
  EXPECT_TRUE(steps.told("within the last minute"));
  EXPECT_TRUE(steps.told("not what kombu writes"));
  EXPECT_TRUE(steps.told("bound to its exchange"));
}

TEST_F(RequeueSteps, are_made_only_where_no_worker_can_have_the_messages) {
  EXPECT_EQ(rules.closed({true, 0, 0}, true), "");
  EXPECT_NE(rules.closed({false, 0, 0}, true), "");
  EXPECT_NE(rules.closed({true, 1, 0}, true), "");
  EXPECT_NE(rules.closed({true, 0, 1}, true), "");
  EXPECT_NE(rules.closed({true, 0, 0}, false), "");
  const CeleryPolicy cautious;
  EXPECT_THAT(std::string(RequeueRules(steps, cautious, now).closed({true, 0, 0}, true)),
              testing::HasSubstr("--requeue"));
}

}  // namespace
}  // namespace headroom::plan::celery
