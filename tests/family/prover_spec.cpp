#include "family/proof/prover.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace headroom::family {
namespace {

using testing::ElementsAre;

/// Wants hashes whose name begins with a letter of its own, and writes down what it is told.
class Scribe : public Proof {
 public:
  Scribe(char mine, Reading reading, std::size_t most) : mine_(mine), reading_(reading), most_(most) {}
  Types types() const override { return KeyType::hash; }
  void begin(std::chrono::milliseconds, unsigned pass) override {
    told.push_back("pass " + std::to_string(pass));
  }
  Reading wants(const StoredKey& key) override {
    seen_ = 0;
    return key.key.find(mine_) != std::string_view::npos ? reading_ : Reading::nothing;
  }
  bool element(const Element& element) override {
    told.emplace_back(element.name);
    return ++seen_ < most_;
  }
  void ends(const StoredKey& key, const ValueSize&, Bytes bytes) override {
    told.push_back(std::string(key.key) + "=" + std::to_string(bytes.count));
  }
  bool another_pass() override { return passes-- > 0; }
  void finish(std::vector<DebrisSum>& debris, std::vector<NotProved>&) override {
    debris.push_back({.kind = "z", .owner = std::string(1, mine_)});
    debris.push_back({.kind = "a", .owner = std::string(1, mine_)});
  }

  static std::vector<std::string> told;
  static int passes;

 private:
  char mine_;
  Reading reading_;
  std::size_t most_;
  std::size_t seen_ = 0;
};
std::vector<std::string> Scribe::told;
int Scribe::passes = 0;

const std::vector<ProofGroup> two = {
    {"b",
     {{"bullmq", "stub"}},
     [](const ProofLimits&) { return std::unique_ptr<Proof>(new Scribe('b', Reading::names, 1)); }},
    {"c",
     {},
     [](const ProofLimits&) { return std::unique_ptr<Proof>(new Scribe('c', Reading::elements, 9)); }},
};

class ProverTest : public testing::Test {
 protected:
  ProverTest() {
    Scribe::told.clear();
    Scribe::passes = 0;
    prover.begin(std::chrono::milliseconds(1000), 1);
    Scribe::told.clear();
  }
  Prover prover{two, {}};
};

StoredKey hash_named(std::string_view name) { return {.key = name, .type = KeyType::hash}; }

TEST_F(ProverTest, passes_over_keys_that_no_proof_wants) {
  EXPECT_EQ(prover.wants(hash_named("x")), Reading::nothing);
  EXPECT_EQ(prover.wants({.key = "b", .type = KeyType::string}), Reading::nothing);
  prover.ends(hash_named("x"), {}, Bytes{1});
  EXPECT_THAT(Scribe::told, ElementsAre());
}

TEST_F(ProverTest, two_proofs_listen_to_one_key_and_each_hears_what_it_has_not_had_enough_of) {
  const auto key = hash_named("bc");
  EXPECT_EQ(prover.wants(key), Reading::elements);
  EXPECT_TRUE(prover.element({.name = "f1"}));
  EXPECT_TRUE(prover.element({.name = "f2"}));
  prover.ends(key, {}, Bytes{7});
  EXPECT_THAT(Scribe::told, ElementsAre("f1", "f1", "f2", "bc=7", "bc=7"));
}

TEST_F(ProverTest, says_when_all_have_had_enough) {
  EXPECT_EQ(prover.wants(hash_named("b")), Reading::names);
  EXPECT_FALSE(prover.element({.name = "f1"}));
}

TEST_F(ProverTest, what_expired_by_the_moment_of_the_snapshot_is_gone) {
  StoredKey key = hash_named("b");
  key.expires = true;
  key.expires_at = std::chrono::milliseconds(1000);
  EXPECT_EQ(prover.wants(key), Reading::nothing);
  key.expires_at = std::chrono::milliseconds(1001);
  EXPECT_EQ(prover.wants(key), Reading::names);
}

TEST_F(ProverTest, only_proofs_that_ask_for_it_take_part_in_another_pass) {
  Scribe::passes = 1;
  EXPECT_TRUE(prover.another_pass());
  prover.begin(std::chrono::milliseconds(1000), 2);
  EXPECT_THAT(Scribe::told, ElementsAre("pass 2"));
  EXPECT_EQ(prover.wants(hash_named("b")), Reading::names);
  EXPECT_EQ(prover.wants(hash_named("c")), Reading::nothing);
  EXPECT_FALSE(prover.another_pass());
}

TEST_F(ProverTest, gathers_rows_in_order_of_owner_and_kind_and_what_they_settle) {
  const auto proved = prover.finish();
  ASSERT_EQ(proved.debris.size(), 4u);
  EXPECT_EQ(proved.debris[0].owner + std::string(proved.debris[0].kind), "ba");
  EXPECT_EQ(proved.debris[3].owner + std::string(proved.debris[3].kind), "cz");
  ASSERT_EQ(proved.settled.size(), 1u);
  EXPECT_EQ(proved.settled[0].kind, "stub");
}

}  // namespace
}  // namespace headroom::family
