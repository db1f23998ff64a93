#include "app/snapshot_survey.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <algorithm>

#include "source/rdb/file_input.h"

namespace headroom::app {
namespace {

std::string dump(const std::string& name) {
  return fmt::format("{}/tests/dumps/{}.rdb", HEADROOM_TREE, name);
}

/// The survey of a file that is `first` for the first `times` it is opened, and `later` from then on.
Survey survey_of(const std::string& first, int times, const std::string& later) {
  SnapshotTarget target;
  target.name = "dump.rdb", target.again = true;
  int opened = 0;
  const auto before = dump(first), after = dump(later);
  target.open = [&] { return source::rdb::open_file(++opened <= times ? before : after); };
  const auto families = family::known_families();
  Options options;
  options.allocator = "jemalloc-16";  // or the file would be opened once more, to guess it
  auto survey = survey_snapshot(target, families, options);
  EXPECT_TRUE(survey) << survey.error().what;
  EXPECT_GT(opened, 1) << "nothing needed a second look: the test proves nothing";
  return std::move(*survey);
}

bool proves_something(const Survey& survey) {
  return std::any_of(survey.debris.begin(), survey.debris.end(),
                     [](const DebrisSum& row) { return row.certainty == Certainty::proved; });
}

TEST(SnapshotSurvey, proves_on_a_file_that_stays_as_it_is) {
  EXPECT_TRUE(proves_something(survey_of("bullmq6_debris", 1, "bullmq6_debris")));
}

// redis-server renames a new dump.rdb into the place of the old one, at any moment.
TEST(SnapshotSurvey, proves_nothing_when_another_file_took_its_place_between_two_looks) {
  const auto survey = survey_of("bullmq6_debris", 1, "bullmq5_debris");
  EXPECT_FALSE(proves_something(survey));
  EXPECT_THAT(survey.notes, testing::Contains(testing::HasSubstr("a second time as it was the first time")));
}

}  // namespace
}  // namespace headroom::app
