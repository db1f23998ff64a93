#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "family/proof/bull_proof.h"
#include "family/snapshot_kit.h"

/// What the proof does when the ids do not fit: it reads again, gives way or says so. It never invents.
namespace headroom::family {
namespace {

using test::Snapshot;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::size_t small = 64 * 1024;  // room for 1536 ids and 512 claims

std::vector<std::string> rows(const Prover::Proved& proved) {
  std::vector<std::string> all;
  for (const auto& row : proved.debris)
    all.push_back(fmt::format("{} {} {} {}", row.kind, row.owner, row.keys.value, row.bytes.value));
  return all;
}

/// A queue of `jobs` jobs, the first `orphans` of which nothing names.
void fill(Snapshot& snapshot, const std::string& root, int jobs, int orphans) {
  snapshot.queue(root, "1000000");
  std::vector<std::string> named;
  for (int i = 1; i <= jobs; ++i) {
    // Every third id is no number.
    const auto id = i % 3 == 0 ? fmt::format("order-{}", i) : std::to_string(i);
    snapshot.job(root + ":" + id);
    if (i > orphans) named.push_back(id);
  }
  snapshot.zset(root + ":completed", named);
}

void add_strangers(Snapshot& snapshot, int many) {
  for (int i = 0; i < many; ++i) snapshot.hash(fmt::format("session:{}", i), {{"user", "1"}});
}

TEST(BullProofLimits, too_many_ids_are_proved_in_several_readings) {
  Snapshot snapshot;
  fill(snapshot, "bull:mail", 5000, 30);
  fill(snapshot, "bull:other", 100, 0);
  for (unsigned seed = 0; seed < 5; ++seed) {
    snapshot.shuffle(seed);
    const auto proved = snapshot.prove(proofs::known_proofs(), {.bytes = small, .again = true});
    EXPECT_THAT(rows(proved), ElementsAre("orphaned-job bull:mail 30 3000")) << seed;
    EXPECT_THAT(proved.not_proved, IsEmpty());
    EXPECT_THAT(proved.debris.at(0).examples, testing::SizeIs(3));
    EXPECT_GT(snapshot.passes, 4u);
    EXPECT_LT(snapshot.passes, 40u);
  }
}

TEST(BullProofLimits, strangers_do_not_count_in_the_second_reading) {
  Snapshot snapshot;
  add_strangers(snapshot, 5000);
  fill(snapshot, "bull:mail", 300, 4);
  const auto proved = snapshot.prove(proofs::known_proofs(), {.bytes = small, .again = true});
  EXPECT_THAT(rows(proved), ElementsAre("orphaned-job bull:mail 4 400"));
  EXPECT_LE(snapshot.passes, 3u);
}

TEST(BullProofLimits, in_one_reading_strangers_give_way) {
  Snapshot snapshot;
  fill(snapshot, "bull:mail", 300, 4);
  add_strangers(snapshot, 5000);
  const auto proved = snapshot.prove(proofs::known_proofs(), {.bytes = small});
  EXPECT_EQ(snapshot.passes, 1u);
  EXPECT_THAT(rows(proved), ElementsAre("orphaned-job bull:mail 4 400"));
  EXPECT_THAT(proved.not_proved, IsEmpty());
}

TEST(BullProofLimits, a_queue_that_gave_way_before_it_was_known_is_not_judged) {
  Snapshot snapshot;
  fill(snapshot, "bull:mail", 300, 4);
  std::rotate(snapshot.keys().begin(), snapshot.keys().begin() + 3, snapshot.keys().end() - 1);  // jobs first
  snapshot.reverse();
  add_strangers(snapshot, 5000);
  std::rotate(snapshot.keys().begin(), snapshot.keys().begin() + 4, snapshot.keys().end());  // the queue last
  const auto proved = snapshot.prove(proofs::known_proofs(), {.bytes = small});
  EXPECT_THAT(rows(proved), IsEmpty());
  ASSERT_EQ(proved.not_proved.size(), 1u);
  EXPECT_EQ(proved.not_proved[0].owner, "bull:mail");
  EXPECT_THAT(proved.not_proved[0].why, HasSubstr("64.0 KiB"));
}

TEST(BullProofLimits, in_one_reading_too_many_ids_are_not_proved_and_the_rest_is) {
  Snapshot snapshot;
  fill(snapshot, "bull:mail", 5000, 30);
  snapshot.keys()[1].expires_at = test::moment + std::chrono::hours(1);
  const auto proved = snapshot.prove(proofs::known_proofs(), {.bytes = small});
  EXPECT_THAT(rows(proved), ElementsAre("ttl-on-infrastructure bull:mail 1 100"));
  ASSERT_EQ(proved.not_proved.size(), 1u);
  EXPECT_EQ(proved.not_proved[0].owner, "bull:mail");
}

TEST(BullProofLimits, too_many_claims_are_proved_in_several_readings) {
  Snapshot snapshot;
  fill(snapshot, "bull:mail", 600, 3);
  for (int i = 1; i <= 900; ++i) snapshot.list(fmt::format("bull:mail:{}:logs", i), {"line"});
  const auto proved = snapshot.prove(proofs::known_proofs(), {.bytes = small, .again = true});
  // The logs of 1 and 2 (3 is "order-3"), of every third up to 600, and of 601 to 900.
  EXPECT_THAT(rows(proved),
              ElementsAre("orphaned-job bull:mail 3 300", "orphaned-subkey bull:mail 502 50200"));
  EXPECT_THAT(rows(snapshot.prove(proofs::known_proofs(), {.bytes = small})), IsEmpty());
}

void add_lists_of_others(Snapshot& snapshot, int many) {
  for (int i = 0; i < many; ++i) snapshot.list(fmt::format("cart:{}:items", i), {"tea"});
}

TEST(BullProofLimits, many_lists_of_others_are_no_containers_of_a_queue) {
  Snapshot snapshot;
  add_lists_of_others(snapshot, 2000);
  fill(snapshot, "bull:mail", 100, 4);
  fill(snapshot, "bull:strange", 100, 4);
  snapshot.list("bull:strange:by:name", {"1"});
  for (unsigned seed = 0; seed < 20; ++seed) {
    const auto proved = snapshot.prove(proofs::known_proofs(), {.bytes = small, .again = true});
    EXPECT_THAT(rows(proved), ElementsAre("orphaned-job bull:mail 4 400")) << seed;
    ASSERT_EQ(proved.not_proved.size(), 1u);
    EXPECT_EQ(proved.not_proved[0].owner, "bull:strange");
    EXPECT_THAT(proved.not_proved[0].why, HasSubstr("read only"));
    snapshot.shuffle(seed);
  }
}

TEST(BullProofLimits, in_one_reading_they_forbid_verdicts_on_queues_that_came_after_them_alone) {
  Snapshot snapshot;
  fill(snapshot, "bull:early", 100, 4);
  add_lists_of_others(snapshot, 2000);
  snapshot.list("bull:early:by:name", {"1"});
  fill(snapshot, "bull:late", 100, 4);
  auto proved = snapshot.prove(proofs::known_proofs(), {.bytes = small});
  EXPECT_THAT(rows(proved), IsEmpty());
  ASSERT_EQ(proved.not_proved.size(), 2u);
  EXPECT_THAT(proved.not_proved[0].why, HasSubstr("read only"));
  EXPECT_THAT(proved.not_proved[1].why, HasSubstr("did not fit"));
  std::erase_if(snapshot.keys(), [](const auto& key) { return key.name == "bull:early:by:name"; });
  proved = snapshot.prove(proofs::known_proofs(), {.bytes = small});
  EXPECT_THAT(rows(proved), ElementsAre("orphaned-job bull:early 4 400"));
}

TEST(BullProofLimits, a_queue_that_lost_ids_once_stays_unproved) {
  Snapshot snapshot;
  for (int i = 1; i <= 50; ++i) snapshot.job(fmt::format("bull:mail:{}", i));
  add_strangers(snapshot, 2000);  // the jobs give way with them
  snapshot.queue("bull:mail");    // now it may be a queue
  for (int i = 0; i < 4000; ++i) snapshot.hash(fmt::format("cart:{}", i), {{"tea", "1"}});  // more give way
  snapshot.zset("bull:mail:completed", {"1", "2"});
  const auto proved = snapshot.prove(proofs::known_proofs(), {.bytes = small});
  EXPECT_THAT(rows(proved), IsEmpty());
  EXPECT_EQ(proved.not_proved.size(), 1u);
}

// --- too many prefixes

ProofGroup with_three_prefixes() {
  return {.name = "bull", .make = [](const ProofLimits& limits) -> std::unique_ptr<Proof> {
            return std::make_unique<BullProof>(limits, 3);
          }};
}

class BullProofPrefixes : public testing::Test {
 protected:
  BullProofPrefixes() {
    for (int i = 0; i < 50; ++i) snapshot.hash(fmt::format("cart:{}:items", i), {{"1", "2"}});
    fill(snapshot, "bull:mail", 60, 4);
    for (const char* id : {"a:b:1", "a:c:1", "a:c:x"}) {
      snapshot.job(std::string("bull:mail:") + id);
      snapshot.list(std::string("bull:mail:") + id + ":logs", {"line"});
    }
    snapshot.zset("bull:mail:failed", {"a:b:1", "a:d:gone"});
  }
  Snapshot snapshot;
};

TEST_F(BullProofPrefixes, are_told_by_a_second_reading) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    const auto proved = snapshot.prove({with_three_prefixes()}, {.again = true});
    EXPECT_THAT(rows(proved), ElementsAre("dangling-id bull:mail 1 0", "orphaned-job bull:mail 6 600",
                                          "orphaned-subkey bull:mail 2 200"))
        << seed;
    EXPECT_THAT(proved.not_proved, IsEmpty());
    snapshot.shuffle(seed);
  }
}

TEST_F(BullProofPrefixes, in_one_reading_are_said_to_be_undecided_and_nothing_is_invented) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    const auto proved = snapshot.prove({with_three_prefixes()});
    for (const auto& row : proved.debris) {
      EXPECT_EQ(row.owner, "bull:mail");
      EXPECT_LE(row.keys.value, row.kind == "orphaned-job" ? 6 : 2) << row.kind;
    }
    EXPECT_THAT(proved.not_proved, testing::Not(IsEmpty()));
    snapshot.shuffle(seed);
  }
}

}  // namespace
}  // namespace headroom::family
