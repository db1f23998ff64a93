#include "report/saved_audit.h"

#include <gtest/gtest.h>

namespace headroom::report {
namespace {

constexpr std::string_view saved =
    R"({"schema":"headroom.audit/1","target":"redis://a","time":"2026-11-21T05:40:07Z",
  "complete":true,"families":[{"family":"celery","keys":10,"bytes":1000}],
  "owners":[{"family":"bullmq","owner":"bull:mail","db":2,"keys":3,"bytes":300}],
  "patterns":[{"pattern":"user:{n}","family":"unknown","db":0,"keys":7,"bytes":700,"bytes_low":650,"bytes_high":750}]})";

TEST(SavedAudit, is_read_as_it_was_written) {
  const auto audit = read_saved_audit(saved, "old.json");
  ASSERT_TRUE(audit.has_value()) << audit.error().what;
  EXPECT_EQ(audit->target, "redis://a");
  EXPECT_EQ(audit->time, std::chrono::milliseconds(1795239607000));  // date -d 2026-11-21T05:40:07Z +%s
  ASSERT_EQ(audit->sums.size(), 3U);
  EXPECT_EQ(audit->sums[1].name, "bull:mail");
  EXPECT_EQ(audit->sums[1].db, 2U);
  EXPECT_EQ(audit->sums[2].bytes.low, 650);
  EXPECT_TRUE(audit->sums[0].bytes.exact());
}

TEST(SavedAudit, is_refused_when_it_is_something_else) {
  for (const std::string_view text :
       {"", "[]", "{}", "{\"schema\":\"headroom.audit/2\"}", "{\"schema\":\"headroom.audit/1\"}",
        "{\"schema\":\"headroom.audit/1\",\"families\":[1],\"owners\":[],\"patterns\":[]}"}) {
    const auto audit = read_saved_audit(text, "old.json");
    ASSERT_FALSE(audit.has_value()) << text;
    EXPECT_EQ(audit.error().exit, Exit::usage);
    EXPECT_EQ(audit.error().where, "old.json");
  }
}

TEST(GrowthRows, put_both_sides_beside_each_other) {
  const auto before = read_saved_audit(saved, "old.json");
  auto after = *before;
  after.sums.erase(after.sums.begin());
  after.sums[0].keys = 20;
  const auto rows = growth_rows(*before, after);
  ASSERT_EQ(rows.size(), 3U);
  for (const auto& row : rows) {
    EXPECT_EQ(row.keys_before, row.kind == "family" ? 10U : row.kind == "owner" ? 3U : 7U);
    EXPECT_EQ(row.keys_after, row.kind == "family" ? 0U : row.kind == "owner" ? 20U : 7U);
  }
}

}  // namespace
}  // namespace headroom::report
