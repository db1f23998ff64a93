#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "base/text.h"
#include "kit/producers.h"
#include "planner_kit.h"
#include "wire/connection.h"

// A shop with real Celery workers, some of them killed, and what the planners make of what is left.
namespace headroom::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAreArray;
using Json = nlohmann::json;

class RealCelery : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    server = new RedisServer;
    produced = Json::parse(produce({"celery_producer.py"}, server->url()));
  }
  static void TearDownTestSuite() { delete server; }

  /// Names of what the producer says it left of a kind: keys, or members where it is one in a set.
  static std::vector<std::string> left(std::string_view kind) {
    std::vector<std::string> names;
    for (const auto& row : produced["debris"])
      if (row["kind"] == kind) names.push_back(row.contains("member") ? row["member"] : row["key"]);
    return names;
  }
  static std::uint64_t results_without_ttl(const std::set<std::string>& states) {
    std::uint64_t count = 0;
    for (const auto& row : produced["results"])
      if (states.contains(row["state"])) count += row["without_ttl"].get<std::uint64_t>();
    return count;
  }
  static std::vector<std::string> removed_members(const RecordedSteps& steps) {
    std::vector<std::string> members;
    for (const auto& step : steps.steps)
      for (const auto& change : step.changes)
        if (change.kind == ChangeKind::set_remove) members.push_back(change.member);
    return members;
  }
  /// As if nobody had touched anything but for our own reading.
  static plan::Policy at_once() {
    plan::Policy policy;
    policy.celery.reply_idle = 0s, policy.celery.result_age = 0s;
    return policy;
  }

  static inline RedisServer* server = nullptr;
  static inline Json produced{};
};

const std::set<std::string> final_states{"SUCCESS", "FAILURE", "REVOKED"};

// A184 A197 A214: every result that has ended gets a TTL, and nothing else does
TEST_F(RealCelery, results_without_a_ttl_get_one) {
  const auto steps = planned(*server, "celery_results", {});
  EXPECT_EQ(steps.keys("celery-result-ttl").size(), results_without_ttl(final_states));
  EXPECT_THAT(steps.keys("celery-results"), IsEmpty());
  EXPECT_EQ(steps.left_for("has not ended"), results_without_ttl({"STARTED", "RETRY", "PROGRESS"}));
  for (const auto& step : steps.steps) EXPECT_THAT(step.keys[0], testing::StartsWith("celery-task-meta-"));
}

// A199 A215 A22: past their age those that ended go, those that run stay
TEST_F(RealCelery, results_past_their_age_are_removed) {
  const auto steps = planned(*server, "celery_results", {}, 2h + 60s);
  EXPECT_EQ(steps.keys("celery-results").size(), results_without_ttl(final_states));
  EXPECT_THAT(steps.keys("celery-result-ttl"), IsEmpty());
  for (const auto& key : steps.keys("celery-results")) {
    const auto value = Json::parse(redis_cli(*server, {"GET", key}));
    EXPECT_TRUE(final_states.contains(value["status"])) << key;
  }
}

TEST_F(RealCelery, chords_that_failed_go_and_others_stay) {
  std::vector<std::string> failed;
  for (const auto& chord : produced["chords"])
    for (const auto& row : chord["keys"]) {
      const auto key = row["key"].get<std::string>();
      if (!key.ends_with(".j")) continue;
      make_idle(*server, key, 61s);
      if (chord["state"] == "failed") failed.push_back(key);
    }
  ASSERT_EQ(failed.size(), 1U);
  const auto steps = planned(*server, "celery_chords", {});
  EXPECT_EQ(steps.keys("celery-chords"), failed);
  EXPECT_EQ(steps.left_for("still runs"), 1U);
}

TEST_F(RealCelery, what_dead_clients_and_workers_left_goes) {
  const auto steps = planned(*server, "kombu_replies", at_once());
  EXPECT_THAT(steps.keys("kombu-reply-lists"), UnorderedElementsAreArray(left("leaked_reply_list")));
  EXPECT_THAT(steps.keys("kombu-event-lists"), UnorderedElementsAreArray(left("celeryev_list")));
  EXPECT_THAT(steps.keys("kombu-rpc-lists"), UnorderedElementsAreArray(left("unread_rpc_list")));
  auto members = left("stale_binding");
  for (const std::string exchange : {"celery.pidbox", "celeryev"})
    for (const auto& member : produced["bindings"]["app1:_kombu.binding." + exchange])
      members.push_back(member[0].get<std::string>() + "\x06\x16" + member[1].get<std::string>() +
                        "\x06\x16" + member[2].get<std::string>());
  EXPECT_THAT(removed_members(steps), UnorderedElementsAreArray(members));
}

// A197: queues, their bindings and unacked are not touched, whatever the age and the policy
TEST_F(RealCelery, queues_and_their_bindings_are_never_touched) {
  std::set<std::string> untouchable{"unacked", "app1:unacked"};
  for (const auto& queue : produced["queues"])
    for (const auto& [list, length] : queue["lists"].items()) untouchable.insert(list);
  for (const auto& [binding, members] : produced["bindings"].items())
    if (!binding.ends_with("pidbox") && !binding.ends_with("celeryev")) untouchable.insert(binding);
  for (const auto* name : {"celery_results", "celery_chords", "kombu_replies", "kombu_requeue", "keys"}) {
    auto policy = at_once();
    policy.rules.push_back({"all", "*", {}, {}, {}, {}, false, {}, {}, Removal::journal, {}, {}});
    for (const auto& step : planned(*server, name, policy, 240h).steps)
      for (const auto& change : step.changes)
        EXPECT_TRUE(change.kind == ChangeKind::set_remove || !untouchable.contains(step.keys.at(change.key)))
            << name << ": " << step.keys.at(change.key);
  }
}

TEST_F(RealCelery, messages_of_dead_workers_are_told_and_not_touched_unless_asked_for) {
  const auto steps = planned(*server, "kombu_requeue", {}, 10min);
  EXPECT_THAT(steps.steps, IsEmpty());
  EXPECT_EQ(steps.left_for("--requeue"), produced["unacked"]["hash"].get<std::uint64_t>() +
                                             produced["prefixed_unacked"]["hash"].get<std::uint64_t>());
}

TEST_F(RealCelery, messages_are_left_to_workers_that_may_have_them) {
  plan::Policy policy;
  policy.celery.requeue = true;
  const RedisServer& at = *server;
  const auto client = must(wire::Connection::open(session_at(at).endpoint(), "test"));
  const std::array<std::string_view, 2> listen{"PSUBSCRIBE", "/0.celery.pidbox"};
  client->queue(listen);
  ASSERT_TRUE(client->flush());
  while (redis_cli(at, {"PUBSUB", "NUMPAT"}) != "1") std::this_thread::sleep_for(1ms);
  const auto steps = planned(at, "kombu_requeue", policy, 10min);
  EXPECT_THAT(steps.steps, IsEmpty());
  EXPECT_TRUE(steps.told("only they can tell"));
}

/// The lists that the steps push to, with what they push, in any order.
std::multiset<std::pair<std::string, std::string>> pushed(const RecordedSteps& steps) {
  std::multiset<std::pair<std::string, std::string>> out;
  for (const auto& step : steps.steps)
    for (const auto& change : step.changes)
      if (change.kind == ChangeKind::list_push) out.emplace(step.keys.at(change.key), base64(change.text));
  return out;
}

// Last: kombu empties unacked.
TEST_F(RealCelery, would_give_messages_back_byte_by_byte_as_kombu_does) {
  plan::Policy policy;
  policy.celery.requeue = true;
  const auto ours = pushed(planned(*server, "kombu_requeue", policy, 10min));
  EXPECT_EQ(ours.size(), produced["unacked"]["hash"].get<std::uint64_t>() +
                             produced["prefixed_unacked"]["hash"].get<std::uint64_t>());
  for (const std::string prefix : {"", "app1:"}) {
    const auto restored = Json::parse(produce({"celery_restore.py", "--keyprefix", prefix}, server->url()));
    EXPECT_EQ(restored["unacked"], 0);
    for (const auto& [list, messages] : ours) {
      if (list.starts_with("app1:") != !prefix.empty()) continue;
      ASSERT_TRUE(restored["lists"].contains(list)) << list;
      EXPECT_THAT(restored["lists"][list].get<std::vector<std::string>>(), testing::Contains(messages))
          << list;
    }
  }
}

}  // namespace
}  // namespace headroom::test
