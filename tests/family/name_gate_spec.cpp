#include "family/proof/name_gate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "family/proof/proof.h"

namespace headroom::family {
namespace {

using Where = Sign::Where;

/// What the gate may never miss, found by plain search.
bool bears(const Sign& sign, KeyType type, std::string_view name) {
  if (!sign.types.has(type)) return false;
  if (sign.longer_than > 0 && name.size() <= sign.longer_than) return false;
  if (sign.where == Where::at_begin) return name.starts_with(sign.text);
  if (sign.where == Where::at_end) return name.ends_with(sign.text);
  return name.find(sign.text) != std::string_view::npos;
}

std::vector<std::unique_ptr<Proof>> all_proofs() {
  std::vector<std::unique_ptr<Proof>> all;
  for (const ProofGroup& group : proofs::known_proofs()) all.push_back(group.make({.bytes = 1U << 16U}));
  return all;
}

NameGate gate_of(const std::vector<std::unique_ptr<Proof>>& all) {
  NameGate gate;
  for (std::size_t i = 0; i < all.size(); ++i) gate.admit(i, all[i]->types(), all[i]->signs());
  gate.build();
  return gate;
}

/// Bytes of names as they are, and any others.
std::string any_bytes(std::mt19937& random, std::size_t most) {
  static constexpr std::string_view usual = ":.-_abcdefw0123456789";
  std::string bytes(random() % (most + 1), '\0');
  for (char& byte : bytes)
    byte = random() % 8 == 0 ? static_cast<char>(random()) : usual[random() % usual.size()];
  return bytes;
}

// Texts of the signs and of names that the proofs know, in any surroundings.
std::string some_name(std::mt19937& random, const std::vector<std::string>& texts) {
  auto name = any_bytes(random, 9);
  for (unsigned pieces = random() % 3; pieces > 0; --pieces) {
    name += texts[random() % texts.size()];
    name += any_bytes(random, random() % 4 == 0 ? 45 : 3);
  }
  return name;
}

std::vector<std::string> known_texts(const std::vector<std::unique_ptr<Proof>>& all) {
  std::vector<std::string> texts = {"bull:q:id",
                                    ":de:",
                                    ":pidbox",
                                    "1b4e28ba-2fa1-11d2-883f-0016d3cca427",
                                    "1b4e28ba-2fa1-31d2-883f-0016d3cca427",
                                    "da39a3ee5e6b4b0d3255bfef95601890afd80709:",
                                    "host:12:0123456789ab",
                                    ":work",
                                    "rq:job:",
                                    "rq:wip:",
                                    "celery-task-meta-",
                                    "celery-taskset-meta-",
                                    ".reply.celery.pidbox",
                                    "dramatiq:q.msgs"};
  for (const auto& proof : all)
    for (const Sign& sign : proof->signs()) texts.emplace_back(sign.text);
  return texts;
}

TEST(NameGate, never_refuses_a_name_that_bears_a_sign) {
  const auto all = all_proofs();
  const auto gate = gate_of(all);
  const auto texts = known_texts(all);
  std::mt19937 random(3);
  for (int i = 0; i < 100'000; ++i) {
    const auto name = some_name(random, texts);
    const auto type = static_cast<KeyType>(random() % key_type_count);
    const auto asked = gate.asked(type, name);
    for (std::size_t one = 0; one < all.size(); ++one)
      for (const Sign& sign : all[one]->signs())
        if (bears(sign, type, name)) {
          ASSERT_TRUE(asked >> one & 1U) << name << " by " << sign.text;
        }
  }
}

TEST(NameGate, never_refuses_what_a_proof_would_have_taken) {
  const auto all = all_proofs();
  const auto gate = gate_of(all);
  const auto texts = known_texts(all);
  for (const auto& proof : all) proof->begin(std::chrono::milliseconds(1'800'000'000'000), 1);
  std::mt19937 random(7);
  std::size_t taken = 0;
  for (int i = 0; i < 100'000; ++i) {
    const auto name = some_name(random, texts);
    StoredKey key;
    key.key = name;
    key.type = static_cast<KeyType>(random() % key_type_count);
    const auto asked = gate.asked(key.type, name);
    for (std::size_t one = 0; one < all.size(); ++one) {
      if (!all[one]->types().has(key.type) || all[one]->wants(key) == Reading::nothing) continue;
      ++taken;
      ASSERT_TRUE(asked >> one & 1U) << name << " by proof " << one;
    }
  }
  EXPECT_GT(taken, 1000U);
}

TEST(NameGate, finds_a_text_wherever_it_begins) {
  NameGate gate;
  const Sign signs[] = {{.types = KeyType::string, .text = "worker:"},
                        {.types = KeyType::string, .text = "celery-task"}};
  gate.admit(0, KeyType::string, {signs, 1});
  gate.admit(1, KeyType::string, {signs + 1, 1});
  gate.build();
  for (std::size_t before = 0; before < 20; ++before)
    for (std::size_t behind = 0; behind < 6; ++behind) {
      const std::string front(before, '/'), back(behind, '/');
      EXPECT_TRUE(gate.asked(KeyType::string, front + "worker:" + back) & 1U);
      EXPECT_TRUE(gate.asked(KeyType::string, front + "celery-task" + back) & 2U);
      EXPECT_FALSE(gate.asked(KeyType::hash, front + "worker:" + back));
    }
}

TEST(NameGate, asks_nobody_for_ordinary_names) {
  const auto all = all_proofs();
  const auto gate = gate_of(all);
  const auto bull =
      std::find_if(all.begin(), all.end(), [](const auto& one) { return one->signs().empty(); });
  const auto others = ~(NameGate::Asked{1} << (bull - all.begin()));
  EXPECT_EQ(gate.asked(KeyType::string, "key:12345678") & others, 0U);
  EXPECT_EQ(gate.asked(KeyType::string, ":1:views.decorators.cache:4711") & others, 0U);
  EXPECT_EQ(gate.asked(KeyType::zset, "board:weekly:17") & others, 0U);
}

TEST(NameGate, asks_every_time_where_a_text_is_too_short_for_its_table) {
  NameGate gate;
  const Sign signs[] = {{.types = KeyType::list, .text = "a:b"},
                        {.types = KeyType::set, .text = "x", .where = Where::at_end}};
  gate.admit(4, Types(KeyType::list) | KeyType::set, signs);
  gate.build();
  EXPECT_EQ(gate.asked(KeyType::list, "no"), 16U);
  EXPECT_EQ(gate.asked(KeyType::set, ""), 16U);
  EXPECT_EQ(gate.asked(KeyType::string, "a:b"), 0U);
}

}  // namespace
}  // namespace headroom::family
