#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "apply_kit.h"

namespace headroom::act {
namespace {

using test::Applying;
using test::RedisServer;
using test::Talk;

struct Manner {
  const char* name;
  bool scripts, watch, hurries = false;
};
constexpr Manner manners[] = {{"watched", true, true},
                              {"compared", true, false},
                              {"plain", false, true},
                              {"watched_in_haste", true, true, true},
                              {"compared_in_haste", true, false, true},
                              {"plain_in_haste", false, true, true}};
class ExecuteRace : public testing::TestWithParam<Manner> {};
INSTANTIATE_TEST_SUITE_P(Manner, ExecuteRace, testing::ValuesIn(manners),
                         [](const auto& one) { return std::string(one.param.name); });

/// Makes keys "old", makes them "NEW", takes them away, and again: old ones may be removed meanwhile, new
/// ones never. Counts both.
class Writer {
 public:
  explicit Writer(const RedisServer& server) : talk_(server), thread_([this] { work(); }) {}
  ~Writer() { finish(); }
  void finish() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }
  std::int64_t old_removed = 0, new_removed = 0;

 private:
  std::int64_t each(const char* body) {
    return talk_({"EVAL",
                  std::string("local n = 0 for i = 0, 99 do local k = 'k:' .. i ") + body + " end return n",
                  "0"})
        .integer;
  }
  void work() {
    while (!stop_) {
      each("redis.call('SET', k, 'old')");
      std::this_thread::sleep_for(std::chrono::microseconds(400));
      old_removed += each("if not redis.call('GETSET', k, 'NEW') then n = n + 1 end");
      new_removed += 100 - each("n = n + redis.call('UNLINK', k)");
    }
  }
  Talk talk_;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

// APPLY-2 F42: keys change, go and come between every look and every change; what is new is never removed,
// and every removal that is reported is one
TEST_P(ExecuteRace, removes_only_what_was_planned) {
  RedisServer server;
  Applying applying(server);
  applying.options.scripts = GetParam().scripts;
  applying.options.watch = GetParam().watch;
  applying.pace.hurries = GetParam().hurries;
  applying.options.keys_per_sync = GetParam().hurries ? 400 : 100;
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(4);
  std::uint64_t given = 0;
  Writer writer(server);
  const auto report = applying.run([&](Step& step) -> Result<bool> {
    if (given == 100'000 || std::chrono::steady_clock::now() > until) return false;
    step = test::remove_string("k:" + std::to_string(given++ % 100));
    step.checks.push_back({.kind = CheckKind::value_is, .text = "old"});
    return true;
  });
  writer.finish();
  RecordProperty("steps", static_cast<int>(given));
  RecordProperty("removed", static_cast<int>(report.removed));
  EXPECT_TRUE(report.complete) << report.stopped_by;
  EXPECT_EQ(writer.new_removed, 0);
  EXPECT_EQ(static_cast<std::int64_t>(report.removed), writer.old_removed);
  EXPECT_GT(report.changed + report.gone, 0U);
  std::cout << GetParam().name << ": " << given << " steps, removed " << report.removed << ", changed "
            << report.changed << ", gone " << report.gone << "\n";
}

}  // namespace
}  // namespace headroom::act
