#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "act/executor.h"
#include "act/identity.h"
#include "folder_kit.h"
#include "kit/redis_cli.h"
#include "kit/redis_server.h"
#include "wire/connection.h"

namespace headroom::act::test {

using headroom::test::redis_cli;
using headroom::test::RedisServer;

/// Lets everything go at once, and remembers what it was told. `on_permit` may stop the run or do something
/// to the server at an exact moment.
class FreePace final : public Pace {
 public:
  std::function<bool()> on_permit{};  ///< false: stop
  bool hurries = false;               ///< no rest: requests overlap
  bool ended = false;
  std::size_t units = 100;
  std::map<std::string, std::chrono::milliseconds> waited_for{};
  std::uint64_t permits = 0;

  Result<Go> permit() override {
    ++permits;
    return !on_permit || on_permit() ? Go::on : Go::stop;
  }
  bool rest_due() const override { return !hurries; }
  bool has_to_end() override { return ended; }
  std::size_t batch() const override { return units; }
  void served(const Served&) override {}
  void waited(std::string_view reason, std::chrono::milliseconds length) override {
    waited_for[std::string(reason)] += length;
  }
  std::string why_stopped() const override { return "told to"; }
  std::vector<RunWait> waits() const override {
    std::vector<RunWait> all;
    for (const auto& [reason, length] : waited_for) all.push_back({reason, length});
    return all;
  }
};

/// All entries of a journal.
struct Entries final : JournalVisitor {
  std::vector<JournalStep> steps{};
  std::vector<JournalOutcome> outcomes{};
  std::vector<std::string> notes{};
  std::size_t starts = 0;
  void start(const JournalStart&) override { ++starts; }
  void step(const JournalStep& step) override { steps.push_back(step); }
  void outcome(const JournalOutcome& outcome) override { outcomes.push_back(outcome); }
  void note(std::string_view text) override { notes.emplace_back(text); }
};

inline ApplyTarget target_at(const std::string& url,
                             std::chrono::milliseconds patience = std::chrono::seconds(30)) {
  ApplyTarget target;
  target.address = url;
  target.open = [url, patience]() -> Result<std::unique_ptr<wire::Link>> {
    wire::Deadlines deadlines;
    deadlines.command = patience;
    deadlines.handshake = patience;
    auto opened = wire::Connection::open(wire::parse_endpoint(url).value(), "test", deadlines);
    if (!opened) return fail(opened.error());
    return std::unique_ptr<wire::Link>(*std::move(opened));
  };
  target.server = identify(**target.open(), url).value();
  return target;
}

/// A connection for commands with any bytes in them.
class Talk {
 public:
  explicit Talk(const RedisServer& server)
      : link_(std::move(wire::Connection::open(wire::parse_endpoint(server.url()).value(), "test").value())) {
  }
  wire::Reply operator()(const std::vector<std::string>& words) const {
    return link_->call(std::vector<std::string_view>(words.begin(), words.end())).value();
  }

 private:
  std::unique_ptr<wire::Connection> link_;
};

/// Steps in memory, applied with a journal of their own.
struct Applying {
  explicit Applying(const RedisServer& server) : target(target_at(server.url())) {
    plan.id = std::string(32, 'a');
    plan.rules.push_back({.name = "rule"});
  }
  Applying(const Applying&) = delete;

  RunReport run(std::vector<Step> steps) {
    plan.steps = steps.size();
    std::size_t next = 0;
    return run([&](Step& step) -> Result<bool> {
      if (next == steps.size()) return false;
      step = steps[next++];
      return true;
    });
  }

  RunReport run(const NextStep& next) {
    const Result<RunReport> report = try_run(next);
    if (!report) throw std::runtime_error(report.error().what);
    EXPECT_EQ(report->planned, report->removed + report->changed + report->gone + report->failed +
                                   report->unknown + report->pending);
    return *report;
  }

  Result<RunReport> try_run(const NextStep& next) {
    JournalStart start;
    start.run = plan.id;
    start.kind = "apply";
    const std::string place = folder.path() + "/run" + std::to_string(++runs);
    auto journal = JournalWriter::create(place, "secret", start);
    if (!journal) return fail(journal.error());
    auto report = execute(target, next, 0, plan, *journal, pace, options);
    entries = {};
    const auto health = read_journal(place, "secret", entries);
    EXPECT_TRUE(health && health->damage.empty() && !health->cut);
    return report;
  }

  ApplyTarget target;
  PlanHeader plan{};
  FreePace pace{};
  ApplyOptions options{};
  TestFolder folder{};
  Entries entries{};  ///< of the last run
  int runs = 0;
};

/// Does something once, at the n-th time that the run asks for permission.
inline void at_permit(Applying& applying, std::uint64_t n, std::function<void()> act) {
  applying.pace.on_permit = [&applying, n, act = std::move(act)] {
    if (applying.pace.permits == n) act();
    return true;
  };
}

inline Step remove_string(std::string key, std::uint64_t bytes = 100) {
  Step step;
  step.keys = {std::move(key)};
  step.checks = {{.kind = CheckKind::type_is, .text = "string"}};
  step.changes = {{.kind = ChangeKind::remove}};
  step.bytes = bytes;
  return step;
}

}  // namespace headroom::act::test
