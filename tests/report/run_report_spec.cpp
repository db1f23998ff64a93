#include "report/run_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "report/readers.h"

namespace headroom {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using report::Format;
using report::run_report;
using test::rendered;
using testing::HasSubstr;

RunReport run() {
  RunReport report;
  report.run = "0123456789abcdef0123456789abcdef", report.kind = "apply",
  report.target = "redis://127.0.0.1:6379";
  report.complete = true;
  report.rules = {{"bull-completed", "bull:mail", "nobody reads them", 10, 5, 2, 1, 1, 1, 12, {4096}}};
  report.planned = 10, report.removed = 5, report.changed = 2, report.gone = 1, report.failed = 1,
  report.unknown = 1;
  report.batches = 3, report.bytes_freed = {4096}, report.journal_bytes = {512};
  report.keys_before = 1000, report.keys_after = 993;
  report.used_memory_before = {2 << 20}, report.used_memory_after = {2097000};
  report.took = 2s;
  report.waits = {{"a BGSAVE is under way", 1500ms}};
  report.notes = {"Undo until 2024-05-31: headroom undo 0123456789abcdef0123456789abcdef"};
  return report;
}

// A47 A103: counts per rule, durations, waits with reasons, before and after from the server with the caveat
TEST(RunReport, shows_what_was_done_and_what_was_waited_for) {
  EXPECT_EQ(rendered(run_report(run()), Format::text, {.width = 110}),
            R"(Run 0123456789abcdef0123456789abcdef on redis://127.0.0.1:6379
Steps:    10 planned: 5 done, 2 changed, 1 gone, 1 failed, 1 unknown
Keys:     12
Freed:    4.00 KiB
Journal:  512 B
Took:     2 s
Batches:  3
Server:   1 000 keys, 2.00 MiB before; 993 keys, 2.00 MiB after

Rules
  RULE            OWNER      PLANNED  DONE  CHANGED  GONE  FAILED  UNKNOWN  KEYS     BYTES
  bull-completed  bull:mail       10     5        2     1       1        1    12  4.00 KiB
  Changed: no longer as the plan found it, so left alone. Gone: it was not there any more. Unknown: the answer
  was lost.

Waits
  REASON                  TIME
  a BGSAVE is under way  1.5 s

Notes
- Undo until 2024-05-31: headroom undo 0123456789abcdef0123456789abcdef
- Keys and bytes above are counted step by step. The server's own numbers before and after are moved by its
  traffic too, and the memory that the system sees (RSS) falls later or not at all.
)");
}

// APPLY-8: planned = removed + changed + gone + failed + unknown
TEST(RunReport, has_counts_that_add_up) {
  const auto read = json::parse(rendered(run_report(run()), Format::json));
  EXPECT_EQ(read.at("schema"), "headroom.run/1");
  const auto count = [&](const char* name) { return read.at(name).get<int>(); };
  EXPECT_EQ(count("planned"),
            count("removed") + count("changed") + count("gone") + count("failed") + count("unknown"));
  EXPECT_EQ(read.at("bytes_freed"), 4096);
  EXPECT_EQ(read.at("seconds"), 2);
  EXPECT_EQ(read.at("keys_per_second"), 6);
  EXPECT_EQ(read.at("waits").at(0).at("reason"), "a BGSAVE is under way");
  EXPECT_EQ(read.at("waits").at(0).at("seconds"), 1.5);
  EXPECT_EQ(read.at("before").at("keys"), 1000);
  EXPECT_EQ(read.at("rules").at(0).at("keys"), 12);
}

TEST(RunReport, says_that_it_stopped_and_by_what) {
  auto stopped = run();
  stopped.complete = false, stopped.stopped_by = "a signal", stopped.pending = 4;
  const auto text = rendered(run_report(stopped), Format::text);
  EXPECT_THAT(text, HasSubstr("(PARTIAL)"));
  EXPECT_THAT(text, HasSubstr("a signal"));
  EXPECT_THAT(text, HasSubstr("4 not reached"));
}

}  // namespace
}  // namespace headroom
