#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "family/attribution.h"
#include "family/family.h"
#include "family/groups.h"
#include "family/questions.h"
#include "family/roots.h"
#include "kit/loaded_server.h"

namespace headroom::family {
namespace {

const std::set<std::string_view> ours = {"arq",     "celery_once", "django_cache", "dramatiq",
                                         "horizon", "huey",        "laravel",      "redbeat",
                                         "resque",  "rq",          "sidekiq",      "spring_session"};

const std::vector<Family>& all_families() {
  static const std::vector<Family> families = known_families();
  return families;
}

std::vector<Family> our_families() {
  std::vector<Family> found;
  std::copy_if(all_families().begin(), all_families().end(), std::back_inserter(found),
               [](const Family& family) { return ours.count(family.name) == 1; });
  return found;
}

// A second, slow reading of the shape language, written from its description alone: it backtracks.
bool is_hex(char c) { return std::string_view("0123456789abcdefABCDEF").find(c) != std::string_view::npos; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !is_hex(text[i])) return false;
  }
  return true;
}

bool may_stand_for(std::string_view placeholder, std::string_view text) {
  if (placeholder == "prefix") return true;
  if (text.empty()) return false;
  if (placeholder == "n") return std::all_of(text.begin(), text.end(), is_digit);
  if (placeholder == "hex") return text.size() >= 8 && std::all_of(text.begin(), text.end(), is_hex);
  if (placeholder == "id") return text.find(':') == std::string_view::npos;
  if (placeholder == "uuid") return is_uuid(text);
  return placeholder == "any" || placeholder == "root";
}

bool reads(std::string_view shape, std::string_view key) {
  if (shape.empty()) return key.empty();
  if (shape.front() != '{')
    return !key.empty() && key.front() == shape.front() && reads(shape.substr(1), key.substr(1));
  const auto end = shape.find('}');
  for (std::size_t n = 0; n <= key.size(); ++n)
    if (may_stand_for(shape.substr(1, end - 1), key.substr(0, n)) &&
        reads(shape.substr(end + 1), key.substr(n)))
      return true;
  return false;
}

const KeyShape* first_reading(const Family& family, std::string_view key, KeyType type) {
  for (const KeyShape& shape : family.shapes)
    if (shape.types.has(type) && reads(shape.shape, key)) return &shape;
  return nullptr;
}

struct Key {
  std::string name{};
  KeyType type = KeyType::string;
  bool expires = true;
  std::chrono::minutes idle{};
};

PatternGroup group_of(const Key& key) {
  auto group = test::group_of(key.name, key.type, test::escaped(key.name));
  if (!key.expires) group.without_ttl_keys = {1, 1, 1};
  group.min_idle_seconds = static_cast<std::uint64_t>(std::chrono::seconds(key.idle).count());
  return group;
}

std::map<std::string, Attribution> judged(std::vector<PatternGroup> groups) {
  attribute(groups, all_families());
  std::map<std::string, Attribution> found;
  for (const PatternGroup& group : groups) found[group.example] = group.attribution;
  return found;
}

std::map<std::string, Attribution> judged(const std::vector<Key>& keys) {
  std::vector<PatternGroup> groups;
  std::transform(keys.begin(), keys.end(), std::back_inserter(groups), group_of);
  return judged(std::move(groups));
}

/// Asks the server as the facts room would; these are the three things our families ask.
Answer asked(const test::RedisServer& server, const Question& question) {
  static const std::map<std::string, std::string> lengths = {
      {"list", "LLEN"}, {"set", "SCARD"}, {"zset", "ZCARD"}, {"hash", "HLEN"}, {"string", "STRLEN"}};
  const auto said = [&](const std::vector<std::string>& command) {
    return nlohmann::json::parse(test::ask_json(server, 0, command));
  };
  if (question.ask == Ask::length) {
    const auto type = said({"TYPE", question.key}).get<std::string>();
    return {.number = type == "none" ? 0 : said({lengths.at(type), question.key}).get<double>()};
  }
  if (question.ask == Ask::last_score)  // RESP3: pairs of member and score
    return {.number = said({"ZREVRANGE", question.key, "0", "0", "WITHSCORES"}).at(0).at(1).get<double>()};
  EXPECT_EQ(question.ask, Ask::members);
  Answer answer;
  for (const auto& member : said({"SMEMBERS", question.key}))
    answer.texts.emplace_back(member.get<std::string>());
  return answer;
}

std::vector<Answer> asked(const test::RedisServer& server, const std::vector<Question>& questions) {
  std::vector<Answer> answers;
  for (const Question& question : questions) answers.push_back(asked(server, question));
  return answers;
}

/// What `queues` would say, by family and owner.
std::map<std::string, QueueState> queues_seen(const test::RedisServer& server) {
  RootFinder finder(all_families());
  for (const test::FoundKey& key : test::all_keys(server, 0))
    if (finder.look(0, key.name).look != Look::name)
      finder.take({.key = key.name, .type = test::type_named(key.type)});
  std::map<std::string, QueueState> seen;
  for (const Root& root : finder.finish())
    for (const Root& queue : queues_of(root, asked(server, name_questions(root)))) {
      auto found = state(queue, asked(server, questions(queue)), std::chrono::seconds(4'000'000'000));
      seen[std::string(found.family) + " " + found.owner] = std::move(found);
    }
  return seen;
}

// Who wrote a key of that dump, by what the producers are known to write: nothing here is taken from the
// families.
std::string_view writer(std::string_view key) {
  static const std::vector<std::pair<std::string_view, std::string_view>> by_beginning = {
      {"rq:", "rq"},
      {"resque:", "resque"},
      {"dramatiq:", "dramatiq"},
      {"huey.", "huey"},
      {"arq:", "arq"},
      {"redbeat:", "redbeat"},
      {"horizon:", "horizon"},
      {"spring:session:", "spring_session"},
      {"qo_", "celery_once"},
      {"laravel_database_", "laravel"},
      {":1:", "django_cache"},
      {":2:", "django_cache"}};
  for (const auto& [beginning, family] : by_beginning)
    if (key.starts_with(beginning)) return family;
  return "sidekiq";  // the only one without a prefix of its own
}

TEST(KnownOthers, every_family_is_in_the_roster) {
  std::set<std::string_view> names;
  for (const Family& family : our_families()) names.insert(family.name);
  EXPECT_EQ(names, ours);
}

TEST(KnownOthers, every_shape_asks_for_a_type) {
  for (const Family& family : our_families())
    for (const KeyShape& shape : family.shapes)
      EXPECT_NE(shape.types.bits, 0) << family.name << " " << shape.shape;
}

TEST(KnownOthers, every_debris_rule_has_a_kind_a_reason_and_no_claim_of_proof) {
  for (const Family& family : our_families())
    for (const KeyShape& shape : family.shapes) {
      SCOPED_TRACE(testing::Message() << family.name << " " << shape.shape);
      const bool rule = shape.debris_when != DebrisWhen::none;
      EXPECT_EQ(rule, !shape.debris.empty());
      EXPECT_EQ(rule, !shape.debris_why.empty());
      EXPECT_EQ(shape.debris_when == DebrisWhen::idle, shape.idle_minutes > 0);
      EXPECT_TRUE(std::all_of(shape.debris.begin(), shape.debris.end(),
                              [](char c) { return (c >= 'a' && c <= 'z') || c == '-'; }));
      EXPECT_EQ(shape.certainty, Certainty::suspected) << "one key alone proves nothing";
    }
}

TEST(KnownOthers, examples_resolve_to_their_role) {
  for (const Family& family : our_families())
    for (const Example& example : family.examples) {
      SCOPED_TRACE(testing::Message() << family.name << " " << example.key);
      const KeyShape* shape = first_reading(family, example.key, example.type);
      ASSERT_NE(shape, nullptr);
      EXPECT_EQ(shape->role, example.role);
    }
}

class OthersDump : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    const auto server = test::loaded_server("others");
    groups_ = test::groups_of(*server, 0);
    found_ = judged(groups_);
    queues_ = queues_seen(*server);
    for (const std::string& report : test::dump_reports("others")) {
      const auto document = nlohmann::json::parse(report);
      reports_[document["library"].get<std::string>()] = document;
    }
  }
  using States = std::vector<std::pair<std::string, std::uint64_t>>;
  static States states(const std::string& owner) { return queues_[owner].states; }
  inline static std::vector<PatternGroup> groups_;
  inline static std::map<std::string, Attribution> found_;
  inline static std::map<std::string, QueueState> queues_;
  inline static std::map<std::string, nlohmann::json> reports_;
};

TEST_F(OthersDump, every_key_has_a_shape_of_its_family_with_the_right_type) {
  ASSERT_GT(groups_.size(), 150U);
  std::map<std::string_view, Family> by_name;
  for (const Family& family : our_families()) by_name[family.name] = family;
  for (const PatternGroup& group : groups_)
    EXPECT_NE(first_reading(by_name.at(writer(group.example)), group.example, group.type()), nullptr)
        << group.example;
}

TEST_F(OthersDump, every_key_is_attributed_to_the_library_that_wrote_it) {
  for (const auto& [key, attribution] : found_) EXPECT_EQ(attribution.family, writer(key)) << key;
}

TEST_F(OthersDump, owners_are_the_prefixes_the_producers_used) {
  EXPECT_EQ(found_["resque:queue:orders"].owner, "resque:");
  EXPECT_EQ(found_["dramatiq:default"].owner, "dramatiq");
  EXPECT_EQ(found_["spring:session:sessions:5f0c"].owner, "spring:session");
  EXPECT_EQ(found_["horizon:job-0"].owner, "horizon");
  EXPECT_EQ(found_["laravel_database_queues:emails:reserved"].owner, "laravel_database_");
  EXPECT_EQ(found_["laravel_database_laravel_cache:settings"].owner, "laravel");
  EXPECT_EQ(found_["queue:default"].owner, "");
  EXPECT_EQ(found_["rq:queue:orders"].owner, "");
}

TEST_F(OthersDump, live_work_is_hands_off) {
  for (const std::string key :
       {"rq:queue:orders", "rq:wip:orders", "rq:job:took-its-worker-along", "queue:default", "retry",
        "schedule", "resque:queue:orders", "resque:delayed_queue_schedule", "laravel_database_queues:emails",
        "laravel_database_queues:emails:reserved", "dramatiq:default.msgs",
        "dramatiq:__acks__.worker-dead.default", "huey.redis.shop", "huey.results.shop", "arq:queue",
        "arq:job:job-0", "redbeat::schedule", "redbeat:database_maintenance",
        "spring:session:sessions:5f0c"}) {
    EXPECT_EQ(found_[key].care, Care::hands_off) << key;
    EXPECT_EQ(found_[key].debris, "") << key;
  }
}

TEST_F(OthersDump, what_has_no_ttl_although_the_library_sets_one_is_suspected) {
  EXPECT_EQ(found_[":1:device-list:filter=0"].debris, "cache-entry-without-ttl");
  EXPECT_EQ(found_["rq:results:kept-forever"].debris, "result-without-ttl");
  EXPECT_EQ(found_["arq:result:job-kept"].debris, "result-without-ttl");
  EXPECT_EQ(found_["qo_shop.tasks.mail_customer-7"].debris, "lock-without-ttl");
  EXPECT_EQ(found_["arq:result:job-done"].debris, "");
}

TEST_F(OthersDump, queues_have_the_numbers_their_library_reports) {
  const std::map<std::string, std::string> family_of = {
      {"rq", "rq"}, {"sidekiq", "sidekiq"}, {"laravel", "laravel"}, {"node-resque", "resque"}};
  for (const auto& [library, family] : family_of)
    for (const auto& queue : reports_.at(library)["queues"]) {
      const auto root = queue["root"].get<std::string>();
      std::map<std::string, std::uint64_t> expected = queue["states"];
      std::map<std::string, std::uint64_t> seen;
      for (const auto& [name, jobs] : states(family + " " + root)) seen[name] = jobs;
      EXPECT_EQ(seen, expected) << root;
    }
}

TEST_F(OthersDump, what_belongs_to_no_single_queue_has_the_library_s_numbers_too) {
  const auto& sidekiq = reports_.at("sidekiq")["states"];
  EXPECT_EQ(
      states("sidekiq "),
      (States{{"scheduled", sidekiq["scheduled"]}, {"retry", sidekiq["retry"]}, {"dead", sidekiq["dead"]}}));
  const auto& resque = reports_.at("node-resque");
  EXPECT_EQ(states("resque resque:"),
            (States{{"failed", resque["failed"]}, {"delayed timestamps", resque["delayed"]}}));
}

// These were written from documentation (others_by_hand.py says how many).
TEST_F(OthersDump, queues_of_the_documented_libraries_are_found_too) {
  EXPECT_EQ(states("dramatiq dramatiq:default"),
            (States{{"waiting", 3}, {"delayed", 1}, {"dead letters", 1}}));
  EXPECT_TRUE(queues_["dramatiq dramatiq"].heartbeat_age.has_value());
  EXPECT_EQ(states("huey huey.redis.shop"), (States{{"pending", 2}, {"scheduled", 1}, {"results", 40}}));
  EXPECT_EQ(states("arq "), (States{{"queued", 4}, {"in progress", 1}}));
}

TEST_F(OthersDump, a_dead_process_or_worker_still_registered_is_flagged) {
  EXPECT_THAT(queues_["sidekiq "].flags, testing::ElementsAre("has processes"));
  EXPECT_THAT(queues_["resque resque:"].flags, testing::ElementsAre("has workers"));
}

TEST(KnownOthers, looking_for_queues_asks_about_no_job_and_no_cache_entry) {
  RootFinder finder(all_families());
  for (const std::string key :
       {"rq:job:0065449e-3f56-43c9-9f95-a31f5aba9d70", "rq:results:x", "arq:job:1", "arq:result:1",
        ":1:basket", "uniquejobs:00000000000000000000000000000007:INFO", "spring:session:sessions:5f0c",
        "qo_a.b", "laravel_database_laravel_cache:product:1", "horizon:9b2e1c50-6d1f-4b86-9f6e-8a0c8a6f2f11",
        "user:1", "resque:timestamps:{}", "dramatiq-results:a:b:c"})
    EXPECT_EQ(finder.look(0, key).look, Look::name) << key;
}

TEST_F(OthersDump, a_ghost_of_rq_is_too_small_to_be_a_job) {
  for (const auto& [key, attribution] : found_)
    if (attribution.family == "rq" && attribution.role == "job") {
      EXPECT_EQ(attribution.debris, key == "rq:job:ghost" ? "ghost-job" : "") << key;
    }
}

class DumpOfAnotherLibrary : public testing::TestWithParam<std::string> {};

TEST_P(DumpOfAnotherLibrary, has_no_key_that_one_of_these_families_takes) {
  const auto server = test::loaded_server(GetParam());
  for (const auto& [name, attribution] : judged(test::groups_of(*server, 0)))
    EXPECT_EQ(ours.count(attribution.family), 0U) << name << " is " << attribution.family;
}

INSTANTIATE_TEST_SUITE_P(KnownOthers, DumpOfAnotherLibrary,
                         testing::Values("bullmq6_all_states", "bullmq5_debris", "bull4_all_states",
                                         "celery_mixed", "hostile_names"),
                         [](const auto& tried) { return tried.param; });

TEST(KnownOthers, names_that_everybody_uses_are_nobodys_without_the_tells) {
  const std::vector<std::vector<Key>> applications = {
      {{"queue:settings", KeyType::list},
       {"users", KeyType::set},
       {"queues", KeyType::set},
       {"schedule", KeyType::zset}},
      {{"retry", KeyType::zset}, {"stat:processed", KeyType::string}, {"dead", KeyType::zset}},
      {{"shop:queue:mail", KeyType::list}, {"shop:queues", KeyType::set}, {"shop:failed", KeyType::hash}},
      {{"app:worker:1", KeyType::string},
       {"app:worker:2", KeyType::string},
       {"app:job:1:status", KeyType::string}},
      {{"user:42:name", KeyType::string},
       {"user:1:name", KeyType::string},
       {"order:7:1:total", KeyType::string}},
      {{"app:failed_jobs", KeyType::zset}, {"app:job:1", KeyType::hash}},
      {{"app:sessions:1", KeyType::hash}, {"app:sessions:2", KeyType::hash}},
      {{"myqueues:mail", KeyType::list}, {"queues:mail", KeyType::list}},
      {{"order:42:20240115", KeyType::hash}, {"default.msgs", KeyType::hash}, {"chat:7.msgs", KeyType::hash}},
      {{"qo_total", KeyType::string}, {"tag:news:key", KeyType::string}, {"app:schedule", KeyType::zset}}};
  for (const auto& keys : applications)
    for (const auto& [name, attribution] : judged(keys)) EXPECT_EQ(attribution.family, "") << name;
}

TEST(KnownOthers, sidekiq_is_known_by_the_counters_of_a_day) {
  const auto found = judged({{"queues", KeyType::set},
                             {"queue:default", KeyType::list},
                             {"stat:processed", KeyType::string},
                             {"stat:processed:2026-11-21", KeyType::string},
                             {"retry", KeyType::zset},
                             {"retry:settings", KeyType::string}});
  EXPECT_EQ(found.at("queue:default").family, "sidekiq");
  EXPECT_EQ(found.at("retry").role, "retry");
  EXPECT_EQ(found.at("retry:settings").family, "") << "a name of the application beside it";
}

TEST(KnownOthers, sidekiq_under_a_namespace_is_an_owner_of_its_own) {
  const auto found = judged({{"shop:queues", KeyType::set},
                             {"shop:queue:default", KeyType::list},
                             {"shop:stat:failed:2026-11-21", KeyType::string},
                             {"shop:vm:27482:eec9844bfbf4:work", KeyType::hash},
                             {"blog:queue:default", KeyType::list}});
  EXPECT_EQ(found.at("shop:queue:default").owner, "shop:");
  EXPECT_EQ(found.at("shop:queue:default").version, "6.5 or later");
  EXPECT_EQ(found.at("shop:vm:27482:eec9844bfbf4:work").role, "processes");
  EXPECT_EQ(found.at("blog:queue:default").family, "");
}

TEST(KnownOthers, a_resque_without_workers_is_not_taken_for_a_sidekiq) {
  const auto found = judged({{"resque:queues", KeyType::set},
                             {"resque:queue:mail", KeyType::list},
                             {"resque:stat:processed", KeyType::string},
                             {"resque:stat:failed", KeyType::string}});
  for (const auto& [name, attribution] : found) EXPECT_EQ(attribution.family, "resque") << name;
}

TEST(KnownOthers, a_dead_worker_of_resque_shows_by_its_silence) {
  const std::vector<Key> registry = {{"resque:queues", KeyType::set},
                                     {"resque:delayed_queue_schedule", KeyType::zset}};
  auto keys = registry;
  keys.push_back({"resque:worker:ping:shop:2", KeyType::string, false, std::chrono::hours(2)});
  keys.push_back({"resque:worker:ping:shop:3", KeyType::string, false, std::chrono::minutes(2)});
  const auto found = judged(keys);
  EXPECT_EQ(found.at("resque:worker:ping:shop:2").debris, "dead-worker");
  EXPECT_EQ(found.at("resque:worker:ping:shop:3").debris, "");
}

TEST(KnownOthers, a_django_cache_with_a_prefix_is_known_by_names_that_django_makes) {
  const auto found =
      judged({{"shop:1:django.contrib.sessions.cacheg5tzr0l11en0d2oosqlrycf7tmq8ara0", KeyType::string},
              {"shop:1:basket", KeyType::string},
              {"shop:42:cart", KeyType::string},
              {"user:1:basket", KeyType::string}});
  EXPECT_EQ(found.at("shop:1:basket").care, Care::expirable);
  EXPECT_EQ(found.at("shop:42:cart").care, Care::hands_off) << "it may be the application's own";
  EXPECT_EQ(found.at("user:1:basket").family, "");
}

TEST(KnownOthers, a_django_session_is_hands_off_beside_entries_that_may_expire) {
  const auto found =
      judged({{":1:django.contrib.sessions.cacheg5tzr0l11en0d2oosqlrycf7tmq8ara0", KeyType::string},
              {":1:basket", KeyType::string},
              {":3:basket", KeyType::string},
              {":1:online", KeyType::set}});
  EXPECT_EQ(found.at(":1:django.contrib.sessions.cacheg5tzr0l11en0d2oosqlrycf7tmq8ara0").care,
            Care::hands_off);
  EXPECT_EQ(found.at(":1:basket").care, Care::expirable);
  EXPECT_EQ(found.at(":3:basket").care, Care::expirable);
  EXPECT_EQ(found.at(":1:online").care, Care::hands_off);
}

TEST(KnownOthers, locks_of_laravel_are_not_cache_entries) {
  const auto found =
      judged({{"shop_database_shop_cache:product:1", KeyType::string},
              {"shop_database_shop_cache:laravel_unique_job:App\\Jobs\\Mail:7", KeyType::string},
              {"shop-database-shop-cache-framework/schedule-4c5d", KeyType::string},
              {"shop-database-shop-cache-product:1", KeyType::string}});
  EXPECT_EQ(found.at("shop_database_shop_cache:product:1").care, Care::expirable);
  EXPECT_EQ(found.at("shop-database-shop-cache-product:1").care, Care::expirable);
  EXPECT_EQ(found.at("shop_database_shop_cache:laravel_unique_job:App\\Jobs\\Mail:7").care, Care::hands_off);
  EXPECT_EQ(found.at("shop-database-shop-cache-framework/schedule-4c5d").care, Care::hands_off);
}

TEST(KnownOthers, a_queue_of_laravel_is_known_before_any_worker_has_seen_it) {
  const auto found = judged({{"queues:emails", KeyType::list}, {"queues:emails:notify", KeyType::list}});
  EXPECT_EQ(found.at("queues:emails").family, "laravel");
  EXPECT_EQ(found.at("queues:emails").role, "waiting");
}

TEST(KnownOthers, a_spring_session_without_an_index_is_known_under_the_default_namespace_alone) {
  const auto found =
      judged({{"spring:session:sessions:5f0c", KeyType::hash, false}, {"shop:sessions:5f0c", KeyType::hash}});
  EXPECT_EQ(found.at("spring:session:sessions:5f0c").role, "session");
  EXPECT_EQ(found.at("spring:session:sessions:5f0c").debris, "session-without-ttl");
  EXPECT_EQ(found.at("shop:sessions:5f0c").family, "");
}

TEST(KnownOthers, digests_of_unique_jobs_are_suspected_only_after_a_month_of_silence) {
  const auto name = [](char c) { return "uniquejobs:" + std::string(32, c) + ":INFO"; };
  const auto found = judged({{"uniquejobs:digests", KeyType::zset, false},
                             {name('a'), KeyType::string, false, std::chrono::hours(24 * 31)},
                             {name('b'), KeyType::string, false, std::chrono::hours(24 * 3)}});
  EXPECT_EQ(found.at(name('a')).debris, "stale-digest");
  EXPECT_EQ(found.at(name('b')).debris, "");
}

}  // namespace
}  // namespace headroom::family
