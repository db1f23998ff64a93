#include "act/plan_codec.h"

#include <gtest/gtest.h>

#include <random>

#include "plan_kit.h"

namespace headroom::act {
namespace {

void expect_same(const Step& a, const Step& b) {
  EXPECT_EQ(a.rule, b.rule);
  EXPECT_EQ(a.db, b.db);
  EXPECT_EQ(a.bytes, b.bytes);
  EXPECT_EQ(a.keys, b.keys);
  ASSERT_EQ(a.checks.size(), b.checks.size());
  for (std::size_t i = 0; i < a.checks.size(); ++i) {
    EXPECT_EQ(a.checks[i].kind, b.checks[i].kind);
    EXPECT_EQ(a.checks[i].key, b.checks[i].key);
    EXPECT_EQ(a.checks[i].member, b.checks[i].member);
    EXPECT_EQ(a.checks[i].text, b.checks[i].text);
    EXPECT_EQ(a.checks[i].number, b.checks[i].number);
    EXPECT_EQ(a.checks[i].real, b.checks[i].real);
  }
  ASSERT_EQ(a.changes.size(), b.changes.size());
  for (std::size_t i = 0; i < a.changes.size(); ++i) {
    EXPECT_EQ(a.changes[i].kind, b.changes[i].kind);
    EXPECT_EQ(a.changes[i].key, b.changes[i].key);
    EXPECT_EQ(a.changes[i].member, b.changes[i].member);
    EXPECT_EQ(a.changes[i].text, b.changes[i].text);
    EXPECT_EQ(a.changes[i].number, b.changes[i].number);
    EXPECT_EQ(a.changes[i].limit, b.changes[i].limit);
  }
}

void expect_same(const PlanServer& a, const PlanServer& b) {
  EXPECT_EQ(std::tie(a.address, a.run_id, a.replid, a.role, a.version, a.maxmemory_policy, a.replicas, a.keys,
                     a.used_memory, a.maxmemory),
            std::tie(b.address, b.run_id, b.replid, b.role, b.version, b.maxmemory_policy, b.replicas, b.keys,
                     b.used_memory, b.maxmemory));
}

void expect_same(const PlanFacts& a, const PlanFacts& b) {
  EXPECT_EQ(std::tie(a.frees, a.frees_later, a.needs, a.journal, a.replication, a.duration, a.expiries,
                     a.most_expiries_per_second, a.blocking),
            std::tie(b.frees, b.frees_later, b.needs, b.journal, b.replication, b.duration, b.expiries,
                     b.most_expiries_per_second, b.blocking));
}

// APPLY-9 F08: any bytes in any text, every number at its ends.
TEST(PlanCodec, gives_back_every_field_of_a_step) {
  std::string bytes;
  append(bytes, full_step());
  append(bytes, Step{});
  std::string_view rest = bytes;
  Step step;
  ASSERT_TRUE(take(rest, step));
  expect_same(step, full_step());
  ASSERT_TRUE(take(rest, step));  // into the room of the one before
  expect_same(step, Step{});
  EXPECT_TRUE(rest.empty());
}

TEST(PlanCodec, gives_back_every_field_of_a_header) {
  std::string bytes;
  append(bytes, full_header());
  std::string_view rest = bytes;
  PlanHeader read;
  ASSERT_TRUE(take(rest, read));
  EXPECT_TRUE(rest.empty());
  const auto header = full_header();
  EXPECT_EQ(
      std::tie(read.id, read.tool, read.source, read.made, read.expires, read.policy, read.policy_hash,
               read.over_limit, read.phrase, read.phrase_given, read.steps),
      std::tie(header.id, header.tool, header.source, header.made, header.expires, header.policy,
               header.policy_hash, header.over_limit, header.phrase, header.phrase_given, header.steps));
  expect_same(read.server, header.server);
  expect_same(read.facts, header.facts);
  ASSERT_EQ(read.rules.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    const auto &a = read.rules[i], &b = header.rules[i];
    EXPECT_EQ(
        std::tie(a.name, a.family, a.owner, a.what, a.why, a.removal, a.steps, a.keys, a.members, a.bytes),
        std::tie(b.name, b.family, b.owner, b.what, b.why, b.removal, b.steps, b.keys, b.members, b.bytes));
  }
  ASSERT_EQ(read.left_alone.size(), 1U);
  const auto &a = read.left_alone[0], &b = header.left_alone[0];
  EXPECT_EQ(std::tie(a.rule, a.owner, a.why, a.keys, a.bytes, a.examples),
            std::tie(b.rule, b.owner, b.why, b.keys, b.bytes, b.examples));
}

TEST(PlanCodec, refuses_every_front_of_a_step_or_header) {
  std::string step_bytes, header_bytes;
  append(step_bytes, full_step());
  append(header_bytes, full_header());
  for (std::size_t cut = 0; cut < step_bytes.size(); ++cut) {
    const std::string front = step_bytes.substr(0, cut);  // a copy: the sanitizer sees one byte too many
    std::string_view rest = front;
    Step step;
    EXPECT_FALSE(take(rest, step)) << cut;
    EXPECT_EQ(rest.size(), cut);
  }
  for (std::size_t cut = 0; cut < header_bytes.size(); ++cut) {
    const std::string front = header_bytes.substr(0, cut);
    std::string_view rest = front;
    PlanHeader header;
    EXPECT_FALSE(take(rest, header)) << cut;
  }
}

TEST(PlanCodec, refuses_numbers_and_kinds_that_do_not_exist) {
  const auto refuses = [](const std::string& bytes) {
    std::string_view rest = bytes;
    Step step;
    return !take(rest, step);
  };
  EXPECT_TRUE(refuses(std::string("\x80\x80\x04\0\0\0\0\0", 8))) << "a rule number of 17 bits";
  EXPECT_TRUE(refuses(std::string("\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02\0\0\0\0", 15))) << "65 bits";
  EXPECT_TRUE(refuses(std::string("\0\0\0\x01\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 19))) << "check kind 16";
  EXPECT_TRUE(refuses(std::string("\0\0\0\0\x01\x0c\0\0\0\0\0\0", 12))) << "change kind 12";
  EXPECT_FALSE(refuses(std::string("\0\0\0\x01\x0f\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 19)));
  EXPECT_FALSE(refuses(std::string("\0\0\0\0\x01\x0b\0\0\0\0\0\0", 12)));
}

// A list or text that declares 2^60 of something is refused before anything is made: this test would run out
// of memory.
TEST(PlanCodec, allocates_nothing_by_a_declared_length) {
  const std::string huge = "\x80\x80\x80\x80\x80\x80\x80\x80\x10";
  for (const std::string& bytes :
       {std::string("\0\0", 2) + huge + "x", std::string("\0\0\x01", 3) + huge + "x",
        std::string("\0\0\0", 3) + huge + "x"}) {
    std::string_view rest = bytes;
    Step step;
    EXPECT_FALSE(take(rest, step));
    EXPECT_LE(step.keys.capacity() + step.checks.capacity(), 8U);
  }
}

TEST(PlanCodec, survives_any_damage) {
  std::string whole;
  append(whole, full_header());
  append(whole, full_step());
  std::mt19937 random(4711);
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = whole;
    for (int flips = 0; flips < 3; ++flips) bytes[random() % bytes.size()] = static_cast<char>(random());
    std::string_view rest = bytes;
    PlanHeader header;
    Step step;
    if (take(rest, header)) take(rest, step);
    EXPECT_LE(rest.size(), bytes.size());
  }
}

}  // namespace
}  // namespace headroom::act
