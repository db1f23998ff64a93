#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "act/undo.h"
#include "journal_kit.h"
#include "pressure_kit.h"

namespace headroom::act {

using Words = std::vector<std::string>;

/// A Pace that never waits. `most` permits, then it stops.
class FreePace final : public Pace {
 public:
  explicit FreePace(std::size_t batch = 100, int most = 1 << 30) : batch_(batch), left_(most) {}
  Result<Go> permit() override { return left_-- > 0 ? Go::on : Go::stop; }
  bool rest_due() const override { return true; }
  bool has_to_end() override { return false; }
  std::size_t batch() const override { return batch_; }
  void served(const Served&) override {}
  void waited(std::string_view, std::chrono::milliseconds) override {}
  std::string why_stopped() const override { return "the test says so"; }
  std::vector<RunWait> waits() const override { return {}; }

 private:
  std::size_t batch_;
  int left_;
};

/// A server, what a run of the executor would have journaled of it, and the way back. The steps are made
/// here, by DUMP, so that undo is judged by itself.
struct UndoBench {
  explicit UndoBench(std::vector<std::string> arguments = {}) : server(with_debug(std::move(arguments))) {
    target.open = test::open_at(server);
    link = *target.open();
    ask({"HELLO", "2"});
    auto start = start_of("run");
    auto made = JournalWriter::create(run, secret(), start);
    if (!made) throw std::runtime_error(made.error().what);
    journal.emplace(*std::move(made));
  }

  static std::vector<std::string> with_debug(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--enable-debug-command", "yes"});
    return arguments;
  }

  wire::Reply ask(const Words& words) {
    const std::vector<std::string_view> views(words.begin(), words.end());
    auto reply = link->call(views);
    if (!reply) throw std::runtime_error(reply.error().what);
    return *std::move(reply);
  }
  std::int64_t number(const Words& words) { return ask(words).integer; }
  std::string text(const Words& words) { return ask(words).text; }
  bool exists(const std::string& key) { return number({"EXISTS", key}) == 1; }
  std::string digest(const std::string& key) { return ask({"DEBUG", "DIGEST-VALUE", key}).items.at(0).text; }

  /// What the executor journals of a key that it removes.
  KeyBefore key_before(const std::string& key) {
    KeyBefore before;
    before.key = key;
    const auto idle = ask({"OBJECT", "IDLETIME", key}), freq = ask({"OBJECT", "FREQ", key});
    if (!idle.is_error()) before.idle_seconds = idle.integer;
    if (!freq.is_error()) before.freq = freq.integer;
    before.expires_at = number({"PEXPIRETIME", key});
    const auto dump = text({"DUMP", key});
    if (dump.size() < 10) throw std::runtime_error("DUMP " + key + ": " + dump);
    before.body = dump.substr(0, dump.size() - 10);
    before.rdb_version = static_cast<unsigned char>(dump[dump.size() - 10]);
    return before;
  }

  JournalStep step_of(Words keys) {
    JournalStep step;
    step.number = next++, step.rule = 0, step.keys = std::move(keys);
    return step;
  }
  static Before before_of(ChangeKind kind, std::uint16_t key, std::string member = {}, std::string value = {},
                          double score = 0) {
    Before before;
    before.kind = kind, before.key = key, before.member = std::move(member), before.value = std::move(value);
    before.score = score;
    return before;
  }
  /// A step that removes one key; the key is removed.
  JournalStep removal(const std::string& key) {
    auto step = step_of({key});
    auto& before = step.before.emplace_back();
    before.removed = key_before(key);
    ask({"UNLINK", key});
    return step;
  }
  void record(const JournalStep& step, StepOutcome outcome = StepOutcome::removed) {
    journal->add(step);
    if (outcome != StepOutcome::pending) journal->add(JournalOutcome{step.number, outcome});
    if (auto synced = journal->sync(); !synced) throw std::runtime_error(synced.error().what);
  }
  void remove(const std::string& key) { record(removal(key)); }

  Result<RunReport> try_undo(const UndoOptions& options = {}, Pace* pace = nullptr) {
    FreePace free;
    auto undone = open_undo_journal(target.server, "run", run, secret());
    if (!undone) return fail(undone.error());
    return act::undo(target, run, secret(), *undone, pace != nullptr ? *pace : free, options);
  }
  RunReport undo(const UndoOptions& options = {}, Pace* pace = nullptr) {
    auto report = try_undo(options, pace);
    if (!report) throw std::runtime_error(report.error().what);
    return *std::move(report);
  }

  test::RedisServer server;
  ApplyTarget target{};
  std::unique_ptr<wire::Link> link{};
  TestFolder folder{};
  std::string run = folder / "run";
  std::optional<JournalWriter> journal{};
  std::uint64_t next = 0;
};

}  // namespace headroom::act
