#include "family/roots.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "family/asker.h"

namespace headroom::family {
namespace {

const std::vector<Family>& families() {
  static const std::vector<Family> all = known_families();
  return all;
}

void offer(RootFinder& finder, std::string_view key, KeyType type, std::uint32_t db = 0) {
  const auto interest = finder.look(db, key);
  EXPECT_NE(interest.look, Look::details);
  if (interest.look == Look::type)
    finder.take({.key = key, .db = db, .ticket = interest.ticket, .type = type});
}

std::vector<std::string> names(const RootFinder& finder) {
  std::vector<std::string> out;
  for (const Root& root : finder.finish())
    out.push_back(std::to_string(root.db) + " " + std::string(root.family->name) + " " + root.root);
  return out;
}

class RootsOfADump : public testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(RootsOfADump, are_exactly_those_the_library_names) {
  const auto [dump, family] = GetParam();
  const auto server = test::loaded_server(dump);
  std::set<std::string> with_keys, expected, found;
  const auto keys = test::all_keys(*server, 0);
  const auto report = nlohmann::json::parse(test::dump_reports(dump).at(0));
  for (const auto& queue : report["queues"]) {
    const auto root = queue["root"].get<std::string>();
    const auto is_under = [&](const test::FoundKey& key) { return key.name.starts_with(root + ":"); };
    if (std::any_of(keys.begin(), keys.end(), is_under)) expected.insert(root);
  }
  for (const Root& root : test::roots_of(keys, families())) {
    EXPECT_EQ(root.family->name, family) << root.root;
    found.insert(root.root);
  }
  EXPECT_EQ(found, expected);
}

INSTANTIATE_TEST_SUITE_P(, RootsOfADump,
                         testing::Values(std::pair{"bull4_all_states", "bull"},
                                         std::pair{"bullmq5_all_states", "bullmq"},
                                         std::pair{"bullmq6_all_states", "bullmq"},
                                         std::pair{"bullmq6_debris", "bullmq"}),
                         [](const auto& one) { return std::string(one.param.first); });

TEST(RootFinder, asks_for_no_type_of_jobs_and_results) {
  RootFinder finder(families());
  for (const auto* key :
       {"bull:mail:17", "bull:mail:a2cc1e2f-31ec-44c7-8416-496b75b3ec80",
        "bull:mail:repeat:daily:1795237200000", "celery-task-meta-0a2cc1e2-31ec-44c7-8416-496b75b3ec80",
        "user:7:cart", "bull:mail:17:logs", "bull:mail:17:lock", "bull:mail:de:customer-7"})
    EXPECT_EQ(finder.look(0, key).look, Look::name) << key;
}

TEST(RootFinder, finds_one_root_per_database) {
  RootFinder finder(families());
  for (const std::uint32_t db : {0U, 3U}) {
    offer(finder, "bull:mail:id", KeyType::string, db);
    offer(finder, "bull:mail:events", KeyType::stream, db);
  }
  EXPECT_EQ(names(finder), (std::vector<std::string>{"0 bullmq bull:mail", "3 bullmq bull:mail"}));
}

TEST(RootFinder, believes_types_and_not_names) {
  RootFinder finder(families());
  offer(finder, "order:id", KeyType::hash);
  offer(finder, "order:events", KeyType::string);
  offer(finder, "order:wait", KeyType::set);
  EXPECT_TRUE(finder.finish().empty());
}

TEST(RootFinder, begins_again_after_a_restart) {
  RootFinder finder(families());
  offer(finder, "bull:mail:id", KeyType::string);
  offer(finder, "bull:mail:events", KeyType::stream);
  finder.restart();
  EXPECT_TRUE(finder.finish().empty());
}

TEST(RootFinder, says_the_version_by_the_newest_key_it_met) {
  RootFinder finder(families());
  offer(finder, "bull:mail:marker", KeyType::zset);
  offer(finder, "bull:mail:priority", KeyType::zset);
  offer(finder, "bull:mail:id", KeyType::string);
  ASSERT_EQ(finder.finish().size(), 1U);
  EXPECT_EQ(finder.finish()[0].version, "5.1 or later");
}

TEST(RootFinder, does_not_remember_more_roots_than_it_may) {
  RootFinder finder(families());
  for (std::size_t i = 0; i < RootFinder::most_roots + 500; ++i)
    offer(finder, "bull:" + std::to_string(i) + ":id", KeyType::string);
  EXPECT_EQ(finder.left_out(), 500U);
  offer(finder, "bull:7:events", KeyType::stream);
  EXPECT_EQ(finder.left_out(), 500U);
}

TEST(RootFinder, finds_nothing_in_hostile_names) {
  const auto server = test::loaded_server("hostile_names");
  for (const Root& root : test::roots_of(test::all_keys(*server, 0), families()))
    ADD_FAILURE() << root.family->name << " at " << root.root;
}

}  // namespace
}  // namespace headroom::family
