#include "family/attribution.h"

#include <gtest/gtest.h>

#include <string>

#include "family/groups.h"

namespace headroom::family {
namespace {

using test::folded;
using test::group_of;
using test::groups_of;
using test::Named;
constexpr auto string = KeyType::string, list = KeyType::list, set = KeyType::set, zset = KeyType::zset,
               hash = KeyType::hash, stream = KeyType::stream, unknown = KeyType::unknown;

const std::vector<Family>& families() {
  static const std::vector<Family> all = known_families();
  return all;
}

std::vector<PatternGroup> attributed(std::vector<PatternGroup> groups) {
  attribute(groups, families());
  return groups;
}
std::vector<PatternGroup> attributed(const std::vector<Named>& keys) { return attributed(groups_of(keys)); }

/// "family owner role" of the last of these keys.
std::string last(const std::vector<Named>& keys) {
  const auto given = attributed(keys).back().attribution;
  return std::string(given.family).append(" ").append(given.owner).append(" ").append(given.role);
}

/// The keys of a BullMQ queue, then one more.
std::vector<Named> bullmq_with(std::string key, KeyType type, std::string root = "bull:mail") {
  return {{root + ":id", string}, {root + ":meta", hash}, {root + ":events", stream}, {std::move(key), type}};
}

TEST(Attribution, needs_two_shapes_of_the_right_type_to_confirm_a_root) {
  EXPECT_EQ(last({{"bull:mail:events", stream}}), "  ");
  EXPECT_EQ(last({{"order:id", string}, {"order:wait", string}, {"order:meta", string}, {"order:7", hash}}),
            "  ");
  EXPECT_EQ(last({{"shop:completed", zset}, {"shop:failed", zset}, {"shop:wait", zset}}), "  ");
  EXPECT_EQ(last(bullmq_with("bull:mail:7", hash)), "bullmq bull:mail job");
}

TEST(Attribution, takes_prefixes_with_colons_and_hash_tags_for_roots) {
  EXPECT_EQ(last(bullmq_with("app:{eu}:q:mail:7", hash, "app:{eu}:q:mail")), "bullmq app:{eu}:q:mail job");
  EXPECT_EQ(last(bullmq_with("{x}:mail:wait", list, "{x}:mail")), "bullmq {x}:mail waiting");
}

TEST(Attribution, gives_a_key_to_the_longest_root) {
  auto keys = bullmq_with("bull:mail:wait", list);
  for (const auto& key : bullmq_with("bull:mail:eu:7", hash, "bull:mail:eu")) keys.push_back(key);
  EXPECT_EQ(last(keys), "bullmq bull:mail:eu job");
  EXPECT_EQ(attributed(keys)[3].attribution.owner, "bull:mail");
  keys.push_back({"bull:mail:us:7", hash});
  EXPECT_EQ(last(keys), "bullmq bull:mail job");
}

TEST(Attribution, is_not_misled_by_queues_called_like_states) {
  auto keys = bullmq_with("bull:wait:wait", list, "bull:wait");
  for (const auto& key : bullmq_with("bull:meta:meta", hash, "bull:meta")) keys.push_back(key);
  EXPECT_EQ(last(keys), "bullmq bull:meta control");
  EXPECT_EQ(attributed(keys)[3].attribution.owner, "bull:wait");
  EXPECT_EQ(attributed(keys)[3].attribution.role, "waiting");
}

TEST(Attribution, decides_by_type_between_a_job_and_a_part_of_one) {
  EXPECT_EQ(last(bullmq_with("bull:mail:user:42:logs", hash)), "bullmq bull:mail job");
  EXPECT_EQ(last(bullmq_with("bull:mail:user:42:logs", list)), "bullmq bull:mail log");
  EXPECT_EQ(last(bullmq_with("bull:mail:order-1:failed", hash)), "bullmq bull:mail flow");
  EXPECT_EQ(last(bullmq_with("bull:mail:a:b:failed", hash)), "bullmq bull:mail job");
  EXPECT_EQ(last(bullmq_with("bull:mail:wait", hash)), "bullmq bull:mail job");
  EXPECT_EQ(last(bullmq_with("bull:mail:7:lock", string)), "bullmq bull:mail lock");
}

TEST(Attribution, settles_bull_against_bullmq_by_what_only_one_of_them_writes) {
  std::vector<Named> shared = {{"bull:a:id", string}, {"bull:a:wait", list}, {"bull:a:completed", zset}};
  auto with = [&](std::string key, KeyType type) {
    auto keys = shared;
    keys.push_back({std::move(key), type});
    return attributed(keys).front().attribution.family;
  };
  EXPECT_EQ(with("bull:a:7", hash), "bull");
  EXPECT_EQ(with("bull:a:meta-paused", string), "bull");
  EXPECT_EQ(with("bull:a:limiter:index", hash), "bull");
  EXPECT_EQ(with("bull:a:events", stream), "bullmq");
  EXPECT_EQ(with("bull:a:meta", hash), "bullmq");
  EXPECT_EQ(with("bull:a:marker", zset), "bullmq");
}

TEST(Attribution, keeps_bull_4_apart_although_its_pause_writes_a_hash_called_meta) {
  EXPECT_EQ(last({{"bull:a:id", string},
                  {"bull:a:meta-paused", string},
                  {"bull:a:meta", hash},
                  {"bull:a:paused", list}}),
            "bull bull:a paused");
}

TEST(Attribution, knows_bullmq_pro_and_never_lets_it_be_changed) {
  auto groups = attributed(bullmq_with("bull:mail:groups", zset));
  EXPECT_EQ(groups[0].attribution.family, "bullmq_pro");
  for (const auto& group : groups) {
    EXPECT_TRUE(group.attribution.read_only) << group.example;
    EXPECT_FALSE(group.attribution.read_only_why.empty());
  }
}

TEST(Attribution, makes_a_queue_read_only_that_holds_an_unknown_container) {
  for (const KeyType type : {list, set, zset, stream}) {
    const auto groups = attributed(bullmq_with("bull:mail:from-the-future", type));
    for (const auto& group : groups) {
      EXPECT_TRUE(group.attribution.read_only) << group.example;
      EXPECT_NE(group.attribution.read_only_why.find("headroom does not know"), std::string_view::npos);
    }
    EXPECT_EQ(groups.back().attribution.role, "unknown");
    EXPECT_EQ(groups.back().attribution.care, Care::hands_off);
  }
}

TEST(Attribution, leaves_other_queues_writable_beside_a_read_only_one) {
  auto keys = bullmq_with("bull:mail:from-the-future", list);
  for (const auto& key : bullmq_with("bull:sms:7", hash, "bull:sms")) keys.push_back(key);
  EXPECT_FALSE(attributed(keys).back().attribution.read_only);
}

TEST(Attribution, takes_custom_job_ids_for_jobs_and_not_for_unknown_containers) {
  const auto groups = attributed(bullmq_with("bull:mail:whatever:the-user:likes", hash));
  EXPECT_FALSE(groups.back().attribution.read_only);
  EXPECT_EQ(groups.back().attribution.role, "job");
}

TEST(Attribution, gives_folded_queue_names_one_folded_owner) {
  std::vector<PatternGroup> groups;
  // Each group has met another tenant first, as happens in a scan.
  for (const auto& [key, type] : {Named{"bull:tenant-3:id", string}, Named{"bull:tenant-17:meta", hash},
                                  Named{"bull:tenant-9:events", stream}, Named{"bull:tenant-17:4711", hash}})
    groups.push_back(group_of(key, type, folded(key)));
  for (const auto& group : attributed(groups)) {
    EXPECT_EQ(group.attribution.family, "bullmq") << group.example;
    EXPECT_EQ(group.attribution.owner, "bull:tenant-{n}") << group.example;
  }
}

// A survey folds each part only when more than 32 queues have it.
TEST(Attribution, gives_parts_that_were_folded_and_parts_that_were_not_one_owner) {
  std::vector<PatternGroup> groups = {group_of("bull:tenant-3:id", string, "bull:tenant-{n}:id"),
                                      group_of("bull:tenant-8:meta", hash, "bull:tenant-{n}:meta"),
                                      group_of("bull:tenant-7:failed", zset, "bull:tenant-7:failed"),
                                      group_of("bull:tenant-7:12", hash, "bull:tenant-7:{n}")};
  for (const auto& group : attributed(groups))
    EXPECT_EQ(group.attribution.owner, "bull:tenant-{n}") << group.pattern;
}

TEST(Attribution, knows_jobs_folded_over_many_queues_by_the_queue_of_their_example) {
  auto groups = groups_of(bullmq_with("bull:mail:wait", list));
  groups.push_back(group_of("bull:mail:17", hash, "bull:{text}:{n}"));
  groups = attributed(groups);
  EXPECT_EQ(groups.back().attribution.family, "bullmq");
  EXPECT_EQ(groups.back().attribution.owner, "bull:{text}");
  EXPECT_EQ(groups.back().attribution.role, "job");
  EXPECT_FALSE(groups.front().attribution.read_only);
}

TEST(Attribution, makes_every_queue_read_only_that_a_folded_unknown_container_may_belong_to) {
  auto groups = groups_of(bullmq_with("bull:mail:wait", list));
  groups.push_back(group_of("bull:mail:from-the-future", list, "bull:{text}:from-the-future"));
  for (const auto& group : attributed(groups)) EXPECT_TRUE(group.attribution.read_only) << group.pattern;
}

TEST(Attribution, reads_the_root_of_a_name_whose_pattern_was_cut) {
  auto groups = groups_of(bullmq_with("bull:mail:wait", list));
  groups.push_back(group_of("bull:mail:a:b:" + std::string(300, 'x'), hash, "bull:mail:a:{long}"));
  EXPECT_EQ(attributed(groups).back().attribution.owner, "bull:mail");
  EXPECT_EQ(attributed(groups).back().attribution.role, "job");
}

TEST(Attribution, matches_unmeasured_groups_by_name_alone) {
  EXPECT_EQ(last(bullmq_with("bull:mail:7", unknown)), "bullmq bull:mail job");
  EXPECT_EQ(last(bullmq_with("bull:mail:user:42:logs", unknown)), "bullmq bull:mail log");
  EXPECT_EQ(last({{"bull:m:id", unknown},
                  {"bull:m:events", unknown},
                  {"bull:m:metrics:failed", unknown},
                  {"bull:m:metrics:completed", unknown}}),
            "bullmq bull:m metrics");
}

TEST(Attribution, trusts_a_lone_counter_beside_other_queues_of_its_prefix) {
  EXPECT_EQ(last({{"bull:drained:id", string}}), "  ");
  EXPECT_EQ(last(bullmq_with("bull:drained:id", string)), "bullmq bull:drained counter");
  EXPECT_EQ(last(bullmq_with("other:drained:id", string)), "  ");
}

TEST(Attribution, judges_databases_apart) {
  auto groups = groups_of(bullmq_with("bull:mail:7", hash));
  groups.back().db = 1;
  EXPECT_EQ(attributed(groups).back().attribution.family, "");
  EXPECT_EQ(attributed(groups).front().attribution.family, "bullmq");
}

TEST(Attribution, says_the_version_as_far_as_it_shows) {
  const auto version = [](std::string key, KeyType type) {
    return std::string(attributed(bullmq_with(std::move(key), type)).front().attribution.version);
  };
  EXPECT_EQ(version("bull:mail:delay", stream), "1");
  EXPECT_EQ(version("bull:mail:priority", zset), "3 or earlier");
  EXPECT_EQ(version("bull:mail:prioritized", zset), "4 or later");
  EXPECT_EQ(version("bull:mail:marker", zset), "5.1 or later");
  EXPECT_EQ(version("bull:mail:7", hash), "");
}

TEST(Attribution, suspects_a_legacy_index_only_where_a_newer_layout_shows) {
  auto keys = bullmq_with("bull:mail:priority", zset);
  EXPECT_EQ(attributed(keys).back().attribution.debris, "");
  keys.insert(keys.begin(), {"bull:mail:marker", zset});
  EXPECT_EQ(attributed(keys).back().attribution.debris, "legacy-priority");
  // Bull orders its waiting jobs by it to this day.
  EXPECT_EQ(attributed({{"bull:b:id", string}, {"bull:b:meta-paused", string}, {"bull:b:priority", zset}})
                .back()
                .attribution.debris,
            "");
}

TEST(Attribution, suspects_a_hash_that_is_too_small_to_be_a_job) {
  auto groups = groups_of(bullmq_with("bull:mail:7", hash));
  groups.back().max = Bytes{104};
  EXPECT_EQ(attributed(groups).back().attribution.debris, "stub");
  groups.back().max = Bytes{184};
  EXPECT_EQ(attributed(groups).back().attribution.debris, "");
  groups.back().max = Bytes{};  // nobody measured it
  EXPECT_EQ(attributed(groups).back().attribution.debris, "");
}

TEST(Attribution, suspects_results_without_a_ttl_and_only_that_part_of_them) {
  auto groups = groups_of({{"celery-task-meta-1", string}, {"celery-task-meta-2", string}});
  groups[0].without_ttl_keys = {1, 1, 1};
  groups = attributed(groups);
  EXPECT_EQ(groups[0].attribution.debris, "result-without-ttl");
  EXPECT_TRUE(groups[0].attribution.only_without_ttl);
  EXPECT_EQ(groups[0].attribution.care, Care::finished);
  EXPECT_EQ(groups[1].attribution.debris, "");
}

TEST(Attribution, suspects_an_rpc_list_once_nobody_touched_it_for_a_day) {
  auto groups = groups_of({{"_kombu.binding.mail", set}, {"07e0e1e6-5792-3269-9d77-38678ee6eef7", list}});
  EXPECT_EQ(attributed(groups).back().attribution.role, "rpc results");
  EXPECT_EQ(attributed(groups).back().attribution.debris, "");
  groups.back().min_idle_seconds = 86'400;
  EXPECT_EQ(attributed(groups).back().attribution.debris, "unread-rpc-list");
}

TEST(Attribution, suspects_the_bindings_of_clients_once_none_has_asked_for_a_quarter_of_an_hour) {
  auto groups = groups_of({{"_kombu.binding.reply.celery.pidbox", set}});
  groups.back().min_idle_seconds = 60;
  EXPECT_EQ(attributed(groups).back().attribution.debris, "");
  groups.back().min_idle_seconds = 15 * 60;
  EXPECT_EQ(attributed(groups).back().attribution.debris, "stale-binding");
  EXPECT_EQ(attributed(groups).back().attribution.care, Care::hands_off);
}

TEST(KombuAttribution, knows_a_queue_by_its_binding_its_priorities_or_its_name) {
  EXPECT_EQ(last({{"_kombu.binding.mail", set}, {"mail", list}}), "kombu  queue");
  EXPECT_EQ(last({{"_kombu.binding.celery.pidbox", set}, {"celery", list}}), "kombu  queue");
  EXPECT_EQ(last({{"sms\x06\x16"
                   "6",
                   list},
                  {"sms", list}}),
            "kombu  queue");
  EXPECT_EQ(last({{"_kombu.binding.mail", set}, {"letters", list}}), "  ");
  EXPECT_EQ(last({{"_kombu.binding.mail", set}, {"mail", hash}}), "  ");
  EXPECT_EQ(last({{"celery", list}}), "  ");
}

TEST(KombuAttribution, takes_what_is_glued_in_front_for_the_owner) {
  EXPECT_EQ(last({{"app1:_kombu.binding.mail", set}, {"app1:mail", list}}), "kombu app1: queue");
  EXPECT_EQ(last({{"app1_kombu.binding.mail", set},
                  {"app1mail\x06\x16"
                   "3",
                   list}}),
            "kombu app1 queue");
  EXPECT_EQ(last({{"_kombu.binding.x", set}, {"app1:_kombu.binding.mail", set}, {"app1:unacked", hash}}),
            "kombu app1: unacked");
  EXPECT_EQ(last({{"app2_celery-task-meta-7", string}}), "celery app2_ result");
}

TEST(KombuAttribution, does_not_take_every_list_called_unacked_for_its_own) {
  EXPECT_EQ(last({{"shop:unacked", hash}}), "  ");
  EXPECT_EQ(last({{"unacked", hash}, {"unacked_index", zset}}), "kombu  unacked");
}

TEST(KombuAttribution, finds_folded_queues_by_folded_bindings) {
  std::vector<PatternGroup> groups = {group_of("_kombu.binding.t7", set, "_kombu.binding.t{n}"),
                                      group_of("t9", list, "t{n}")};
  EXPECT_EQ(attributed(groups).back().attribution.role, "queue");
}

TEST(Attribution, forgets_what_it_said_before) {
  auto groups = groups_of({{"nobody's", string}});
  groups[0].attribution.family = "bull";
  groups[0].attribution.read_only = true;
  groups = attributed(groups);
  EXPECT_EQ(groups[0].attribution.family, "");
  EXPECT_FALSE(groups[0].attribution.read_only);
}

// A pattern that breaks the promise of alignment must not lead out of its bounds; its example speaks for it.
TEST(Attribution, survives_patterns_that_do_not_match_their_examples) {
  std::vector<PatternGroup> groups;
  for (const auto& [key, type] : bullmq_with("bull:mail:7", hash))
    groups.push_back(group_of(key, type, "{id}"));
  EXPECT_EQ(attributed(groups).back().attribution.owner, "bull:mail");
}

// F12. Not timed: were it quadratic in groups or in colons, this would take hours.
TEST(Attribution, stays_linear_in_groups_and_in_colons) {
  std::vector<PatternGroup> groups;
  for (int i = 0; i < 32'000; ++i) {
    const auto root = "bull:queue-" + std::to_string(i / 8);
    const Named key =
        bullmq_with(root + ":" + std::to_string(i), hash, root)[static_cast<std::size_t>(i % 4)];
    groups.push_back(group_of(key.key, key.type, key.key));
  }
  for (int i = 0; i < 8; ++i) {
    const std::string colons(65'000, ':');
    groups.push_back(group_of(colons + (i % 2 == 0 ? "id" : "meta"), i % 2 == 0 ? string : hash, colons));
    groups.push_back(group_of(colons + ":" + std::to_string(i), hash, colons + ":" + std::to_string(i)));
  }
  EXPECT_EQ(attributed(groups)[31'999].attribution.owner, "bull:queue-3999");
}

}  // namespace
}  // namespace headroom::family
