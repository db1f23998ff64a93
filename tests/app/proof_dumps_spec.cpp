#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "family/proof/prover.h"
#include "memory/key_model.h"
#include "source/rdb/file_input.h"
#include "source/snapshot.h"

/// The proofs on dumps that the real libraries left, against what the libraries said of them.
namespace headroom::app {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class NoSink : public RecordSink {
 public:
  Interest look(std::uint32_t, std::string_view) override { return {}; }
  void take(const KeyRecord&) override {}
  void restart() override {}
};

std::string dump(const std::string& name, const std::string& end) {
  return std::string(HEADROOM_TREE) + "/tests/dumps/" + name + end;
}

family::Prover::Proved prove(const std::string& name, family::ProofLimits limits = {.again = true}) {
  family::Prover prover(family::proofs::known_proofs(), limits);
  unsigned pass = 0;
  do {
    auto input = source::rdb::open_file(dump(name, ".rdb"));
    EXPECT_TRUE(input) << dump(name, ".rdb");
    std::optional<memory::KeyModel> model;
    NoSink sink;
    const auto outcome = source::read_snapshot(**input, sink, [&](const source::SnapshotFacts& facts) {
      model.emplace(memory::server_model({}, memory::Held::live));
      prover.begin(*facts.time, ++pass);
      return source::ValueReaders{&*model, &prover};
    });
    EXPECT_TRUE(outcome.scan.complete);
  } while (prover.another_pass());
  return prover.finish();
}

TEST(X, print) {
  for (const char* name : {"bullmq5_debris", "bullmq6_debris", "bullmq6_all_states", "bullmq5_all_states", "bull4_all_states", "demo", "others", "hostile_names", "celery_mixed"}) {
    const auto proved = prove(name);
    printf("== %s\n", name);
    for (const auto& row : proved.debris) {
      printf("%s %s %s keys=%g bytes=%g", std::string(row.family).c_str(), row.owner.c_str(), std::string(row.kind).c_str(), row.keys.value, row.bytes.value);
      for (auto& e : row.examples) printf(" [%s]", e.c_str());
      printf("\n");
    }
    for (const auto& row : proved.not_proved) printf("NOT %s %s\n", row.owner.c_str(), row.why.c_str());
  }
}

}  // namespace
}  // namespace headroom::app
