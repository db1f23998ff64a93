#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <string>
#include <vector>

#include "family/snapshot_kit.h"

/// Facts: bull-bullmq.md 1.1 to 1.3, 2 and 5, where the libraries' scripts were read and run.
namespace headroom::family {
namespace {

using std::chrono::hours;
using test::moment;
using test::Snapshot;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

/// "kind owner keys bytes" of each row.
std::vector<std::string> rows(const Prover::Proved& proved) {
  std::vector<std::string> all;
  for (const auto& row : proved.debris)
    all.push_back(fmt::format("{} {} {} {}", row.kind, row.owner, row.keys.value, row.bytes.value));
  return all;
}

class BullProofTest : public testing::Test {
 protected:
  Prover::Proved prove(ProofLimits limits = {.again = true}) {
    return snapshot.prove(proofs::known_proofs(), limits);
  }
  std::vector<std::string> found() { return rows(prove()); }
  std::vector<std::string> examples(std::string_view kind) {
    for (const auto& row : prove().debris)
      if (row.kind == kind) return row.examples;
    return {};
  }
  Snapshot snapshot;
};

TEST_F(BullProofTest, a_job_in_any_container_of_its_queue_is_no_debris) {
  snapshot.queue("bull:mail");
  snapshot.list("bull:mail:wait", {"1"});
  snapshot.list("bull:mail:active", {"2"});
  snapshot.list("bull:mail:paused", {});
  snapshot.zset("bull:mail:delayed", {"3", "repeat:daily:1800000600000"});
  snapshot.zset("bull:mail:prioritized", {"4"});
  snapshot.zset("bull:mail:waiting-children", {"5"});
  snapshot.zset("bull:mail:completed", {"6"});
  snapshot.zset("bull:mail:failed", {"order-7"});
  snapshot.zset("bull:mail:repeat", {"daily"}, 1'800'000'600'000);
  snapshot.hash("bull:mail:repeat:daily", {{"name", "report"}, {"pattern", "0 6 * * *"}, {"data", "{}"}});
  for (const char* id : {"1", "2", "3", "4", "5", "6", "order-7", "repeat:daily:1800000600000"})
    snapshot.job(std::string("bull:mail:") + id);
  const auto proved = prove();
  EXPECT_THAT(rows(proved), IsEmpty());
  EXPECT_THAT(proved.not_proved, IsEmpty());
}

TEST_F(BullProofTest, a_job_that_nothing_names_is_orphaned_and_shown_by_name) {
  snapshot.queue("bull:mail");
  snapshot.list("bull:mail:wait", {"1"});
  snapshot.job("bull:mail:1");
  snapshot.job("bull:mail:2").bytes = 300;
  snapshot.job("bull:mail:order-77").bytes = 200;
  EXPECT_THAT(found(), ElementsAre("orphaned-job bull:mail 2 500"));
  EXPECT_THAT(examples("orphaned-job"), UnorderedElementsAre("bull:mail:2", "bull:mail:order-77"));
  EXPECT_EQ(prove().debris[0].certainty, Certainty::proved);
  EXPECT_EQ(prove().debris[0].family, "bullmq");
}

TEST_F(BullProofTest, one_reading_names_the_numbers_and_counts_all) {
  snapshot.queue("bull:mail");
  snapshot.job("bull:mail:2");
  snapshot.job("bull:mail:order-77");
  const auto proved = prove({.again = false});
  EXPECT_EQ(snapshot.passes, 1u);
  EXPECT_THAT(rows(proved), ElementsAre("orphaned-job bull:mail 2 200"));
  EXPECT_THAT(proved.debris[0].examples, ElementsAre("bull:mail:2"));
}

TEST_F(BullProofTest, another_reading_only_where_names_are_wanting) {
  snapshot.queue("bull:mail");
  for (const char* id : {"1", "2", "3", "order-4"}) snapshot.job(std::string("bull:mail:") + id);
  prove();
  EXPECT_EQ(snapshot.passes, 1u);
}

TEST_F(BullProofTest, the_order_of_keys_changes_nothing) {
  snapshot.queue("bull:mail");
  snapshot.zset("bull:mail:completed", {"1", "gone", "user:42:logs"});
  snapshot.job("bull:mail:1");
  snapshot.job("bull:mail:2");
  snapshot.job("bull:mail:user:42:logs");
  snapshot.list("bull:mail:9:logs", {"line"});
  snapshot.string("bull:mail:de:x", "9");
  const auto expected = found();
  EXPECT_THAT(expected, ElementsAre("dangling-id bull:mail 1 0", "orphaned-job bull:mail 1 100",
                                    "orphaned-subkey bull:mail 1 100", "stale-dedup bull:mail 1 100"));
  snapshot.reverse();
  EXPECT_EQ(found(), expected);
  for (unsigned seed = 0; seed < 20; ++seed) {
    snapshot.shuffle(seed);
    EXPECT_EQ(found(), expected) << seed;
    EXPECT_EQ(rows(prove({.again = false})), expected) << seed;
  }
}

TEST_F(BullProofTest, nothing_is_a_queue_by_one_key_alone) {
  snapshot.string("shop:id", "7");
  snapshot.job("shop:1");
  snapshot.zset("stats:completed", {"a", "b"});
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(BullProofTest, an_id_whose_hash_is_gone_is_told_apart_by_what_happens_to_it) {
  snapshot.queue("bull:mail");
  snapshot.zset("bull:mail:completed", {"1"});
  snapshot.zset("bull:mail:failed", {"2", "late"});
  snapshot.list("bull:mail:wait", {"3", "soon"});
  snapshot.zset("bull:mail:delayed", {"4"});
  snapshot.zset("bull:mail:prioritized", {"5"});
  EXPECT_THAT(found(), ElementsAre("dangling-id bull:mail 3 0", "dangling-waiting bull:mail 4 0"));
  EXPECT_THAT(examples("dangling-id"), UnorderedElementsAre("bull:mail:1", "bull:mail:2", "bull:mail:late"));
}

TEST_F(BullProofTest, a_hash_that_has_expired_is_gone_and_one_that_will_is_not) {
  snapshot.queue("bull:mail");
  snapshot.zset("bull:mail:completed", {"1", "2"});
  snapshot.job("bull:mail:1").expires_at = moment;
  snapshot.job("bull:mail:2").expires_at = moment + hours(1);
  EXPECT_THAT(found(), ElementsAre("dangling-id bull:mail 1 0"));
}

TEST_F(BullProofTest, markers_of_versions_4_and_5_0_in_the_lists_are_no_ids) {
  snapshot.queue("bull:mail", "7", "bullmq:4.18.3");
  snapshot.list("bull:mail:wait", {"0:1795000000000"});
  snapshot.list("bull:mail:active", {"0:0"});
  snapshot.zset("bull:mail:marker", {"0"});
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(BullProofTest, an_id_in_stalled_or_held_back_by_a_limit_alone_is_not_judged) {
  snapshot.queue("bull:mail");
  snapshot.set("bull:mail:stalled", {"1", "gone"});
  snapshot.job("bull:mail:1");
  snapshot.set("bull:mail:limiter:ann:limited", {"2"});
  snapshot.job("bull:mail:2");
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(BullProofTest, a_hash_without_any_field_of_a_job_is_a_stub) {
  snapshot.queue("bull:mail");
  snapshot.zset("bull:mail:completed", {"1"});
  snapshot.hash("bull:mail:1", {{"processedOn", "1"}, {"ats", "1"}, {"returnvalue", "null"}});
  snapshot.hash("bull:mail:charge-1", {{"failedReason", "x"}, {"stacktrace", "[]"}});
  EXPECT_THAT(found(), ElementsAre("stub-job bull:mail 2 200"));
}

TEST_F(BullProofTest, one_id_in_two_states) {
  snapshot.queue("bull:mail", "2");
  snapshot.list("bull:mail:wait", {"1", "2", "a"});
  snapshot.zset("bull:mail:completed", {"1", "a"});
  for (const char* id : {"1", "2", "a"}) snapshot.job(std::string("bull:mail:") + id);
  EXPECT_THAT(found(), ElementsAre("id-in-two-states bull:mail 2 0"));
  EXPECT_THAT(examples("id-in-two-states"), UnorderedElementsAre("bull:mail:1", "bull:mail:a"));
}

TEST_F(BullProofTest, parts_of_a_job_that_is_gone_or_orphaned) {
  snapshot.queue("bull:mail");
  snapshot.list("bull:mail:wait", {"1"});
  snapshot.job("bull:mail:1");
  snapshot.list("bull:mail:1:logs", {"line"});
  snapshot.set("bull:mail:1:dependencies", {"bull:mail:8"});
  snapshot.job("bull:mail:2");  // orphaned
  snapshot.list("bull:mail:2:logs", {"line"});
  snapshot.list("bull:mail:a:logs", {"line"});
  snapshot.set("bull:mail:a:dependencies", {"bull:mail:8"});
  snapshot.hash("bull:mail:a:processed", {{"bull:mail:8", "1"}});
  snapshot.hash("bull:mail:a:failed", {{"bull:mail:8", "1"}});
  snapshot.zset("bull:mail:a:unsuccessful", {"bull:mail:8"});
  EXPECT_THAT(found(), ElementsAre("orphaned-job bull:mail 1 100", "orphaned-subkey bull:mail 6 600"));
  EXPECT_THAT(examples("orphaned-subkey"), testing::Contains("bull:mail:2:logs"));
}

TEST_F(BullProofTest, a_set_that_names_no_children_is_an_applications_own) {
  snapshot.queue("bull:mail");
  snapshot.set("bull:mail:lib:dependencies", {"left-pad", "lodash"});
  snapshot.zset("bull:mail:lib:unsuccessful", {"left-pad"});
  EXPECT_THAT(found(), IsEmpty());
  snapshot.set("bull:mail:a:dependencies", {"bull:mail:8", "bull:mail:9"});
  EXPECT_THAT(found(), ElementsAre("orphaned-subkey bull:mail 1 100"));
  EXPECT_THAT(examples("orphaned-subkey"), ElementsAre("bull:mail:a:dependencies"));
}

TEST_F(BullProofTest, a_job_that_a_worker_holds_is_no_debris) {
  snapshot.queue("bull:mail");
  snapshot.bull_queue("bull:post");
  for (const char* id : {"bull:mail:7", "bull:mail:order:a", "bull:post:7"}) {
    snapshot.job(id);
    snapshot.list(std::string(id) + ":logs", {"line"});
    snapshot.string(std::string(id) + ":lock", "token").expires_at = moment + hours(1);
  }
  snapshot.string("bull:mail:8:lock", "token");  // of no job
  snapshot.string("lock", "x");
  snapshot.string("my:lock", "x");
  EXPECT_THAT(found(), IsEmpty());
  for (auto& key : snapshot.keys())
    if (key.name.ends_with(":lock")) key.expires_at = moment - hours(1);
  EXPECT_THAT(found(), ElementsAre("orphaned-job bull:mail 2 200", "orphaned-subkey bull:mail 2 200",
                                   "orphaned-job bull:post 1 100", "orphaned-subkey bull:post 1 100"));
}

TEST_F(BullProofTest, a_job_may_be_named_like_a_part_of_another) {
  snapshot.queue("bull:mail", "9", "bullmq:4.18.3");
  const std::vector<std::string> ids = {
      "user:42:logs", "user:failed", "x:processed", "a:meta", "b:limiter:index", "repeat:x",
      "dn:7",         "de:8",        "wait",        "7:lock", "c:metrics:failed"};
  snapshot.zset("bull:mail:completed", ids);
  for (const auto& id : ids) snapshot.job("bull:mail:" + id);
  EXPECT_THAT(found(), IsEmpty());
  snapshot.keys().clear();
  snapshot.queue("bull:mail", "9", "bullmq:4.18.3");
  for (const auto& id : ids) snapshot.job("bull:mail:" + id);
  EXPECT_THAT(found(), ElementsAre("orphaned-job bull:mail 11 1100"));
}

TEST_F(BullProofTest, ids_with_colons_belong_to_the_longest_queue_above_them) {
  snapshot.bull_queue("bull:mail");
  snapshot.bull_queue("bull:mail:eu");
  snapshot.zset("bull:mail:completed", {"eu:1", "a:b:c:d"});
  snapshot.list("bull:mail:eu:wait", {"2"});
  for (const char* name :
       {"bull:mail:eu:1", "bull:mail:a:b:c:d", "bull:mail:eu:2", "bull:mail:eu:3", "bull:mail:us:4"})
    snapshot.job(name);
  EXPECT_THAT(found(), ElementsAre("orphaned-job bull:mail 1 100", "orphaned-job bull:mail:eu 1 100"));
}

TEST_F(BullProofTest, names_of_queues_may_hold_anything) {
  for (const char* root :
       {"{app}:mail", "bull:{mail}", "bull:7", "bull:wait", "bull:failed", "bull:meta", "bull:de",
        "bull:repeat", "bull:trailing:", "bull:with space", "app:prod:orders", "bull:dn"}) {
    snapshot.queue(root);
    snapshot.zset(std::string(root) + ":completed", {"1", "x"});
    for (const char* id : {":1", ":x", ":2", ":y"}) snapshot.job(std::string(root) + id);
  }
  const auto all = found();
  EXPECT_EQ(all.size(), 12u);
  EXPECT_THAT(all, testing::Each(AllOf(HasSubstr("orphaned-job "), HasSubstr(" 2 200"))));
}

TEST_F(BullProofTest, bull_and_bullmq_share_a_prefix_and_are_told_apart) {
  snapshot.queue("bull:mail");
  snapshot.bull_queue("bull:old");
  snapshot.string("bull:old:meta-paused", "1");
  snapshot.job("bull:mail:1");
  snapshot.job("bull:old:1");
  const auto proved = prove();
  ASSERT_THAT(rows(proved), ElementsAre("orphaned-job bull:mail 1 100", "orphaned-job bull:old 1 100"));
  EXPECT_EQ(proved.debris[0].family, "bullmq");
  EXPECT_EQ(proved.debris[1].family, "bull");
}

TEST_F(BullProofTest, databases_are_apart) {
  snapshot.queue("bull:mail");
  snapshot.list("bull:mail:wait", {"1"});
  snapshot.job("bull:mail:1").db = 1;
  EXPECT_THAT(found(), ElementsAre("dangling-waiting bull:mail 1 0"));
}

TEST_F(BullProofTest, numbers_are_ids_only_as_they_are_written) {
  snapshot.queue("bull:mail", "9999999999999999999");
  const std::vector<std::string> ids = {
      "7", "007", "0", "00", "18446744073709551616", "99999999999999999999", "-1", "7 "};
  snapshot.zset("bull:mail:completed", ids);
  for (const auto& id : ids) snapshot.job("bull:mail:" + id);
  EXPECT_THAT(found(), IsEmpty());
  snapshot.keys().back().name = "bull:mail:07";  // not "7 "
  EXPECT_THAT(found(), ElementsAre("dangling-id bull:mail 1 0", "orphaned-job bull:mail 1 100"));
}

TEST_F(BullProofTest, a_deduplication_key_without_ttl_is_stale_when_its_job_is_gone_or_a_stub) {
  snapshot.queue("bull:mail");
  snapshot.list("bull:mail:wait", {"1", "x:1"});
  snapshot.job("bull:mail:1");
  snapshot.job("bull:mail:x:1");
  snapshot.zset("bull:mail:completed", {"ran"});
  snapshot.hash("bull:mail:ran", {{"processedOn", "1"}});
  snapshot.string("bull:mail:de:a", "1");
  snapshot.string("bull:mail:de:b:c", "x:1");
  snapshot.string("bull:mail:de:d", "gone");
  snapshot.string("bull:mail:de:e", "ran");
  snapshot.string("bull:mail:de:f", "gone").expires_at = moment + hours(1);
  EXPECT_THAT(found(), ElementsAre("stale-dedup bull:mail 2 200", "stub-job bull:mail 1 100"));
  EXPECT_THAT(examples("stale-dedup"), UnorderedElementsAre("bull:mail:de:d", "bull:mail:de:e"));
}

TEST_F(BullProofTest, a_job_to_follow_its_equal_is_reported_when_nothing_leads_to_it) {
  snapshot.queue("bull:mail");
  const std::vector<Snapshot::Piece> fields = {{"name", "n"}, {"data", "{}"}, {"opts", "{}"}, {"jid", "4"}};
  snapshot.hash("bull:mail:dn:import", fields);
  snapshot.hash("bull:mail:dn:other", fields);
  snapshot.string("bull:mail:de:other", "1").expires_at = moment + hours(1);
  EXPECT_THAT(found(), ElementsAre("pending-dedup bull:mail 1 100"));
  EXPECT_THAT(examples("pending-dedup"), ElementsAre("bull:mail:dn:import"));
}

TEST_F(BullProofTest, a_scheduler_whose_next_run_is_in_no_state_is_dead) {
  snapshot.queue("bull:mail");
  snapshot.zset("bull:mail:repeat", {"poll", "a:b"}, 1'800'000'600'000);
  snapshot.hash("bull:mail:repeat:poll", {{"name", "poll"}, {"every", "1000"}});
  snapshot.hash("bull:mail:repeat:a:b", {{"name", "poll"}, {"every", "1000"}});
  snapshot.zset("bull:mail:delayed", {"repeat:a:b:1800000600000"});
  snapshot.job("bull:mail:repeat:a:b:1800000600000");
  EXPECT_THAT(found(), ElementsAre("dead-scheduler bull:mail 1 0"));
  EXPECT_THAT(examples("dead-scheduler"), ElementsAre("bull:mail:repeat:poll"));
}

TEST_F(BullProofTest, repeatables_of_version_4_are_legacy_under_6_and_suspected_under_4_but_not_of_bull) {
  const auto with = [&](const std::string& version) {
    snapshot.keys().clear();
    snapshot.queue("bull:mail", "9", version);
    snapshot.zset("bull:mail:repeat", {"weekly:::Europe/Berlin:15 7 * * 1"}, 1'800'000'600'000);
    snapshot.zset("bull:mail:delayed", {"repeat:7e9e05e47cdf4ec5984ffa0dcb82e0bf:1800000600000"});
    snapshot.job("bull:mail:repeat:7e9e05e47cdf4ec5984ffa0dcb82e0bf:1800000600000");
    return found();
  };
  EXPECT_THAT(with("bullmq:6.7.0"), ElementsAre("legacy-repeatable bull:mail 1 0"));
  EXPECT_EQ(prove().debris[0].certainty, Certainty::proved);
  EXPECT_THAT(with("bullmq:4.18.3"), ElementsAre("legacy-repeatable bull:mail 1 0"));
  EXPECT_EQ(prove().debris[0].certainty, Certainty::suspected);
  snapshot.keys().erase(snapshot.keys().begin() + 1, snapshot.keys().begin() + 3);  // meta, events
  snapshot.string("bull:mail:stalled-check", "1");
  EXPECT_THAT(found(), ElementsAre());
}

TEST_F(BullProofTest, the_priority_index_is_legacy_from_4_on_unless_one_of_its_jobs_waits) {
  const auto with = [&](const std::string& version, const std::vector<std::string>& waiting) {
    snapshot.keys().clear();
    snapshot.queue("bull:mail", "9", version);
    snapshot.zset("bull:mail:priority", {"1", "x"}, 1).bytes = 70;
    snapshot.list("bull:mail:wait", waiting);
    for (const auto& id : waiting) snapshot.job("bull:mail:" + id);
    return found();
  };
  EXPECT_THAT(with("bullmq:5.81.5", {"2"}), ElementsAre("legacy-priority bull:mail 1 70"));
  EXPECT_THAT(with("bullmq:5.81.5", {"2", "x"}), IsEmpty());
  EXPECT_THAT(with("bullmq:3.16.2", {"2"}), IsEmpty());
}

TEST_F(BullProofTest, the_stream_that_woke_version_1) {
  snapshot.queue("bull:mail");
  snapshot.add("bull:mail:delay", KeyType::stream, {{"1795000000000-0"}}).bytes = 50;
  EXPECT_THAT(found(), ElementsAre("legacy-delay-stream bull:mail 1 50"));
  // `meta` names the last that opened the queue: a worker of version 1 may still wait for the stream.
  EXPECT_EQ(prove().debris[0].certainty, Certainty::suspected);
  for (const char* later : {"marker", "prioritized"}) {
    snapshot.zset(std::string("bull:mail:") + later, {"0"});
    snapshot.job("bull:mail:0");
    EXPECT_EQ(prove().debris[0].certainty, Certainty::proved) << later;
    snapshot.keys().resize(snapshot.keys().size() - 2);
  }
  snapshot.string("bull:mail:pc", "1");
  EXPECT_EQ(prove().debris[0].certainty, Certainty::proved);
  snapshot.keys().pop_back();
  snapshot.keys()[1].pieces.clear();  // no version in `meta`
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(BullProofTest, jobs_in_paused_are_hidden_from_version_6_and_wherever_the_queue_is_not_paused) {
  snapshot.queue("bull:mail", "9", "bullmq:5.81.5");
  snapshot.list("bull:mail:paused", {"1", "2"});
  snapshot.job("bull:mail:1");
  snapshot.job("bull:mail:2");
  EXPECT_THAT(found(), ElementsAre("hidden-paused bull:mail 2 0"));
  snapshot.keys()[1].pieces.push_back({"paused", "1"});
  EXPECT_THAT(found(), IsEmpty());
  snapshot.keys()[1].pieces[1].value = "bullmq:6.7.0";
  EXPECT_THAT(found(), ElementsAre("hidden-paused bull:mail 2 0"));
  EXPECT_THAT(examples("hidden-paused"), ElementsAre("bull:mail:paused"));
}

TEST_F(BullProofTest, a_queue_of_bull_that_is_paused_hides_nothing) {
  snapshot.bull_queue("bull:mail");
  snapshot.string("bull:mail:meta-paused", "1");
  snapshot.list("bull:mail:paused", {"1"});
  snapshot.job("bull:mail:1");
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(BullProofTest, a_counter_below_an_id_in_use) {
  snapshot.queue("bull:mail", "2");
  snapshot.zset("bull:mail:completed", {"1", "2", "30"});
  for (const char* id : {"1", "2", "30"}) snapshot.job(std::string("bull:mail:") + id);
  EXPECT_THAT(found(), ElementsAre("counter-behind bull:mail 1 0"));
  EXPECT_EQ(prove().debris[0].certainty, Certainty::proved);
  snapshot.keys()[0].pieces[0].name = "30";
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(BullProofTest, bull_lets_applications_choose_numbers_so_the_counter_is_only_suspected) {
  snapshot.bull_queue("bull:mail", "2");
  snapshot.zset("bull:mail:completed", {"30"});
  snapshot.job("bull:mail:30");
  ASSERT_THAT(found(), ElementsAre("counter-behind bull:mail 1 0"));
  EXPECT_EQ(prove().debris[0].certainty, Certainty::suspected);
}

TEST_F(BullProofTest, jobs_without_a_counter) {
  snapshot.queue("bull:mail");
  snapshot.keys().erase(snapshot.keys().begin());
  snapshot.zset("bull:mail:delayed", {"repeat:daily:1800000600000"});
  snapshot.job("bull:mail:repeat:daily:1800000600000");
  EXPECT_THAT(found(), IsEmpty());  // runs of schedulers do not raise it
  snapshot.zset("bull:mail:waiting-children", {"order-1"});
  snapshot.job("bull:mail:order-1");
  EXPECT_THAT(found(), ElementsAre("counter-missing bull:mail 1 0"));
}

TEST_F(BullProofTest, a_ttl_on_what_must_not_expire) {
  snapshot.queue("bull:mail");
  snapshot.list("bull:mail:wait", {"1"}).expires_at = moment + hours(1);
  snapshot.job("bull:mail:1").expires_at = moment + hours(1);
  snapshot.zset("bull:mail:completed", {"2"});
  snapshot.job("bull:mail:2").expires_at = moment + hours(1);  // finished: may go
  snapshot.hash("bull:mail:repeat:daily", {{"name", "x"}}).expires_at = moment + hours(1);
  snapshot.keys()[0].expires_at = moment + hours(1);
  snapshot.string("bull:mail:limiter", "1").expires_at = moment + hours(1);
  snapshot.string("bull:mail:stalled-check", "1").expires_at = moment + hours(1);
  EXPECT_THAT(found(), ElementsAre("ttl-on-infrastructure bull:mail 4 400"));
  EXPECT_THAT(examples("ttl-on-infrastructure"),
              ElementsAre("bull:mail:wait", "bull:mail:id", "bull:mail:1"));
}

class AbandonedQueueTest : public BullProofTest {
 protected:
  AbandonedQueueTest() {
    snapshot.queue("bull:mail");
    last_event(moment - hours(24 * 31));
  }
  void last_event(std::chrono::milliseconds at) {
    snapshot.keys()[2].pieces = {{"1000-0"}, {std::to_string(at.count()) + "-5"}};
  }
};

TEST_F(AbandonedQueueTest, nothing_but_residue_for_thirty_days) {
  EXPECT_THAT(found(), ElementsAre("abandoned-queue bull:mail 3 300"));
  EXPECT_THAT(examples("abandoned-queue"), ElementsAre("bull:mail:id", "bull:mail:meta", "bull:mail:events"));
}
TEST_F(AbandonedQueueTest, not_while_something_happened_lately) {
  last_event(moment - hours(24 * 29));
  EXPECT_THAT(found(), IsEmpty());
}
TEST_F(AbandonedQueueTest, not_while_a_worker_lives) {
  snapshot.string("bull:mail:stalled-check", "1").expires_at = moment + hours(1);
  EXPECT_THAT(found(), IsEmpty());
}
TEST_F(AbandonedQueueTest, a_worker_that_is_gone_left_a_heartbeat_that_expired) {
  snapshot.string("bull:mail:stalled-check", "1").expires_at = moment - hours(1);
  EXPECT_THAT(found(), ElementsAre("abandoned-queue bull:mail 3 300"));
}
TEST_F(AbandonedQueueTest, not_with_jobs_finished_jobs_or_a_schedule) {
  for (const char* state : {"delayed", "completed"}) {
    snapshot.zset(std::string("bull:mail:") + state, {"1"}, 1000);
    snapshot.job("bull:mail:1");
    EXPECT_THAT(found(), IsEmpty()) << state;
    snapshot.keys().resize(3);
  }
  snapshot.zset("bull:mail:repeat", {"a:b:c:d:e"});
  EXPECT_THAT(found(), ElementsAre("legacy-repeatable bull:mail 1 0"));
}
TEST_F(AbandonedQueueTest, not_where_nothing_tells_when_it_was_last_used_or_metrics_tell_otherwise) {
  snapshot.keys()[2].pieces.clear();
  EXPECT_THAT(found(), IsEmpty());
  last_event(moment - hours(24 * 31));
  snapshot.hash("bull:mail:metrics:completed",
                {{"count", "1"}, {"prevTS", std::to_string((moment - hours(1)).count())}});
  EXPECT_THAT(found(), IsEmpty());
}
TEST_F(AbandonedQueueTest, not_where_the_counter_was_touched_lately) {
  snapshot.keys()[0].idle = hours(1);
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(BullProofTest, closed_world_a_container_of_no_known_name_forbids_every_verdict_on_jobs) {
  snapshot.queue("bull:mail");
  snapshot.queue("bull:other");
  snapshot.job("bull:mail:1");
  snapshot.job("bull:other:1");
  snapshot.list("bull:mail:something:new", {"1"});
  const auto proved = prove();
  EXPECT_THAT(rows(proved), ElementsAre("orphaned-job bull:other 1 100"));
  ASSERT_EQ(proved.not_proved.size(), 1u);
  EXPECT_EQ(proved.not_proved[0].owner, "bull:mail");
  EXPECT_THAT(proved.not_proved[0].why, HasSubstr("read only"));
}

TEST_F(BullProofTest, closed_world_a_state_of_a_queue_that_is_none_is_such_a_container) {
  snapshot.queue("bull:mail");
  snapshot.job("bull:mail:1");
  snapshot.list("bull:mail:x:y:wait", {"1"});
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(BullProofTest, bullmq_pro_is_never_judged) {
  snapshot.queue("bull:mail", "9", "bullmq-pro:7.48.0");
  snapshot.queue("bull:groups");
  snapshot.zset("bull:groups:groups", {"ann"});
  snapshot.job("bull:mail:1");
  snapshot.job("bull:groups:1");
  const auto proved = prove();
  EXPECT_THAT(rows(proved), IsEmpty());
  EXPECT_EQ(proved.not_proved.size(), 2u);
}

TEST_F(BullProofTest, messages_between_processes_of_version_6_are_no_containers_of_a_queue) {
  snapshot.queue("bull:mail");
  snapshot.set("bull::relay:namespaces", {"x"});
  snapshot.job("bull:mail:1");
  EXPECT_THAT(found(), ElementsAre("orphaned-job bull:mail 1 100"));
}

TEST_F(BullProofTest, what_it_settles_is_no_longer_suspected) {
  std::vector<std::string> kinds;
  for (const auto& one : prove().settled) kinds.push_back(fmt::format("{} {}", one.family, one.kind));
  EXPECT_THAT(kinds, testing::IsSupersetOf({"bull stub", "bullmq stub", "bullmq legacy-priority"}));
}

TEST_F(BullProofTest, hashes_of_an_application_under_the_name_of_a_queue_are_no_jobs_and_keep_their_parts) {
  snapshot.queue("app:users");
  snapshot.hash("app:users:42", {{"email", "a@b.c"}, {"age", "7"}});
  snapshot.hash("app:users:43", {{"name", "bob"}, {"data", "x"}});
  snapshot.hash("app:users:groups:active:count", {{"g1", "2"}});
  snapshot.hash("app:users:repeat:poll", {{"every", "1000"}});
  snapshot.list("app:users:42:logs", {"login"});
  snapshot.hash("app:users:77:failed", {{"count", "3"}});
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(BullProofTest, a_waiting_job_whose_id_begins_like_a_marker_is_live) {
  snapshot.queue("bull:mail");
  snapshot.list("bull:mail:wait", {"0:a:b", "0:1800000600000"});
  snapshot.job("bull:mail:0:a:b");
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(BullProofTest, an_old_stream_of_an_application_is_no_abandoned_queue) {
  snapshot.string("shop:orders:id", "17");
  snapshot.add("shop:orders:events", KeyType::stream, {{"1700000000000-0"}});
  snapshot.hash("shop:orders:meta", {{"currency", "EUR"}});
  EXPECT_THAT(found(), IsEmpty());
}

}  // namespace
}  // namespace headroom::family
