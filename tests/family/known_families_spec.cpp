#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "family/attribution.h"
#include "family/groups.h"
#include "family/shape.h"

namespace headroom::family {
namespace {

class KnownFamilies : public testing::TestWithParam<Family> {};

TEST_P(KnownFamilies, shapes_compile) {
  for (const KeyShape& shape : GetParam().shapes) {
    const auto program = Shape::compile(shape.shape);
    EXPECT_TRUE(program) << shape.shape << ": " << (program ? "" : program.error().what);
  }
}

TEST_P(KnownFamilies, shapes_say_why_and_name_their_debris) {
  for (const KeyShape& shape : GetParam().shapes) {
    EXPECT_FALSE(shape.role.empty()) << shape.shape;
    EXPECT_FALSE(shape.why.empty()) << shape.shape;
    EXPECT_EQ(shape.debris_when == DebrisWhen::none, shape.debris.empty()) << shape.shape;
    EXPECT_EQ(shape.debris.empty(), shape.debris_why.empty()) << shape.shape;
  }
}

TEST_P(KnownFamilies, references_lead_somewhere) {
  const Family& family = GetParam();
  const auto has = [&](std::string_view shape) {
    return std::any_of(family.shapes.begin(), family.shapes.end(),
                       [&](const KeyShape& one) { return one.shape == shape; });
  };
  for (const VersionTell& tell : family.versions) EXPECT_TRUE(has(tell.shape)) << tell.shape;
  for (const KeyShape& shape : family.shapes)
    EXPECT_TRUE(shape.beside.empty() || has(shape.beside)) << shape.beside;
  for (const auto& shapes : {family.name_sets, family.name_keys})
    for (const auto shape : shapes) EXPECT_TRUE(has(shape)) << shape;
  for (const QueueFact& fact : family.queue_facts)
    EXPECT_TRUE(fact.part != QueuePart::counted || has(fact.key)) << fact.key;
}

TEST_P(KnownFamilies, examples_fit_first_the_shape_of_their_role) {
  const Family& family = GetParam();
  ASSERT_FALSE(family.examples.empty());
  for (const Example& example : family.examples) {
    const auto fits = [&](const KeyShape& shape) {
      return (shape.types.bits == 0 || shape.types.has(example.type)) &&
             Shape::compile(shape.shape)->fit(example.key).has_value();
    };
    const auto first = std::find_if(family.shapes.begin(), family.shapes.end(), fits);
    ASSERT_NE(first, family.shapes.end()) << example.key;
    EXPECT_EQ(first->role, example.role) << example.key;
  }
}

// Those of the queue libraries are written so that together they confirm their owners.
class QueueLibraries : public testing::TestWithParam<const char*> {};

TEST_P(QueueLibraries, examples_are_attributed_to_their_library) {
  const std::vector<Family> all = known_families();
  const auto family =
      std::find_if(all.begin(), all.end(), [](const Family& one) { return one.name == GetParam(); });
  ASSERT_NE(family, all.end());
  std::vector<test::Named> keys;
  for (const Example& example : family->examples) keys.push_back({std::string(example.key), example.type});
  auto groups = test::groups_of(keys);
  attribute(groups, all);
  for (std::size_t i = 0; i < groups.size(); ++i) {
    EXPECT_EQ(groups[i].attribution.family, family->name) << groups[i].example;
    EXPECT_EQ(groups[i].attribution.role, family->examples[i].role) << groups[i].example;
    EXPECT_EQ(groups[i].attribution.read_only, family->read_only) << groups[i].example;
  }
}

INSTANTIATE_TEST_SUITE_P(, QueueLibraries, testing::Values("bull", "bullmq", "bullmq_pro", "celery", "kombu"),
                         [](const auto& one) { return std::string(one.param); });

INSTANTIATE_TEST_SUITE_P(, KnownFamilies, testing::ValuesIn(known_families()),
                         [](const auto& one) { return std::string(one.param.name); });

TEST(Families, have_unique_names) {
  std::set<std::string_view> names;
  for (const Family& family : known_families()) EXPECT_TRUE(names.insert(family.name).second) << family.name;
}

}  // namespace
}  // namespace headroom::family
