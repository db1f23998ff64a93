#include <limits>

#include "family/fed_snapshot.h"

namespace headroom::family {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

// Expected rows follow from rq/job.py, queue.py, registry.py and worker.py (1.13, as Debian installs it) and
// from reference/celery-kombu-and-others.md, section 12. The snapshot is of 2026-11-27 00:00 UTC.

using Fields = std::vector<FedSnapshot::Value>;
constexpr double forever = std::numeric_limits<double>::infinity();

Fields job_that_is(std::string status, std::string created = "2026-11-26T10:00:00.000001Z") {
  return {{"data", "x"}, {"status", std::move(status)}, {"created_at", std::move(created)}, {"origin", "q"}};
}
Fields ghost_of(std::string heartbeat) { return {{"last_heartbeat", std::move(heartbeat)}}; }
double seconds(const FedSnapshot& snapshot) { return std::chrono::duration<double>(snapshot.now).count(); }

TEST(RqProof, finds_ids_in_queues_and_registries_whose_job_is_gone) {
  FedSnapshot snapshot("rq");
  snapshot.hash("rq:job:here", job_that_is("queued"))
      .hash("rq:job:expiring", {}, true)
      .list("rq:queue:orders", {{"here"}, {"gone-1"}, {"expiring"}})
      .list("rq:queue:orders:intermediate", {{"gone-2"}})
      .zset("rq:finished:orders", {{"here"}, {"gone-3"}})
      .zset("rq:failed:orders", {{"gone-3"}})  // one id in two registries
      .zset("rq:canceled:orders", {{"gone-4"}})
      .zset("rq:ready:orders", {{"gone-5"}})
      .prove();
  EXPECT_THAT(snapshot.debris,
              ElementsAre("dangling-queue-id 2 0 proved", "registry-id-without-job 2 0 proved"));
  EXPECT_THAT(snapshot.rows[0].examples,
              UnorderedElementsAre("rq:queue:orders", "rq:queue:orders:intermediate"));
}

TEST(RqProof, leaves_a_run_alone_that_still_beats_though_its_job_was_deleted) {
  FedSnapshot snapshot("rq");
  const double now = seconds(snapshot);
  snapshot
      .zset("rq:wip:orders", {{"beats", "", now + 60},
                              {"just-late", "", now - 30},
                              {"dead", "", now - 3600},
                              {"endless", "", forever},
                              {"ghost-young", "", forever},
                              {"ghost-old", "", forever},
                              {"gone:0123456789abcdef0123456789abcdef", "", now - 3600}})
      .hash("rq:job:ghost-young", ghost_of("2026-11-26T23:59:00.000000Z"))
      .hash("rq:job:ghost-old", ghost_of("2026-11-26T20:00:00.000000Z"))
      .prove();
  EXPECT_THAT(snapshot.debris, ElementsAre("ghost-job 1 100 proved", "registry-id-without-job 2 0 proved"));
}

TEST(RqProof, finds_jobs_that_are_over_and_listed_nowhere) {
  FedSnapshot snapshot("rq");
  snapshot.hash("rq:job:orphan", job_that_is("finished"))
      .taking(900)
      .add({.name = "rq:results:orphan", .type = KeyType::stream, .bytes = 300})
      .hash("rq:job:listed", job_that_is("finished"))
      .zset("rq:finished:q", {{"listed", "", forever}})
      .hash("rq:job:expiring", job_that_is("finished"), true)
      .hash("rq:job:young", job_that_is("finished", "2026-11-26T23:55:00.000000Z"))
      .hash("rq:job:dateless", job_that_is("finished", ""))
      .hash("rq:job:in:colon", job_that_is("canceled"))
      .zset("rq:canceled:q", {{"in:colon"}})
      .hash("rq:job:made-by-hand", job_that_is("created"))
      .prove();
  EXPECT_THAT(snapshot.debris, ElementsAre("orphan-job 2 1200 proved"));
  EXPECT_THAT(snapshot.rows[0].examples, UnorderedElementsAre("rq:job:orphan", "rq:results:orphan"));
}

TEST(RqProof, calls_jobs_lost_that_wait_in_no_queue_and_only_suspects_it_while_a_worker_lives) {
  FedSnapshot snapshot("rq");
  snapshot.hash("rq:job:lost", job_that_is("queued"))
      .hash("rq:job:waits", job_that_is("queued"))
      .list("rq:queue:q", {{"waits"}})
      .hash("rq:job:runs", job_that_is("started"))
      .zset("rq:wip:q", {{"runs:0123456789abcdef0123456789abcdef", "", seconds(snapshot) + 60}})
      .hash("rq:job:lost", job_that_is("started"))
      .in_db(1)
      .hash("rq:worker:w1", {{"birth", "x"}}, true)
      .in_db(1)
      .hash("rq:job:later", job_that_is("scheduled"))
      .zset("rq:scheduler:scheduled_jobs", {{"later"}})
      .prove();
  EXPECT_THAT(snapshot.debris, IsEmpty());
  EXPECT_THAT(snapshot.stranded, ElementsAre("lost-job 1 100 proved", "db1 lost-job 1 100 suspected"));
}

TEST(RqProof, finds_what_belongs_to_jobs_that_are_gone) {
  FedSnapshot snapshot("rq");
  snapshot.set("rq:job:gone:dependents", {{"x"}})
      .set("rq:job::gone:dependencies", {{"x"}})
      .add({.name = "rq:results:gone", .type = KeyType::stream})
      .add({.name = "rq:results:gone-too", .type = KeyType::stream, .expires = true})
      .zset("rq:executions:gone", {{"x"}})
      .hash("rq:job:here", job_that_is("queued"))
      .list("rq:queue:q", {{"here"}})
      .set("rq:job:here:dependents", {{"x"}})
      .set("rq:job::here:dependencies", {{"x"}})
      .set("rq:job::dependencies", {{"x"}})  // of no job at all
      .prove();
  EXPECT_THAT(snapshot.debris, ElementsAre("orphan-sub-key 4 400 proved"));
}

TEST(RqProof, does_not_miss_jobs_that_may_have_a_prefix_of_their_own) {
  FedSnapshot snapshot("rq");
  snapshot.list("rq:queue:default", {{"a"}, {"b"}})
      .zset("rq:finished:default", {{"c"}})
      .add({.name = "rq:results:c", .type = KeyType::stream})
      .hash("myjob:a", job_that_is("queued"))
      .hash("rq:job:x", job_that_is("queued"), true)
      .in_db(1)
      .prove();
  EXPECT_THAT(snapshot.debris, IsEmpty());
  ASSERT_EQ(snapshot.not_proved.size(), 1u);
  EXPECT_THAT(snapshot.not_proved[0].why, testing::HasSubstr("rq:job:"));
}

TEST(RqProof, finds_workers_in_the_lists_whose_heartbeat_expired) {
  FedSnapshot snapshot("rq");
  snapshot.set("rq:workers", {{"rq:worker:lives"}, {"rq:worker:dead"}})
      .set("rq:workers:orders", {{"rq:worker:dead"}, {"rq:worker:dead-too"}})
      .hash("rq:worker:lives", {{"birth", "x"}}, true)
      .prove();
  EXPECT_THAT(snapshot.debris, ElementsAre("dead-worker 2 0 proved"));
}

TEST(RqProof, keeps_databases_apart_and_takes_hostile_names_as_they_are) {
  const std::string hostile = std::string("\0\x1b[2J:dependents\n", 17);
  FedSnapshot snapshot("rq");
  snapshot.list("rq:queue:q", {{hostile}, {"other"}})
      .hash("rq:job:other", job_that_is("queued"))
      .hash("rq:job:" + hostile, job_that_is("queued"))
      .in_db(1)
      .list("rq:queue:q", {{hostile}})
      .in_db(2)
      .hash("rq:job:" + hostile, job_that_is("queued"))
      .in_db(2)
      .prove();
  EXPECT_THAT(snapshot.debris, ElementsAre("dangling-queue-id 1 0 proved"));
  EXPECT_THAT(snapshot.stranded, ElementsAre("db1 lost-job 1 100 proved"));
}

TEST(RqProof, names_examples_from_a_second_look_where_there_were_too_many_names_to_keep) {
  FedSnapshot snapshot("rq");
  for (int i = 0; i < 3000; ++i) {
    const std::string id = std::to_string(i);
    snapshot.list("rq:queue:" + id, {{id}});
    if (i < 1400 || i >= 1600) snapshot.hash("rq:job:" + id, job_that_is("queued"));
  }
  snapshot.prove();
  EXPECT_THAT(snapshot.debris, ElementsAre("dangling-queue-id 200 0 proved"));
  EXPECT_EQ(snapshot.passes, 2u);
  EXPECT_EQ(snapshot.rows[0].examples.size(), 3u);

  snapshot.prove(false);
  EXPECT_THAT(snapshot.debris, ElementsAre("dangling-queue-id 200 0 proved"));
  EXPECT_EQ(snapshot.passes, 1u);
}

}  // namespace
}  // namespace headroom::family
