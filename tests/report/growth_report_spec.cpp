#include "report/growth_report.h"

#include <gtest/gtest.h>

#include "report/readers.h"

namespace headroom {
namespace {

using namespace std::chrono_literals;
using report::Format;
using report::growth_report;
using report::GrowthRow;
using test::rendered;

constexpr Estimate exactly(double value) { return {value, value, value}; }
constexpr double mib = 1048576;

std::vector<GrowthRow> rows() {
  return {{"family", "celery", "", 0, 100, 50, exactly(4 * mib), exactly(2 * mib)},
          {"family", "bullmq", "", 0, 1000, 3000, {2 * mib, 1.5 * mib, 2.5 * mib}, exactly(10 * mib)},
          {"family", "", "", 0, 7, 7, exactly(9), exactly(9)},
          {"owner", "bull:\xff", "bullmq", 3, 0, 2000, exactly(0), exactly(8 * mib)},
          {"pattern", "a:{n}", "", 0, 1, 2, exactly(100), exactly(200)},
          {"pattern", "b:{n}", "", 0, 1, 2, exactly(100), exactly(200)}};
}
const report::GrowthSpan day{"redis://h:1", 1714566896000ms, 1714566896000ms + 24h, true};

TEST(GrowthReport, ranks_by_bytes_grown_and_leaves_out_what_did_not_change) {
  EXPECT_EQ(test::lines_of(rendered(growth_report(day, rows()), Format::text))[0], "Growth of redis://h:1");
  const std::string text = rendered(growth_report(day, rows()), Format::text);
  EXPECT_EQ(text.substr(0, text.find("\nOwners")),
            "Growth of redis://h:1\n"
            "Before:   2024-05-01 12:34:56 UTC\n"
            "After:    2024-05-02 12:34:56 UTC\n"
            "Between:  1 d\n"
            "\n"
            "Families: bytes grown, largest first\n"
            "  FAMILY      BYTES GROWN  KEYS GROWN    BYTES BEFORE  BYTES AFTER  KEYS BEFORE  KEYS AFTER\n"
            "  bullmq  8.00 MiB ±6.2 %       2 000  2.00 MiB ±25 %     10.0 MiB        1 000       3 000\n"
            "  celery        -2.00 MiB         -50        4.00 MiB     2.00 MiB          100          50\n");
}
TEST(GrowthReport, gives_the_difference_the_ranges_of_both_ends) {
  const test::Json family = test::json_of(growth_report(day, rows()))["families"][0];
  EXPECT_EQ(family["family"], "bullmq");
  EXPECT_EQ(family["bytes_grown"], 8 << 20);
  EXPECT_EQ(family["bytes_grown_low"], static_cast<int>(7.5 * mib));
  EXPECT_EQ(family["bytes_grown_high"], static_cast<int>(8.5 * mib));
  EXPECT_EQ(family["keys_grown"], 2000);
}
TEST(GrowthReport, keeps_names_exact_and_ties_in_order) {
  const test::Json json = test::json_of(growth_report(day, rows()));
  EXPECT_EQ(json["schema"], "headroom.growth/1");
  EXPECT_EQ(test::exact_name(json["owners"][0], "owner"), "bull:\xff");
  EXPECT_EQ(json["owners"][0]["db"], 3);
  EXPECT_EQ(json["patterns"][0]["pattern"], "a:{n}");
  EXPECT_EQ(json["patterns"][1]["pattern"], "b:{n}");
  EXPECT_EQ(json["between"], 86400);
}
TEST(GrowthReport, warns_when_an_audit_was_partial) {
  report::GrowthSpan span = day;
  span.complete = false;
  const Report report = growth_report(span, rows());
  EXPECT_EQ(test::json_of(report)["complete"], false);
  EXPECT_EQ(report.title, "Growth of redis://h:1 (PARTIAL)");
  EXPECT_EQ(report.notes.size(), 1U);
}

}  // namespace
}  // namespace headroom
