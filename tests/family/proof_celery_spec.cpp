#include "family/fed_snapshot.h"

namespace headroom::family {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

// Expected rows follow from reference/celery-kombu-and-others.md, sections 2, 7, 8 and 9, and from
// celery/backends/redis.py and kombu/transport/redis.py as Debian installs them.

const std::string gid = "95abdf10-05a5-43fe-a535-435e22f95532";
const std::string chord = "celery-taskset-meta-" + gid;
const std::string oid = "363dd39b-aaaf-3126-9774-073dda62525a";
const std::string tag_1 = "4ae0f098-5425-4b0d-bc68-264115408fbe";
const std::string tag_2 = "1df8b982-29db-426a-a5e3-dd3ece0e215f";
const std::string sep = "\x06\x16";

std::string result_done(std::string_view date) {
  return R"({"status": "SUCCESS", "result": {"date_done": "2001-01-01T00:00:00", "q": "\\\"}"}, )"
         R"("traceback": null, "children": [], "date_done": ")" +
         std::string(date) + R"(", "kwargs": {"date_done": "2001-01-01T00:00:00"}, "task_id": "x"})";
}

std::string part(std::string_view state) {
  return R"([1, "ad059332-63f6-4918-aaed-e42120ca0036", ")" + std::string(state) +
         R"(", {"exc_message": ["\"SUCCESS\" FAILURE"]}])";
}

TEST(CeleryProof, counts_results_without_ttl_whose_tasks_ended_more_than_a_day_ago) {
  FedSnapshot snapshot("celery");
  snapshot.string("celery-task-meta-1", result_done("2026-11-25T23:59:59.999999"))
      .taking(320)
      .string("celery-task-meta-order:7", result_done("2026-11-26T00:00:00"))  // exactly a day
      .taking(400)
      .string("celery-task-meta-young", result_done("2026-11-26T00:00:01"))
      .string("celery-task-meta-expiring", result_done("2020-01-01T00:00:00"), true)
      .prove();
  EXPECT_THAT(snapshot.debris, ElementsAre("result-without-ttl 2 720 proved"));
  EXPECT_THAT(snapshot.rows.front().examples,
              UnorderedElementsAre("celery-task-meta-1", "celery-task-meta-order:7"));
  EXPECT_THAT(snapshot.stranded, IsEmpty());
  ASSERT_EQ(snapshot.not_proved.size(), 1u);  // the young one is not passed over in silence
}

TEST(CeleryProof, reads_dates_with_an_offset) {
  FedSnapshot snapshot("celery");
  // 2026-11-26T00:30 in Kolkata is 19:00 UTC of the day before; in New York it is 05:30 UTC, too young.
  snapshot.string("celery-task-meta-1", result_done("2026-11-26T00:30:00.123+05:30"))
      .string("celery-task-meta-2", result_done("2026-11-26T00:30:00-05:00"))
      .string("celery-task-meta-3", result_done("2026-11-25T00:30:00+00:00"))
      .prove();
  EXPECT_THAT(snapshot.debris, ElementsAre("result-without-ttl 2 200 proved"));
}

TEST(CeleryProof, counts_results_that_tell_no_date_apart) {
  FedSnapshot snapshot("celery");
  snapshot.string("celery-task-meta-1", R"({"status": "STARTED", "result": {}, "date_done": null})")
      .string("celery-task-meta-2", "\x80\x04\x95 pickled date_done 2020-01-01T00:00:00")
      .string("celery-task-meta-3", "")
      .string("celery-task-meta-4", R"({"date_done": "2026-13-41T00:00:00"})")
      .string("celery-task-meta-5", R"({"date_done": "2020-01-01T00:00:00)")  // cut off
      .string("celery-task-meta-6", std::string(5000, '['))
      .prove();
  EXPECT_THAT(snapshot.debris, ElementsAre("result-without-date 6 600 suspected"));
}

TEST(CeleryProof, keeps_prefixes_and_databases_apart) {
  FedSnapshot snapshot("celery");
  const std::string old = result_done("2026-01-01T00:00:00");
  snapshot.string("celery-task-meta-1", old)
      .string("app1_celery-task-meta-1", old)
      .string("\x1b]0;y\x07yyceleryceler:celery-task-meta-1", old)
      .string("celery-task-meta-1", old)
      .in_db(3)
      .prove();
  EXPECT_THAT(
      snapshot.debris,
      UnorderedElementsAre("result-without-ttl 1 100 proved", "[app1_] result-without-ttl 1 100 proved",
                           "[\x1b]0;y\x07yyceleryceler:] result-without-ttl 1 100 proved",
                           "db3 result-without-ttl 1 100 proved"));
}

TEST(CeleryProof, leaves_alone_what_headroom_put_aside) {
  FedSnapshot snapshot("celery");
  snapshot
      .string("headroom:q:00112233445566778899aabbccddeeff:{celery-task-meta-1}celery-task-meta-1",
              result_done("2026-01-01T00:00:00"))
      .prove();
  EXPECT_THAT(snapshot.debris, IsEmpty());
}

TEST(CeleryProof, leaves_names_alone_that_only_look_like_results) {
  FedSnapshot snapshot("celery");
  snapshot.string("celery-task-meta-", "x")
      .string("celery-tasks", "x")
      .string("y", "x")
      .string("celery-taskset-meta-", "x")
      .list("celery-task-meta-1", {{"x"}})
      .zset("celery-taskset-meta-1", {{"x"}})
      .prove();
  EXPECT_THAT(snapshot.debris, IsEmpty());
}

TEST(CeleryProof, finds_a_chord_whose_parts_all_returned_and_one_failed) {
  FedSnapshot snapshot("celery");
  snapshot.zset(chord + ".j", {{part("SUCCESS")}, {part("FAILURE") + " "}, {part("SUCCESS") + " "}})
      .taking(500)
      .string(chord + ".s", "3", true)
      .taking(60)
      .prove();
  EXPECT_THAT(snapshot.debris, ElementsAre("chord-in-error 2 560 proved"));
  EXPECT_THAT(snapshot.rows.front().examples, UnorderedElementsAre(chord + ".j", chord + ".s"));
}

TEST(CeleryProof, counts_the_parts_that_were_added_to_a_chord_while_it_ran) {
  FedSnapshot running("celery");
  running.list(chord + ".j", {{part("FAILURE")}, {part("SUCCESS")}})
      .string(chord + ".s", "2")
      .string(chord + ".t", "1")
      .prove();
  EXPECT_THAT(running.debris, IsEmpty());

  FedSnapshot over("celery");
  over.list(chord + ".j", {{part("REVOKED")}, {part("SUCCESS")}, {part("SUCCESS")}})
      .string(chord + ".s", "2")
      .string(chord + ".t", "1")
      .prove();
  EXPECT_THAT(over.debris, ElementsAre("chord-in-error 3 300 proved"));
}

TEST(CeleryProof, never_takes_a_running_or_undecided_chord_for_debris) {
  FedSnapshot snapshot("celery");
  snapshot
      .zset(chord + ".j", {{part("SUCCESS")}})  // of two
      .string(chord + ".s", "2")
      .string("celery-taskset-meta-waiting.s", "5")  // no part has returned
      .string("celery-taskset-meta-growing.t", "1")
      .zset("celery-taskset-meta-unsized.j", {{part("FAILURE")}})  // its size is not known yet
      .zset("celery-taskset-meta-liar.j", {{part("SUCCESS")}, {part("SUCCESS") + " "}})
      .string("celery-taskset-meta-liar.s", "2")  // "FAILURE" is in the results, not in the states
      .prove();
  EXPECT_THAT(snapshot.debris, IsEmpty());
  EXPECT_THAT(snapshot.stranded, ElementsAre("chord-not-started 2 200 suspected"));
}

TEST(CeleryProof, does_not_mix_chords_of_the_same_group_id_under_two_prefixes_or_databases) {
  FedSnapshot snapshot("celery");
  snapshot.zset(chord + ".j", {{part("FAILURE")}})
      .string("app1_" + chord + ".s", "1")
      .string(chord + ".s", "1")
      .in_db(1)
      .prove();
  EXPECT_THAT(snapshot.debris, IsEmpty());
}

TEST(CeleryProof, suspects_saved_groups_without_a_ttl) {
  FedSnapshot snapshot("celery");
  snapshot.string(chord, R"({"result": []})").string("celery-taskset-meta-kept", "{}", true).prove();
  EXPECT_THAT(snapshot.debris, ElementsAre("group-without-ttl 1 100 suspected"));
}

TEST(CeleryProof, says_so_when_the_ids_do_not_fit_into_its_memory) {
  FedSnapshot snapshot("celery");
  for (int i = 0; i < 200; ++i) {
    const std::string key = "celery-taskset-meta-" + std::to_string(i);
    snapshot.zset(key + ".j", {{part("FAILURE")}}).string(key + ".s", "1");
  }
  snapshot.limits.bytes = 4096;
  snapshot.prove();
  EXPECT_THAT(snapshot.debris, IsEmpty());
  ASSERT_EQ(snapshot.not_proved.size(), 1u);
  EXPECT_THAT(snapshot.not_proved[0].why, testing::HasSubstr("memory"));

  snapshot.limits.bytes = 1 << 20;
  snapshot.prove();
  EXPECT_THAT(snapshot.debris, ElementsAre("chord-in-error 400 40000 proved"));
  EXPECT_EQ(snapshot.rows[0].examples.size(), 3u);
}

TEST(KombuProof, finds_reply_lists_whose_client_took_its_binding_away) {
  const std::string list = oid + ".reply.celery.pidbox";
  FedSnapshot snapshot("kombu");
  snapshot.list(list, {{"{}"}})
      .taking(7000)
      .set("_kombu.binding.reply.celery.pidbox", {{"x" + sep + sep +
                                                   "7145fcaf-b5c6-3102-b5bb-27de2fae0cf1"
                                                   ".reply.celery.pidbox"}})
      .list("7145fcaf-b5c6-3102-b5bb-27de2fae0cf1.reply.celery.pidbox", {{"{}"}})
      .prove();
  EXPECT_THAT(snapshot.debris, ElementsAre("leaked-reply-list 1 100 suspected", "stale-binding 1 0 suspected",
                                           "unbound-reply-list 1 7000 proved"));
  EXPECT_THAT(snapshot.rows[2].examples, ElementsAre(list));
}

TEST(KombuProof, looks_for_the_binding_of_a_reply_list_under_its_own_prefix_and_database_alone) {
  const std::string list = oid + ".reply.celery.pidbox", member = oid + sep + sep + list;
  FedSnapshot snapshot("kombu");
  snapshot.list("app1:" + list, {{"{}"}})
      .set("app2:_kombu.binding.reply.celery.pidbox", {{member}})
      .set("_kombu.binding.reply.celery.pidbox", {{member}})
      .set("app1:_kombu.binding.reply.celery.pidbox", {{member}})
      .in_db(1)
      .set("app1:_kombu.binding.reply.other.pidbox", {{"no separator in it"}})
      .prove();
  EXPECT_THAT(
      snapshot.debris,
      UnorderedElementsAre("[app1:] unbound-reply-list 1 100 proved", "[app2:] stale-binding 1 0 suspected",
                           "stale-binding 1 0 suspected", "db1 [app1:] stale-binding 1 0 suspected"));
}

TEST(KombuProof, leaves_lists_alone_that_expire_or_only_look_like_replies) {
  FedSnapshot snapshot("kombu");
  snapshot.add({.name = oid + ".reply.celery.pidbox", .type = KeyType::list, .expires = true})
      .list("orders.reply.celery.pidbox", {{"x"}})
      .list(oid + ".reply.celery", {{"x"}})
      .list("keeper@shop.celery.pidbox", {{"x"}})
      .list(oid, {{R"({"body": "a")"}})  // no broker is here
      .prove();
  EXPECT_THAT(snapshot.debris, IsEmpty());
}

TEST(KombuProof, tells_event_lists_with_and_without_a_listener_apart) {
  FedSnapshot snapshot("kombu");
  snapshot.list("celeryev." + tag_1, {{"{}"}})
      .list("celeryev." + tag_2, {{"{}"}})
      .set("_kombu.binding.celeryev", {{"worker.#" + sep + sep + "celeryev." + tag_2}})
      .prove();
  EXPECT_THAT(snapshot.debris,
              ElementsAre("celeryev-list 1 100 suspected", "unbound-celeryev-list 1 100 proved"));
}

TEST(KombuProof, takes_a_list_named_by_a_uuid_of_version_3_for_rpc_results_when_messages_are_in_it) {
  FedSnapshot snapshot("kombu");
  snapshot.set("_kombu.binding.celery", {{"celery" + sep + sep + "celery"}})
      .list(oid, {{R"({"body": "eyJ0YXNr")"}})
      .list("07e0e1e6-5792-3269-9d77-38678ee6eef7", {{"something else"}})
      .list(tag_1, {{R"({"body": "eyJ0YXNr")"}})  // version 4
      .prove();
  EXPECT_THAT(snapshot.debris, ElementsAre("unread-rpc-list 1 100 suspected"));
}

TEST(KombuProof, finds_what_unacked_and_its_index_do_not_agree_on) {
  FedSnapshot snapshot("kombu");
  const double now = std::chrono::duration<double>(snapshot.now).count();
  snapshot.set("_kombu.binding.celery", {})
      .hash("unacked", {{tag_1, "[...]"}, {"not a tag", "x"}})
      .zset("unacked_index", {{tag_2, "", now - 60}, {"not a tag", "", 1}})
      .hash("app1:unacked", {{tag_2, "[...]"}})
      .zset("app1:unacked_index", {{tag_2, "", now - 7201}})
      .zset("jobs:unacked_index", {{tag_1, "", now}})  // not a broker's
      .prove();
  EXPECT_THAT(snapshot.debris, ElementsAre("index-without-message 1 0 proved"));
  EXPECT_THAT(snapshot.stranded, ElementsAre("unacked-without-index 1 0 proved",
                                             "[app1:] unacked-past-visibility 1 0 suspected"));
}

TEST(KombuProof, only_suspects_the_index_where_unacked_may_have_another_name) {
  FedSnapshot snapshot("kombu");
  const double now = std::chrono::duration<double>(snapshot.now).count();
  snapshot.set("_kombu.binding.celery", {})
      .hash("in-hand", {{tag_1, "[...]"}})  // transport_options unacked_key
      .zset("unacked_index", {{tag_1, "", now - 60}})
      .hash("app1:unacked", {{tag_2, "[...]"}})
      .prove();
  EXPECT_THAT(snapshot.debris, ElementsAre("index-without-message 1 0 suspected"));
}

TEST(KombuProof, says_that_names_of_workers_alone_prove_nothing) {
  FedSnapshot snapshot("kombu");
  snapshot.set("_kombu.binding.celery.pidbox", {{sep + sep + "keeper@shop.celery.pidbox"}}).prove();
  EXPECT_THAT(snapshot.debris, IsEmpty());
  ASSERT_EQ(snapshot.not_proved.size(), 1u);
}

TEST(KombuProof, does_not_take_lists_for_unbound_whose_bindings_it_cannot_read_or_are_of_another_exchange) {
  const std::string client = "0b5cdf27-2a1c-3f0e-9c3b-1f3f8f3a0001";
  FedSnapshot snapshot("kombu");
  snapshot.set("_kombu.binding.reply.celery.pidbox", {{client + "::" + client + ".reply.celery.pidbox"}})
      .list(client + ".reply.celery.pidbox", {{"{}"}})
      .set("a:_kombu.binding.myev", {{"worker.#\x06\x16\x06\x16"
                                      "celeryev." +
                                      client}})
      .list("a:celeryev." + client, {{"{}"}})
      .prove();
  for (const auto& row : snapshot.rows) EXPECT_NE(row.certainty, Certainty::proved) << row.kind;
}

TEST(CeleryProof, takes_nothing_for_an_old_result_that_has_no_final_status) {
  FedSnapshot snapshot("celery");
  snapshot.string("notes:celery-task-meta-2", R"({"title": "mine", "date_done": "2020-01-01T00:00:00"})")
      .prove();
  for (const auto& row : snapshot.rows) EXPECT_NE(row.certainty, Certainty::proved) << row.kind;
}

}  // namespace
}  // namespace headroom::family
