#include "family/attribution.h"

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>

#include "family/groups.h"
#include "kit/loaded_server.h"

namespace headroom::family {
namespace {

using nlohmann::json;
using test::groups_of;
using test::loaded_server;

const std::vector<Family>& families() {
  static const std::vector<Family> all = known_families();
  return all;
}

/// What attribute() says of every key of a dump.
std::map<std::string, Attribution> attributed(std::string_view dump, std::uint32_t db = 0) {
  const auto server = loaded_server(dump);
  auto groups = groups_of(*server, db);
  EXPECT_FALSE(groups.empty());
  attribute(groups, families());
  std::map<std::string, Attribution> out;
  for (const auto& group : groups) out[group.example] = group.attribution;
  return out;
}

json report(std::string_view dump) { return json::parse(test::dump_reports(dump).at(0)); }
json report(std::string_view dump, const char* part) { return report(dump)[part]; }

/// The owner that the library itself names: the longest listed root above the key.
std::string owner_by_report(const json& queues, const std::string& key) {
  std::string longest;
  for (const auto& queue : queues) {
    const auto root = queue["root"].get<std::string>();
    if (key.starts_with(root + ":") && root.size() > longest.size()) longest = root;
  }
  return longest;
}

class BullDumps : public testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(BullDumps, every_key_is_given_to_the_queue_that_the_library_names) {
  const auto [dump, family] = GetParam();
  const auto queues = report(dump, "queues");
  for (const auto& [key, given] : attributed(dump)) {
    EXPECT_EQ(given.family, family) << key;
    EXPECT_EQ(given.owner, owner_by_report(queues, key)) << key;
    EXPECT_NE(given.role, "unknown") << key;
    EXPECT_FALSE(given.read_only) << key << ": " << given.read_only_why;
    EXPECT_FALSE(given.why.empty()) << key;
  }
}

// The queue counts keys that expire after its report was written; the dump has fewer of them, and no others.
TEST_P(BullDumps, an_owner_has_as_many_keys_as_the_library_counted) {
  const auto [dump, family] = GetParam();
  const auto all = attributed(dump);
  for (const auto& queue : report(dump, "queues")) {
    const auto root = queue["root"].get<std::string>();
    std::size_t keys = 0;
    for (const auto& [key, given] : all) keys += given.owner == root ? 1 : 0;
    EXPECT_LE(keys, queue["keys"].get<std::size_t>()) << root;
    EXPECT_GE(keys + queue["keys_with_ttl"].get<std::size_t>(), queue["keys"].get<std::size_t>()) << root;
  }
}

INSTANTIATE_TEST_SUITE_P(, BullDumps,
                         testing::Values(std::pair{"bull4_all_states", "bull"},
                                         std::pair{"bullmq5_all_states", "bullmq"},
                                         std::pair{"bullmq5_debris", "bullmq"},
                                         std::pair{"bullmq6_all_states", "bullmq"},
                                         std::pair{"bullmq6_debris", "bullmq"}),
                         [](const auto& one) { return std::string(one.param.first); });

// Kinds that show in names and types alone. Orphans, dangling ids and the like take the content of keys to
// prove.
TEST(BullDebris, what_an_older_version_left_is_suspected) {
  for (const auto* dump : {"bullmq5_debris", "bullmq6_debris"}) {
    const auto all = attributed(dump);
    std::size_t found = 0;
    for (const auto& debris : report(dump, "debris")) {
      const auto kind = debris["kind"].get<std::string>();
      if (kind != "legacy_priority" && kind != "legacy_delay_stream") continue;
      const auto& given = all.at(debris["key"].get<std::string>());
      EXPECT_EQ(given.debris, kind == "legacy_priority" ? "legacy-priority" : "legacy-delay-stream");
      EXPECT_EQ(given.certainty, Certainty::suspected);
      ++found;
    }
    EXPECT_EQ(found, 2U) << dump;
  }
}

TEST(BullDebris, a_live_queue_has_none) {
  for (const auto* dump : {"bullmq5_all_states", "bullmq6_all_states"})
    for (const auto& [key, given] : attributed(dump)) EXPECT_EQ(given.debris, "") << key;
}

TEST(CeleryDump, every_key_belongs_to_celery_or_kombu_under_its_own_prefix) {
  for (const auto& [key, given] : attributed("celery_mixed")) {
    EXPECT_EQ(given.family, key.starts_with("celery-task") ? "celery" : "kombu") << key;
    EXPECT_EQ(given.owner, key.starts_with("app1:") ? "app1:" : "") << key;
    EXPECT_FALSE(given.role.empty()) << key;
  }
}

TEST(CeleryDump, every_queue_and_binding_is_recognised) {
  const auto all = attributed("celery_mixed");
  const auto told = report("celery_mixed");
  for (const auto* part : {"queues", "prefixed_queues"})
    for (const auto& queue : told[part])
      for (const auto& [list, length] : queue["lists"].items()) EXPECT_EQ(all.at(list).role, "queue") << list;
  for (const auto& [key, members] : told["bindings"].items()) EXPECT_EQ(all.at(key).role, "binding") << key;
  for (const auto& list : told["rpc_lists"])
    EXPECT_EQ(all.at(list["key"].get<std::string>()).role, "rpc results");
}

TEST(CeleryDump, what_nobody_will_remove_is_suspected) {
  const auto all = attributed("celery_mixed");
  const auto told = report("celery_mixed");
  std::size_t results = 0;
  for (const auto& [key, given] : all) results += given.debris == "result-without-ttl" ? 1 : 0;
  std::size_t without_ttl = 0;
  for (const auto& state : told["results"]) without_ttl += state["without_ttl"].get<std::size_t>();
  EXPECT_EQ(results, without_ttl);
  for (const auto& debris : told["debris"]) {
    const auto& given = all.at(debris["key"].get<std::string>());
    if (debris["kind"] == "leaked_reply_list") {
      EXPECT_EQ(given.debris, "leaked-reply-list");
    } else if (debris["kind"] == "celeryev_list") {
      EXPECT_EQ(given.debris, "celeryev-list");
    }
  }
}

TEST(DemoDump, every_key_of_both_databases_belongs_to_somebody) {
  for (const std::uint32_t db : {0U, 1U})
    for (const auto& [key, given] : attributed("demo", db)) EXPECT_NE(given.family, "") << key;
}

TEST(OtherLibraries, every_key_of_the_dump_belongs_to_somebody) {
  for (const auto& [key, given] : attributed("others")) EXPECT_NE(given.family, "") << key;
}

TEST(HostileNames, belong_to_nobody_unless_they_carry_a_librarys_own_words) {
  for (const auto& [key, given] : attributed("hostile_names")) {
    if (key.find("celery-task-meta-") != std::string::npos && given.family == "celery") continue;
    EXPECT_EQ(given.family, "") << key.substr(0, 100);
  }
}

}  // namespace
}  // namespace headroom::family
