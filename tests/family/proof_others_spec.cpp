#include "family/fed_snapshot.h"

namespace headroom::family {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

// Expected rows follow from reference/celery-kombu-and-others.md, section 12, and from Sidekiq 6.4 and
// Laravel 8.83 as Debian installs them. The snapshot is of 2026-11-27 00:00 UTC.

double seconds(const FedSnapshot& snapshot) { return std::chrono::duration<double>(snapshot.now).count(); }

TEST(SidekiqProof, finds_names_of_processes_whose_heartbeat_expired) {
  FedSnapshot snapshot("sidekiq");
  snapshot.set("processes", {{"vm:27482:eec9844bfbf4"}, {"vm:1:000000000000"}, {"not a process"}})
      .hash("vm:1:000000000000", {{"info", "{}"}}, true)
      .set("shop:processes", {{"vm:1:000000000000"}})  // lives under another name
      .set("processes", {{"vm:1:000000000000"}})
      .in_db(1)
      .prove();
  EXPECT_THAT(snapshot.debris,
              ElementsAre("dead-process-name 2 0 proved", "db1 dead-process-name 1 0 proved"));
}

TEST(SidekiqProof, finds_work_of_dead_processes_that_nothing_will_remove) {
  const std::string work = R"({"queue":"default","payload":"{}","run_at":1})";
  FedSnapshot snapshot("sidekiq");
  snapshot.hash("vm:1:eec9844bfbf4:work", {{"tid", work}})
      .hash("vm:2:eec9844bfbf4:workers", {{"tid", work}}, true)
      .hash("vm:3:eec9844bfbf4:work", {{"tid", work}})
      .hash("vm:3:eec9844bfbf4", {{"info", "{}"}}, true)
      .hash("order:42:202401151234:work", {{"hours", "8"}})  // somebody's own
      .prove();
  EXPECT_THAT(snapshot.debris, ElementsAre("dead-process 1 100 proved"));
  EXPECT_THAT(snapshot.rows[0].examples, ElementsAre("vm:1:eec9844bfbf4:work"));
}

TEST(SidekiqProof, reports_queues_that_the_list_of_queues_does_not_name) {
  const std::string job = R"({"class":"Mail","args":[1],"jid":"61e4f46d939be41b017bf93d"})";
  FedSnapshot snapshot("sidekiq");
  snapshot.set("queues", {{"default"}, {"empty"}})
      .list("queue:default", {{job}})
      .list("queue:lost", {{job}})
      .list("shop:queue:default", {{job}})
      .set("shop:queues", {{"default"}})
      .list("queue:sq|vm:1:eec9844bfbf4|default", {{job}})
      .list("rq:queue:orders", {{"330f0eb5-caa5-4854-981d-7345fbd47d37"}})
      .list("resque:queue:orders", {{R"({"class":"mail","queue":"orders","args":[4]})"}})
      .prove();
  EXPECT_THAT(snapshot.debris, IsEmpty());
  EXPECT_THAT(snapshot.stranded, ElementsAre("unlisted-queue 1 100 proved"));
}

TEST(SidekiqProof, suspects_descriptions_and_endings_of_locks_that_are_not_there) {
  FedSnapshot snapshot("sidekiq");
  snapshot.string("uniquejobs:00000000000000000000000000000001:INFO", "{}")
      .string("uniquejobs:00000000000000000000000000000002:INFO", "{}")
      .hash("uniquejobs:00000000000000000000000000000002:LOCKED", {{"jid", "1"}})
      .string("uniquejobs:notadigest", "x")
      .zset("uniquejobs:expiring_digests",
            {{"uniquejobs:00000000000000000000000000000001", "", seconds(snapshot) - 3601},
             {"uniquejobs:00000000000000000000000000000002", "", seconds(snapshot) - 3601},
             {"uniquejobs:00000000000000000000000000000003", "", seconds(snapshot)}})
      .prove();
  EXPECT_THAT(snapshot.debris,
              ElementsAre("stale-digest 1 100 suspected", "stale-digest-entry 1 0 suspected"));
}

TEST(ResqueProof, suspects_workers_that_have_been_silent_for_a_day_and_saves_their_jobs) {
  FedSnapshot snapshot("resque");
  snapshot
      .hash("resque:workers:heartbeat", {{"a:1:mail", "2026-11-25T23:59:59Z"},
                                         {"b:2:mail", "2026-11-26T23:59:30+00:00"},
                                         {"c:3:mail", "yesterday"}})
      .set("resque:workers", {{"a:1:mail"}, {"b:2:mail"}, {"c:3:mail"}, {"d:4:mail"}})
      .string("resque:worker:a:1:mail", "{}")
      .taking(300)
      .string("resque:worker:a:1:mail:started", "x")
      .string("resque:worker:b:2:mail", "{}")
      .set("other:workers", {{"a:1:mail"}})
      .prove();
  EXPECT_THAT(snapshot.debris, ElementsAre("[resque:] silent-worker 1 0 suspected"));
  EXPECT_THAT(snapshot.stranded, ElementsAre("[resque:] job-of-silent-worker 1 300 suspected"));
}

const std::string sha = "7b11f1df378847b9196577ab9870fba466fc7c48";

TEST(LaravelProof, finds_tag_references_to_entries_that_are_gone_behind_both_prefixes) {
  const std::string member = "laravel_cache:" + sha + ":";
  FedSnapshot snapshot("laravel");
  snapshot
      .set("laravel_database_laravel_cache:6b01225b56c1f252981886:standard_ref",
           {{member + "ann"}, {member + "gone"}, {member + "expiring"}, {"other_cache:" + sha + ":x"}, {"x"}})
      .set("laravel_database_laravel_cache:6b01225b56c1f252981886:forever_ref", {{member + "gone"}})
      .string("laravel_database_" + member + "ann", "x")
      .string("laravel_database_" + member + "expiring", "x", true)
      .string(member + "gone", "x")  // without the connection's prefix it is another key
      .prove();
  EXPECT_THAT(snapshot.debris, ElementsAre("dangling-tag-reference 1 0 suspected"));
}

TEST(LaravelProof, finds_expired_and_dangling_entries_of_tags) {
  FedSnapshot snapshot("laravel");
  const double now = seconds(snapshot);
  snapshot
      .zset("app_database_app_cache_tag:people:entries", {{sha + ":a", "", now - 601},
                                                          {sha + ":b", "", now - 60},
                                                          {sha + ":c", "", now + 60},
                                                          {sha + ":kept", "", -1},
                                                          {sha + ":evicted", "", -1},
                                                          {"not an entry", "", 1}})
      .string("app_database_app_cache_" + sha + ":kept", "x")
      .prove();
  EXPECT_THAT(snapshot.debris,
              UnorderedElementsAre("dangling-tag-reference 1 0 suspected",
                                   "[app_database_app_cache_] expired-tag-entry 1 0 proved"));
}

TEST(LaravelProof, reports_reserved_jobs_past_their_time_and_never_calls_them_debris) {
  FedSnapshot snapshot("laravel");
  const double now = seconds(snapshot);
  snapshot.zset("laravel_database_queues:emails:reserved", {{"{}", "", now - 3600}, {"{} ", "", now + 60}})
      .zset("laravel_database_queues:emails:delayed", {{"{}", "", now - 3600}})
      .zset("seats:reserved", {{"{}", "", now - 3600}})
      .prove();
  EXPECT_THAT(snapshot.debris, IsEmpty());
  EXPECT_THAT(snapshot.stranded, ElementsAre("[laravel_database_] reservation-past-due 1 0 suspected"));
}

TEST(HorizonProof, finds_ids_in_indexes_and_tags_whose_record_expired) {
  FedSnapshot snapshot("horizon");
  const double now = seconds(snapshot);
  snapshot
      .zset("shop_horizon:recent_jobs", {{"a", "", -(now - 600)}, {"b", "", -(now - 600)}, {"new", "", -now}})
      .zset("shop_horizon:failed_jobs", {{"b", "", -(now - 600)}})
      .zset("shop_horizon:App\\Models\\User:1", {{"c", "", now - 600}})
      .hash("shop_horizon:a", {{"id", "a"}}, true)
      .zset("shop_horizon:masters", {{"vm-x1Yz", "", now - 600}})
      .zset("shop_horizon:snapshot:queue:default", {{"{}", "", now - 600}})
      .zset("other_horizon:recent_jobs", {{"a", "", -(now - 600)}})
      .prove();
  EXPECT_THAT(snapshot.debris, UnorderedElementsAre("[shop_horizon] index-entry-without-job 2 0 proved",
                                                    "[other_horizon] index-entry-without-job 1 0 proved"));
}

TEST(ArqProof, finds_ids_in_queues_whose_job_expired) {
  FedSnapshot snapshot("arq");
  snapshot.zset("arq:queue", {{"here"}, {"lost"}, {"long-run"}})
      .zset("arq:queue:mails", {{"lost-too"}})
      .string("arq:job:here", "x", true)
      .string("arq:in-progress:long-run", "1", true)
      .string("arq:job:lost", "x")
      .in_db(1)
      .zset("arq:abort", {{"x"}})
      .prove();
  EXPECT_THAT(snapshot.debris, ElementsAre("dangling-queue-id 2 0 proved"));
}

TEST(ArqProof, proves_nothing_where_only_the_name_of_a_zset_looks_like_a_queue) {
  FedSnapshot snapshot("arq");
  snapshot.zset("arq:queue:scores", {{"alice", "", 5}})
      .string("arq:job:here", "x", true)
      .in_db(1)
      .zset("arq:queue", {{"lost"}})
      .in_db(2)
      .string("arq:queue:health-check", "j_complete=0", true)
      .in_db(2)
      .prove();
  EXPECT_THAT(snapshot.debris, ElementsAre("db2 dangling-queue-id 1 0 proved"));
  ASSERT_EQ(snapshot.not_proved.size(), 1u);
  EXPECT_EQ(snapshot.not_proved[0].db, 0u);
}

TEST(DramatiqProof, finds_messages_that_no_worker_can_find) {
  FedSnapshot snapshot("dramatiq");
  snapshot.hash("dramatiq:default.msgs", {{"waits"}, {"held"}, {"held-old"}, {"orphan"}})
      .list("dramatiq:default", {{"waits"}, {"no-message"}})
      .set("dramatiq:__acks__.w.1.default", {{"held"}})
      .zset("dramatiq:default.acks", {{"held-old"}})
      .hash("dramatiq:default.DQ.msgs", {{"later"}})
      .list("dramatiq:default.DQ", {{"later"}})
      .hash("dramatiq:default.XQ.msgs", {{"dead"}, {"dead-orphan"}})
      .zset("dramatiq:default.XQ", {{"dead"}})
      .prove();
  EXPECT_THAT(snapshot.debris,
              ElementsAre("dangling-queue-id 1 0 proved", "dead-letter-in-no-list 1 0 proved"));
  EXPECT_THAT(snapshot.stranded, ElementsAre("message-in-no-queue 1 0 proved"));
}

TEST(DramatiqProof, reports_messages_in_the_hands_of_silent_workers) {
  FedSnapshot snapshot("dramatiq");
  const double now = seconds(snapshot) * 1000;
  snapshot
      .zset("dramatiq:__heartbeats__",
            {{"alive", "", now - 1000}, {"de.ad", "", now - 7.2e6}, {"idle", "", now - 7.2e6}})
      .set("dramatiq:__acks__.alive.default", {{"1"}})
      .set("dramatiq:__acks__.de.ad.default.DQ", {{"2"}})
      .hash("dramatiq:default.msgs", {{"1"}})
      .hash("dramatiq:default.DQ.msgs", {{"2"}})
      .prove();
  EXPECT_THAT(snapshot.debris, IsEmpty());
  EXPECT_THAT(snapshot.stranded, ElementsAre("messages-of-silent-worker 1 100 suspected"));
}

TEST(RedbeatProof, finds_times_of_entries_that_are_gone) {
  FedSnapshot snapshot("redbeat");
  snapshot.zset("redbeat::schedule", {{"redbeat:nightly"}, {"redbeat:evicted"}})
      .hash("redbeat:nightly", {{"definition", "{}"}})
      .prove();
  EXPECT_THAT(snapshot.debris, ElementsAre("dangling-schedule 1 0 suspected"));
  EXPECT_THAT(std::string(snapshot.rows[0].why), testing::HasSubstr("unless this is one shard of a cluster"));
}

TEST(SpringSessionProof, finds_past_minutes_and_index_entries_of_gone_sessions) {
  const std::string index =
      "shop:index:org.springframework.session.FindByIndexNameSessionRepository.PRINCIPAL_NAME_INDEX_NAME:ann";
  const std::string java("\xac\xed\x00\x05t\x00\x04", 7);
  FedSnapshot snapshot("spring_session");
  const auto minute = [&](int ago) {
    return "shop:expirations:" + std::to_string((snapshot.now - std::chrono::minutes(ago)).count());
  };
  snapshot.set(minute(11), {{java + "expires:gone"}})
      .set(minute(9), {{"expires:gone"}})
      .set(minute(-5), {{"expires:here"}})
      .add({.name = minute(60), .type = KeyType::set, .values = {{"expires:gone"}}, .expires = true})
      .set("coupons:expirations:1439245080000", {{"coupon-7"}})
      .set(index, {{"here"}, {java + "here"}, {"\"here\""}, {java + "gone"}})
      .hash("shop:sessions:here", {{"creationTime", "1"}}, true)
      .prove();
  EXPECT_THAT(snapshot.debris, ElementsAre("[shop] index-entry-without-session 1 0 suspected",
                                           "[shop] past-expirations 1 100 proved"));
  EXPECT_THAT(std::string(snapshot.rows[0].why), testing::HasSubstr("unless this is one shard of a cluster"));
}

TEST(SpringSessionProof, only_suspects_past_minutes_where_no_session_shows_that_the_library_is_at_work) {
  FedSnapshot snapshot("spring_session");
  snapshot.set("coupons:expirations:1439245080000", {{"expires:coupon-7"}})
      .hash("shop:sessions:here", {{"creationTime", "1"}}, true)
      .hash("coupons:sessions:here", {{"creationTime", "1"}}, true)
      .in_db(1)
      .prove();
  EXPECT_THAT(snapshot.debris, ElementsAre("[coupons] past-expirations 1 100 suspected"));
}

TEST(DramatiqProof, knows_messages_in_hands_under_a_longer_namespace) {
  FedSnapshot snapshot("dramatiq");
  snapshot.hash("dramatiq:app1:default.msgs", {{"m1", "x"}})
      .set("dramatiq:app1:__acks__.w1.default", {{"m1"}})
      .prove();
  EXPECT_THAT(snapshot.debris, IsEmpty());
}

TEST(HorizonProof, leaves_zsets_that_only_have_the_word_in_their_names) {
  FedSnapshot snapshot("horizon");
  snapshot.zset("event-horizon:scores", {{"alice", "", 500}})
      .zset("horizon:recent_jobs", {{"a", "", -1}})
      .hash("horizon:a", {{"id", "a"}}, true)
      .zset("horizon:app1:recent_jobs", {{"b", "", -1}})
      .hash("horizon:app1:b", {{"id", "b"}}, true)
      .prove();
  EXPECT_THAT(snapshot.debris, IsEmpty());
}

TEST(SpringSessionProof, finds_sessions_of_a_namespace_with_the_same_word_and_passes_over_unread_ids) {
  const std::string id = "0b5cdf27-2a1c-4f0e-9c3b-1f3f8f3a0001";
  const std::string index =
      ":index:org.springframework.session.FindByIndexNameSessionRepository.PRINCIPAL_NAME_INDEX_NAME:bob";
  FedSnapshot snapshot("spring_session");
  snapshot.hash("spring:sessions:myapp:sessions:" + id, {{"creationTime", "1"}}, true)
      .set("spring:sessions:myapp" + index, {{id}, {"\x01\x03" + id}})
      .prove();
  EXPECT_THAT(snapshot.debris, IsEmpty());
  EXPECT_EQ(snapshot.not_proved.size(), 1u);
}

}  // namespace
}  // namespace headroom::family
