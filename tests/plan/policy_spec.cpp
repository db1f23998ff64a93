#include "plan/policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <random>
#include <set>
#include <sstream>

namespace headroom::plan {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::chrono::hours day{24};

PolicyReading read(std::string_view toml, std::map<std::string, std::string> variables = {}) {
  return read_policy(toml, "headroom.toml", [&](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  });
}

Policy good(std::string_view toml, std::map<std::string, std::string> variables = {}) {
  auto reading = read(toml, std::move(variables));
  for (const auto& fault : reading.faults) ADD_FAILURE() << fault.where << ": " << fault.what;
  return reading.policy;
}

/// "12:5 what | remedy" of each fault.
std::vector<std::string> faults(std::string_view toml, std::map<std::string, std::string> variables = {}) {
  std::vector<std::string> texts;
  for (const auto& fault : read(toml, std::move(variables)).faults) {
    auto where = fault.where;
    if (where.starts_with("headroom.toml:")) where.erase(0, 14);
    texts.push_back(where + " " + fault.what + " | " + fault.remedy);
  }
  return texts;
}

TEST(Policy, has_the_figures_that_users_know) {  // A66-A71, A79, A199
  const Policy policy = good("");
  const BullPolicy& bull = policy.for_queue("bull:mail");
  EXPECT_EQ(bull.completed, (Retention{24h, 500, {}}));
  EXPECT_EQ(bull.failed, (Retention{7 * day, 1000, {}}));
  EXPECT_EQ(bull.event_entries, 1000);
  EXPECT_EQ(bull.event_age, 24h);
  EXPECT_EQ(bull.metrics_age, 48h);
  EXPECT_EQ(policy.celery.result_ttl, 1h);
  EXPECT_EQ(policy.celery.result_age, 2h);
  EXPECT_EQ(policy.pace.first_batch, 100);
  EXPECT_EQ(policy.limits.keys, 1'000'000);
  EXPECT_DOUBLE_EQ(policy.limits.share, 0.2);
}

TEST(Policy, reads_every_kind_of_value) {
  const Policy policy = good(R"(
[protect]
names = ["billing:*", "a\"b\\c"]
[limits]
share = "12.5%"
bytes = "500MB"
plan_life = "1h30m"
[pace]
windows = ["22:00-06:00"]
run_time = "off"
[celery]
requeue = true
)");
  EXPECT_THAT(policy.protect, ElementsAre("billing:*", "a\"b\\c"));
  EXPECT_DOUBLE_EQ(policy.limits.share, 0.125);
  EXPECT_EQ(policy.limits.bytes, Bytes{std::uint64_t{500} << 20U});
  EXPECT_EQ(policy.limits.plan_life, 90min);
  EXPECT_THAT(policy.pace.windows, ElementsAre("22:00-06:00"));
  EXPECT_FALSE(policy.pace.run_time.has_value());
  EXPECT_TRUE(policy.celery.requeue);
}

// What a user wrote is what is kept: the count of the default must not take jobs that the file's age keeps.
TEST(Policy, takes_a_retention_as_a_whole) {
  EXPECT_EQ(good("[bull]\ncompleted = { age = \"90d\" }").for_queue("q").completed,
            (Retention{90 * day, {}, {}}));
  EXPECT_EQ(good("[bull.failed]\nbytes = \"1GiB\"").for_queue("q").failed,
            (Retention{{}, {}, Bytes{1ULL << 30U}}));
  EXPECT_EQ(good("[bull]\nfailed = {}").for_queue("q").failed, Retention{});
}

TEST(Policy, has_queues_that_say_less_than_the_rest_says) {
  const Policy policy = good(R"(
[[bull.queue]]
match = "bull:mail*"
completed = { count = 5 }
[[bull.queue]]
match = "bull:*"
orphans = false
[bull]
event_entries = 7
)");
  EXPECT_EQ(policy.for_queue("bull:mailing").completed, (Retention{{}, 5, {}}));
  EXPECT_EQ(policy.for_queue("bull:mailing").event_entries, 7);
  EXPECT_FALSE(policy.for_queue("bull:x").orphans);
  EXPECT_TRUE(policy.for_queue("jobs:x").orphans);
}

// A66 A67 A68 A69 A104: the variables act
TEST(Policy, lets_the_variables_beat_the_defaults_and_the_file_beat_them) {
  const std::map<std::string, std::string> variables{{"REDIS_JOB_TTL", "259200"},
                                                     {"REDIS_EVENT_TTL", "3600"},
                                                     {"REDIS_METRICS_TTL", "7200"},
                                                     {"REDIS_CLEANUP_BATCH_SIZE", "1000"}};
  const Policy policy = good("[bull]\nmetrics_age = \"3h\"", variables);
  const BullPolicy& bull = policy.for_queue("q");
  EXPECT_EQ(bull.failed, (Retention{3 * day, 1000, {}}));
  EXPECT_EQ(bull.orphan_age, 3 * day);
  EXPECT_EQ(bull.completed, (Retention{24h, 500, {}})) << "shorter already";
  EXPECT_EQ(bull.event_age, 1h);
  EXPECT_EQ(bull.metrics_age, 3h);
  EXPECT_EQ(policy.pace.first_batch, 1000);
  EXPECT_EQ(good("", {{"REDIS_JOB_TTL", "3600"}}).for_queue("q").completed.age, 1h);
}

TEST(Policy, keeps_its_defaults_under_the_usual_values_of_the_variables_but_for_the_orphans) {  // A104
  Policy usual;
  usual.bull.back().orphan_age = 7 * day;
  EXPECT_EQ(good("", {{"REDIS_JOB_TTL", "604800"},
                      {"REDIS_EVENT_TTL", "86400"},
                      {"REDIS_METRICS_TTL", "172800"},
                      {"REDIS_CLEANUP_BATCH_SIZE", "100"}}),
            usual);
}

// CFG-1 F46: nonsense in the environment is a fault that names the variable
TEST(Policy, refuses_nonsense_in_a_variable) {
  for (const auto* text :
       {"0x10", "7d", " 604800", "-1", "1e9", "604800 ", "99999999999999999999", "0", "604,800"})
    EXPECT_THAT(faults("", {{"REDIS_JOB_TTL", text}}), ElementsAre(HasSubstr("environment: REDIS_JOB_TTL '")))
        << text;
  EXPECT_THAT(faults("", {{"REDIS_CLEANUP_BATCH_SIZE", "0"}, {"REDIS_EVENT_TTL", "x"}}).size(), 2U);
  EXPECT_THAT(faults("", {{"REDIS_JOB_TTL", ""}}), IsEmpty());
  EXPECT_THAT(faults("", {{"REDIS_JOB_TTL", "\x1b[2J"}}), ElementsAre(testing::Not(HasSubstr("\x1b"))));
}

// CFG-1 F45: every fault at once, each with its place and what to write instead
TEST(Policy, names_every_fault_with_line_and_column) {
  EXPECT_THAT(
      faults(R"([bull]
event_age = 24
orphens = true
completed = { ages = "1d", count = -5 }
[limits]
share = 0.2
keys = "many"
[pase]
duty = "10%"
)"),
      ElementsAre(HasSubstr("2:13 \"event_age\" needs a unit | write it as a text with its unit: \"24h\""),
                  HasSubstr("3:1 \"orphens\" is not known here | did you mean \"orphans\""),
                  HasSubstr("4:15 \"ages\" is not known here | did you mean \"age\""),
                  HasSubstr("4:36 \"count\" is out of range: 0 to"),
                  HasSubstr("6:9 \"share\" needs a unit | write it as a text with its unit: \"20%\""),
                  HasSubstr("7:8 \"keys\" must be a whole number"),
                  HasSubstr("8:2 \"pase\" is not known here | did you mean \"pace\"")));
}

// CFG-1 F45: wrong units, negative, huge, NaN, wrong types
TEST(Policy, refuses_values_that_are_none) {
  for (const auto* line : {"[bull]\nevent_age = \"24\"",
                           "[bull]\nevent_age = \"-1h\"",
                           "[bull]\nevent_age = \"1500ms\"",
                           "[bull]\nevent_age = \"24 hours\"",
                           "[bull]\nevent_age = \"\"",
                           "[bull]\nevent_age = \"1s\"",
                           "[bull]\nevent_age = nan",
                           "[bull]\nevent_age = 1979-05-27",
                           "[limits]\nshare = \"nan%\"",
                           "[limits]\nshare = \"120%\"",
                           "[limits]\nshare = \"-5%\"",
                           "[limits]\nshare = \"0%\"",
                           "[limits]\nshare = \"1e1%\"",
                           "[limits]\nshare = nan",
                           "[limits]\nshare = \"%\"",
                           "[limits]\nkeys = 1e99",
                           "[limits]\nkeys = 1.0",
                           "[limits]\nkeys = inf",
                           "[limits]\nbytes = 500",
                           "[limits]\nbytes = \"500\"",
                           "[limits]\nbytes = \"5 GB\"",
                           "[limits]\nbytes = \"99999999TB\"",
                           "[limits]\nplan_life = \"400d\"",
                           "[pace]\nwait_replicas = 4294967296",
                           "[pace]\nwindows = [\"25:00-06:00\"]",
                           "[pace]\nwindows = [\"22:00-22:00\"]",
                           "[pace]\nwindows = \"22:00-06:00\"",
                           "[celery]\nresults = \"yes\"",
                           "[celery]\nresults = 1",
                           "[protect]\nnames = [1]",
                           "[protect]\nnames = \"a*\"",
                           "[bull]\ncompleted = 500",
                           "[bull]\norphan_removal = \"delete\"",
                           "bull = 3",
                           "[[bull.queue]]\norphans = true",
                           "[[celery]]\nresults = true",
                           "[bull]\nqueue = {}",
                           "[journal]\nkeep = \"forever\""})
    EXPECT_EQ(faults(line).size(), 1U) << line;
}

// CFG-1 F45: no TOML at all, duplicates, bombs
TEST(Policy, says_where_a_file_stops_being_toml) {
  EXPECT_THAT(faults("[bull]\norphans = true\norphans = false\n"), ElementsAre(testing::StartsWith("3:")));
  EXPECT_THAT(faults("[bull]\n[bull]\n"), ElementsAre(testing::StartsWith("2:")));
  EXPECT_THAT(faults(std::string_view("a\0b = 1", 7)).size(), 1U);
  EXPECT_THAT(faults("a = " + std::string(100'000, '[')).size(), 1U);
  EXPECT_THAT(faults("\xff\xfe"), testing::SizeIs(1));
  EXPECT_THAT(faults("\xef\xbb\xbf[bull]\r\norphans = false\r\n"), IsEmpty())
      << "a BOM and CRLF are harmless";
}

TEST(Policy, leaves_the_families_to_their_reader) {
  EXPECT_THAT(faults("[[family]]\nname = \"carts\"\nanything = 1\n"), IsEmpty());
}

TEST(Policy, reads_rules) {
  const Policy policy = good(R"(
[[rule]]
name = "carts"
pattern = "cart:*"
idle = "30d"
removal = "ttl"
ttl = "1h"
[[rule]]
name = "pages"
family = "django-cache"
keep_bytes = "2GiB"
)");
  ASSERT_EQ(policy.rules.size(), 2U);
  EXPECT_EQ(policy.rules[0].removal, Removal::ttl);
  EXPECT_EQ(policy.rules[0].ttl, 1h);
  EXPECT_EQ(policy.rules[0].idle, 30 * day);
  EXPECT_EQ(policy.rules[1].keep_bytes, Bytes{2ULL << 30U});
  EXPECT_EQ(policy.rules[1].removal, Removal::journal);
}

// PLAN-4 F44: a rule that is about nothing in particular would take every key
TEST(Policy, refuses_rules_without_a_filter_or_a_name) {
  EXPECT_THAT(faults("[[rule]]\nname = \"all\"\n"), ElementsAre(HasSubstr("would take every key")));
  EXPECT_THAT(faults("[[rule]]\nname = \"all\"\nidle = \"1d\"\n"),
              ElementsAre(HasSubstr("would take every key")));
  EXPECT_THAT(faults("[[rule]]\npattern = \"a*\"\n"), ElementsAre(HasSubstr("\"name\" is missing")));
  EXPECT_THAT(faults("[[rule]]\nname=\"a\"\npattern = \"a*\"\n[[rule]]\nname=\"a\"\npattern = \"b*\"\n"),
              ElementsAre(HasSubstr("5:6 \"name\" is the name of an earlier rule too")));
  EXPECT_THAT(faults("[[rule]]\nname=\"a\"\npattern=\"\"\n").size(), 2U);
  EXPECT_THAT(faults("[[rule]]\nname=\"a\"\ntype=\"strings\"\n").size(), 1U);
  EXPECT_THAT(faults("[[rule]]\nname=\"a\"\npattern=\"a*\"\nremoval=\"ttl\"\n").size(), 1U);
  EXPECT_THAT(faults("[[rule]]\nname=\"a\"\npattern=\"a*\"\nttl=\"1h\"\n").size(), 1U);
}

TEST(PolicyText, reads_back_to_the_defaults) { EXPECT_EQ(good(policy_text(Policy{})), Policy{}); }

/// Values of every kind, by chance.
class Dice {
 public:
  explicit Dice(std::uint32_t seed) : random_(seed) {}
  std::uint64_t to(std::uint64_t most) {
    return std::uniform_int_distribution<std::uint64_t>(0, most)(random_);
  }
  bool coin() { return to(1) == 1; }
  std::chrono::seconds age() { return std::chrono::seconds(86'400 + to(1) * to(9'999'999) + 3'600 * to(99)); }
  std::string text() {
    constexpr std::array<std::string_view, 8> pieces{"a", "*", "\"", "\\", "\n", "é", "'", "\x7f"};
    std::string made = "x";
    for (auto left = to(5); left > 0; --left) made += pieces[to(pieces.size() - 1)];
    return made;
  }
  template <class T>
  std::optional<T> perhaps(T value) {
    return coin() ? std::optional(value) : std::nullopt;
  }
  Retention retention() { return {perhaps(age()), perhaps(to(99'999)), perhaps(Bytes{to(1ULL << 50U)})}; }
  BullPolicy bull() {
    BullPolicy made;
    made.completed = retention(), made.failed = retention();
    made.event_entries = perhaps(to(99)), made.event_age = perhaps(age()), made.metrics_age = perhaps(age());
    made.orphans = coin(), made.abandoned = coin(), made.waiting_danglers = coin(), made.orphan_age = age();
    made.orphan_removal = static_cast<Removal>(to(2)), made.abandoned_after = age();
    return made;
  }
  KeyRule rule(std::size_t number) {
    KeyRule made;
    made.name = std::to_string(number) + text(), made.pattern = text(), made.idle = perhaps(age());
    if (coin()) made.family = text();
    made.without_ttl = coin(), made.keep_bytes = perhaps(Bytes{to(1ULL << 50U)}),
    made.keep_count = perhaps(to(999));
    made.removal = static_cast<Removal>(to(2));
    if (made.removal == Removal::ttl) made.ttl = age();
    return made;
  }
  Policy policy() {
    Policy made;
    made.bull.clear();
    for (auto left = to(3); left > 0; --left) {
      made.bull.push_back(bull());
      made.bull.back().match = text();
    }
    made.bull.push_back(bull());
    made.celery.result_ttl = age(), made.celery.requeue = coin(), made.celery.reply_idle = age();
    for (std::size_t i = to(3); i > 0; --i) made.rules.push_back(rule(i));
    for (auto left = to(3); left > 0; --left) made.protect.push_back(text());
    made.limits.share = static_cast<double>(1 + to(999'999)) / 1e6,
    made.limits.bytes = perhaps(Bytes{to(1ULL << 50U)});
    made.pace.duty = static_cast<double>(1 + to(99)) / 100,
    made.pace.run_time = perhaps(1s * (1 + to(86'400)));
    if (coin()) made.pace.windows = {"22:00-06:00", "00:00-24:00"};
    made.journal.keep = perhaps(age()), made.journal.keep_bytes = perhaps(Bytes{1 + to(1ULL << 50U)});
    return made;
  }

 private:
  std::mt19937 random_;
};

TEST(PolicyText, reads_back_to_the_same_policy_whatever_it_is) {
  for (std::uint32_t seed = 0; seed < 2000 && !HasFailure(); ++seed) {
    const Policy policy = Dice(seed).policy();
    EXPECT_EQ(good(policy_text(policy)), policy) << "seed " << seed << "\n" << policy_text(policy);
  }
}

TEST(Preset, chooses_planners) {
  Policy policy;
  EXPECT_TRUE(preset("", policy)->takes("bull_finished"));
  EXPECT_FALSE(preset("", policy)->takes("emergency"));
  EXPECT_TRUE(preset("emergency", policy)->takes("emergency"));
  EXPECT_FALSE(preset("emergency", policy)->takes("kombu_requeue"));
  EXPECT_TRUE(preset("cache", policy)->takes("keys"));
  for (const auto name : preset_names()) EXPECT_TRUE(preset(name, policy).has_value()) << name;
  const auto unknown = preset("everything", policy);
  ASSERT_FALSE(unknown.has_value());
  EXPECT_EQ(unknown.error().exit, Exit::usage);
}

/// docs/policy.md as "table.setting" with the default of its row.
std::map<std::string, std::string> documented() {
  std::ifstream file(HEADROOM_TREE "/docs/policy.md");
  std::map<std::string, std::string> found;
  std::string table, line;
  while (std::getline(file, line)) {
    if (line.starts_with("## "))
      table = line.starts_with("## [") ? line.substr(line.find_first_not_of("# [")) : "";
    if (!table.empty() && table.find(']') != std::string::npos) table.resize(table.find(']'));
    if (table.empty() || !line.starts_with("| `")) continue;
    const auto name_end = line.find('`', 3), value = line.find("| ", name_end) + 2,
               value_end = line.find(" | ", value);
    auto fallback = line.substr(value, value_end - value);
    if (fallback.starts_with('`')) fallback = fallback.substr(1, fallback.size() - 2);
    found[table + "." + line.substr(3, name_end - 3)] = fallback;
  }
  return found;
}

// CFG-1: what is documented exists with that default, and what exists is documented
TEST(PolicyPage, documents_every_setting_with_its_default) {
  const auto page = documented();
  std::set<std::string> there;
  for (const auto& setting : all_settings()) {
    const auto name = setting.table + "." + setting.name;
    there.insert(name);
    const auto row = page.find(name);
    ASSERT_NE(row, page.end()) << name << " is not in docs/policy.md";
    if (row->second == "-" || row->second == "needed") continue;
    EXPECT_EQ(row->second, setting.fallback) << name;
  }
  for (const auto& [name, fallback] : page) EXPECT_TRUE(there.contains(name)) << name << " is no setting";
}

TEST(PolicyPage, has_an_example_that_is_a_good_policy) {
  std::ifstream file(HEADROOM_TREE "/docs/policy.md");
  std::stringstream text;
  text << file.rdbuf();
  const auto page = text.str();
  const auto begin = page.find("```toml\n") + 8;
  const Policy policy = good(page.substr(begin, page.find("```", begin) - begin));
  EXPECT_EQ(policy.rules.size(), 1U);
  EXPECT_FALSE(policy.for_queue("bull:invoices-eu").orphans);
}

}  // namespace
}  // namespace headroom::plan
