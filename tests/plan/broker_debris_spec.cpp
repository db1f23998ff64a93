#include "plan/celery/broker_debris.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "recorded_steps.h"

namespace headroom::plan::celery {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using testing::ElementsAre;
using testing::IsEmpty;

const std::string oid = "363dd39b-aaaf-3126-9774-073dda62525a", sep = "\x06\x16";
const std::string reply_list = oid + ".reply.celery.pidbox", event_list = "celeryev." + oid;
const std::string reply_member = oid + sep + sep + reply_list,
                  event_member = "worker.#" + sep + sep + event_list;
const std::string node_member = sep + sep + "w1@vm.celery.pidbox";

class BrokerDebrisSteps : public testing::Test {
 protected:
  void broker(BrokerState state, std::string prefix = {}) {
    rules.broker({0, std::move(prefix)}, std::move(state));
  }
  Result<bool> list(std::string_view key, std::chrono::seconds idle, std::uint64_t bytes = 900) {
    return rules.list(0, key, idle, Bytes{bytes});
  }
  void finish() {
    EXPECT_TRUE(rules.bindings());
    rules.finish();
  }
  test::RecordedSteps steps;
  CeleryPolicy policy;
  bool seen_before = false;
  BrokerDebris rules{steps, policy, [this](const BrokerName&, std::string_view) { return seen_before; }};
};

TEST_F(BrokerDebrisSteps, remove_a_list_of_answers_that_is_bound_to_nobody) {
  broker({});
  ASSERT_TRUE(list(reply_list, 15min));
  const Step& step = steps.steps.at(0);
  EXPECT_THAT(step.keys, ElementsAre(reply_list, "_kombu.binding.reply.celery.pidbox"));
  ASSERT_EQ(step.checks.size(), 3U);
  EXPECT_EQ(step.checks[0].kind, CheckKind::idle_at_least);
  EXPECT_EQ(step.checks[0].number, 900);
  EXPECT_EQ(step.checks[1].text, "list");
  EXPECT_EQ(step.checks[2].kind, CheckKind::no_member);
  EXPECT_EQ(step.checks[2].text, reply_member);
  EXPECT_EQ(step.changes.size(), 1U);
}

TEST_F(BrokerDebrisSteps, remove_a_bound_list_that_nobody_reads_with_its_member) {
  broker({{{reply_member}, 0s}, {}, {}, false});
  ASSERT_TRUE(list(reply_list, 15min));
  finish();
  ASSERT_EQ(steps.steps.size(), 1U);
  EXPECT_EQ(steps.steps[0].checks.at(2).kind, CheckKind::member);
  ASSERT_EQ(steps.steps[0].changes.size(), 2U);
  EXPECT_EQ(steps.steps[0].changes[1].kind, ChangeKind::set_remove);
  EXPECT_EQ(steps.steps[0].changes[1].member, reply_member);
}

TEST_F(BrokerDebrisSteps, leave_answers_that_a_client_may_still_read) {
  broker({{{reply_member}, 0s}, {}, {}, false});
  ASSERT_TRUE(list(reply_list, 899s));
  finish();
  EXPECT_THAT(steps.steps, IsEmpty());
  EXPECT_TRUE(steps.told("may still read"));
  EXPECT_TRUE(steps.told("ten minutes after"));
}

TEST_F(BrokerDebrisSteps, take_a_member_out_that_an_earlier_plan_has_seen) {
  seen_before = true;
  broker({{{reply_member}, 0s}, {}, {}, false});
  finish();
  ASSERT_EQ(steps.steps.size(), 1U);
  EXPECT_THAT(steps.steps[0].keys, ElementsAre("_kombu.binding.reply.celery.pidbox"));
  EXPECT_EQ(steps.steps[0].checks.at(0).kind, CheckKind::member);
}

TEST_F(BrokerDebrisSteps, take_all_members_out_of_a_binding_that_nobody_used) {
  broker({{{reply_member, "x" + sep + sep + "x"}, 15min}, {}, {}, false});
  finish();
  EXPECT_EQ(steps.steps.size(), 2U);
}

TEST_F(BrokerDebrisSteps, take_workers_out_of_bindings_only_when_none_is_there) {
  broker({{}, {{event_member}, 0s}, {{node_member}, 0s}, false});
  finish();
  EXPECT_THAT(steps.steps, IsEmpty());
  broker({{}, {{event_member}, 0s}, {{node_member}, 0s}, true});
  finish();
  ASSERT_EQ(steps.steps.size(), 2U);
  EXPECT_EQ(steps.steps[0].changes.at(0).member, event_member);
  EXPECT_EQ(steps.steps[1].changes.at(0).member, node_member);
}

TEST_F(BrokerDebrisSteps, remove_lists_of_events_and_of_rpc_when_nobody_uses_them) {
  broker({});
  ASSERT_TRUE(list(event_list, 15min));
  ASSERT_TRUE(list(oid, 2h));
  EXPECT_THAT(steps.keys("kombu-event-lists"), ElementsAre(event_list));
  EXPECT_THAT(steps.keys("kombu-rpc-lists"), ElementsAre(oid));
  ASSERT_TRUE(list(oid, 2h - 1s));
  EXPECT_EQ(steps.steps.size(), 2U);
}

TEST_F(BrokerDebrisSteps, tell_of_event_lists_that_still_grow) {
  broker({{}, {{event_member}, 0s}, {}, false});
  ASSERT_TRUE(list(event_list, 3s, 112U << 20U));
  finish();
  EXPECT_THAT(steps.steps, IsEmpty());
  EXPECT_EQ(steps.left_for("no listener of Celery reads lists"), 1U);
}

// UNDO-4: what is too large to be journaled is put aside
TEST_F(BrokerDebrisSteps, put_large_lists_aside_by_renaming) {
  broker({});
  ASSERT_TRUE(list(reply_list, 15min, 112U << 20U));
  EXPECT_EQ(steps.steps.at(0).changes.at(0).kind, ChangeKind::quarantine);
  EXPECT_EQ(steps.rules.at(0).removal, Removal::quarantine);
}

TEST_F(BrokerDebrisSteps, of_a_name_that_is_no_broker_s_are_none) {
  broker({}, "app1:");
  for (const auto& key : {reply_list, event_list, oid, "app2:" + oid}) ASSERT_TRUE(list(key, 240h));
  EXPECT_THAT(steps.steps, IsEmpty());
  ASSERT_TRUE(list("app1:" + reply_list, 15min));
  EXPECT_EQ(steps.steps.at(0).keys.at(1), "app1:_kombu.binding.reply.celery.pidbox");
  EXPECT_EQ(steps.rules.at(0).owner, "app1:");
}

TEST_F(BrokerDebrisSteps, are_none_where_bindings_cannot_be_read) {
  broker({{{oid + "|" + "|" + reply_list}, 15min}, {}, {}, true});
  ASSERT_TRUE(list(reply_list, 240h));
  finish();
  EXPECT_THAT(steps.steps, IsEmpty());
}

TEST_F(BrokerDebrisSteps, drop_what_leads_to_no_message_if_there_are_messages) {
  const std::vector<std::string> tags{"t1", "t2"};
  ASSERT_TRUE(rules.index({0, ""}, tags, 0));
  EXPECT_THAT(steps.steps, IsEmpty());
  ASSERT_TRUE(rules.index({0, ""}, tags, 5));
  ASSERT_EQ(steps.steps.size(), 2U);
  EXPECT_THAT(steps.steps[0].keys, ElementsAre("unacked_index", "unacked"));
  EXPECT_EQ(steps.steps[0].checks.at(1).kind, CheckKind::no_member);
  EXPECT_EQ(steps.steps[0].changes.at(0).kind, ChangeKind::zset_remove);
}

// A197: queues, unacked and the ways to queues are no rubbish, whatever their age
TEST(BrokerListNames, are_none_of_queues_and_bindings) {
  for (const auto& key : {"celery"s, "unacked"s, "_kombu.binding.celery"s, "mail"s + sep + "3", ""s,
                          "059d37b0-3e25-4ecd-b7f6-6b88b3807ba9"s, "x.reply.celery.pidbox"s})
    EXPECT_EQ(list_name(key).kind, ListKind::none) << key;
  EXPECT_EQ(list_name("a:" + oid).kind, ListKind::rpc);
  EXPECT_EQ(list_name("a:" + oid).prefix, 2U);
  EXPECT_EQ(list_name("a:" + event_list).prefix, 2U);
  EXPECT_EQ(list_name("a:" + reply_list).prefix, 2U);
}

}  // namespace
}  // namespace headroom::plan::celery
