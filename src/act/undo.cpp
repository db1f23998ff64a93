#include "act/undo.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "act/journal_file.h"
#include "act/undoing/index.h"
#include "act/undoing/lane.h"
#include "act/undoing/script.h"
#include "act/undoing/streams.h"
#include "act/undoing/tally.h"
#include "base/text.h"
#include "wire/info_text.h"

namespace headroom::act {
namespace {

constexpr std::size_t most_batch_bytes = 8U << 20U;
/// RESTORE of a larger payload makes the server close the connection (proto-max-bulk-len; safety.md 2.7).
constexpr std::size_t largest_payload = 511U << 20U;

bool has(const JournalStep& step, ChangeKind kind) {
  return std::any_of(step.before.begin(), step.before.end(),
                     [&](auto& before) { return before.kind == kind; });
}

/// The steps of a journal that are to be undone.
class Wanted : public JournalVisitor {
 public:
  Wanted(const UndoIndex& index, const UndoFilter& filter) : index_(index), filter_(filter) {}
  void step(const JournalStep& step) final {
    if (index_.wanted(entry_++, step.number) && passes(step)) take(step);
  }

 protected:
  virtual void take(const JournalStep& step) = 0;
  const UndoIndex& index() const { return index_; }

 private:
  bool passes(const JournalStep& step) const {
    const auto& rules = filter_.rules;
    if (!rules.empty() && std::find(rules.begin(), rules.end(), step.rule) == rules.end()) return false;
    return !filter_.key || (!step.keys.empty() && filter_.key(step.keys[0]));
  }
  const UndoIndex& index_;
  const UndoFilter& filter_;
  std::uint64_t entry_ = 0;
};

class Preview final : public Wanted {
 public:
  Preview(const UndoIndex& index, const UndoFilter& filter, std::int64_t now)
      : Wanted(index, filter), now_(now) {}
  UndoPreview sum{};

 private:
  // What the plan knew of the memory of a step, and never less than 1.5 times its payload (safety.md 3.6).
  void take(const JournalStep& step) override {
    ++sum.steps;
    std::uint64_t payload = 0;
    bool needs_memory = false;
    for (const auto& before : step.before) {
      const bool is_key = before.removed || before.kind == ChangeKind::expire_at ||
                          before.kind == ChangeKind::persist || before.kind == ChangeKind::quarantine;
      if (is_key) ++sum.keys;
      if (before.removed) payload += before.removed->body.size();
      for (const auto& [id, fields] : before.entries)
        for (const auto& text : fields) payload += text.size();
      needs_memory = needs_memory || before.removed || !before.entries.empty();
      if (before.removed && before.key == 0 && before.removed->expires_at >= 0 &&
          before.removed->expires_at <= now_)
        ++sum.expired;
    }
    if (needs_memory) sum.bytes += std::max(step.bytes, payload + payload / 2);
  }
  std::int64_t now_;
};

/// The room that the server has, and its clock.
Result<bool> look_at_server(wire::Link& link, std::int64_t& now, wire::InfoText& memory) {
  const std::vector<std::string_view> time{"TIME"}, info{"INFO", "memory"};
  auto clock = link.call(time);
  if (!clock) return fail(clock.error());
  if (clock->items.size() == 2)
    now = std::stoll(clock->items[0].text) * 1000 + std::stoll(clock->items[1].text) / 1000;
  auto text = link.call(info);
  if (!text) return fail(text.error());
  if (text->is_error())
    return fail({"the room on the server cannot be seen: INFO is refused", printable(text->text),
                 "allow +info", Exit::unreachable});
  memory = wire::InfoText(std::move(text->text));
  return true;
}

void judge_room(UndoPreview& preview, const wire::InfoText& memory) {
  const auto used = memory.number("used_memory").value_or(0), most = memory.number("maxmemory").value_or(0);
  if (most == 0 || preview.bytes == 0 || used + preview.bytes < most / 10 * 9) return;
  preview.fits = false;
  preview.why_not =
      fmt::format("the server uses {} of {}, undo needs {} more, and 10 % must stay free",
                  human_bytes(Bytes{used}), human_bytes(Bytes{most}), human_bytes(Bytes{preview.bytes}));
}

Result<UndoPreview> preview_with(const UndoIndex& index, const ApplyTarget& target, const std::string& folder,
                                 const std::string& secret, const UndoOptions& options) {
  auto link = target.open();
  if (!link) return fail(link.error());
  std::int64_t now = 0;
  wire::InfoText memory;
  if (auto looked = look_at_server(**link, now, memory); !looked) return fail(looked.error());
  Preview preview(index, options.only, now);
  if (auto read = read_journal(folder, secret, preview); !read) return fail(read.error());
  judge_room(preview.sum, memory);
  return preview.sum;
}

/// What the server said of a step, in the words of a report.
struct Verdict {
  StepOutcome outcome{};
  std::string why{};
};

class Undoing final : public Wanted {
 public:
  Undoing(const UndoIndex& index, const UndoFilter& filter, UndoLane& lane, JournalWriter& journal)
      : Wanted(index, filter),
        tally(index.start()),
        lane_(lane),
        journal_(journal),
        streams_(lane, index.start().run) {}

  Result<bool> finish() {
    send();
    streams_.finish(tally, journal_);
    return journal_.sync();
  }
  UndoTally tally;
  std::uint64_t batches = 0;

 private:
  struct Sent {
    std::uint64_t number = 0;
    std::uint16_t rule = 0;
    std::uint64_t keys = 0, bytes = 0;
    std::string key{};
  };

  void take(const JournalStep& step) override {
    tally.planned(step.rule);
    if (lane_.stopped()) return;
    if (has(step, ChangeKind::list_push))
      return end(step, {StepOutcome::changed,
                        "it put messages back into a queue, which may have been worked on since"});
    if (has(step, ChangeKind::stream_trim)) return take_stream(step);
    const UndoCall call(step);
    if (call.empty()) return end(step, {StepOutcome::changed, "it changed nothing that could be put back"});
    if (call.bytes() > largest_payload)
      return end(step, {StepOutcome::failed, "its value is larger than RESTORE takes (512 MiB)"});
    if (!sent_.empty() && (step.db != db_ || units_ >= lane_.most_units() || bytes_ >= most_batch_bytes))
      send();
    if (lane_.stopped() || !prepare(step.db)) return;
    call.queue(lane_.link(), sha_);
    sent_.push_back({step.number, step.rule, call.keys(), step.bytes, step.keys[0]});
    units_ += call.units(), bytes_ += call.bytes();
  }

  void take_stream(const JournalStep& step) {
    send();
    if (step.before.size() != 1 || step.before[0].key >= step.keys.size())
      return end(step, {StepOutcome::failed, "it changed more than a stream in one step"});
    if (lane_.permit()) streams_.add(step, step.before[0], index().unsure(step.number));
  }

  /// Before the first step of a batch: may it go, in which database, is the script there.
  bool prepare(std::uint32_t db) {
    if (!sent_.empty()) return true;
    if (!lane_.permit() || !lane_.use(db)) return false;
    db_ = db;
    if (sha_.empty() && !sha_refused_) {
      const auto loaded = lane_.ask({"SCRIPT", "LOAD", undo_script()});
      if (!loaded) return false;
      sha_refused_ = loaded->is_error();  // then the text goes with every call
      if (!sha_refused_) sha_ = loaded->text;
    }
    return true;
  }

  // That a step is begun is on the disk before it is sent: a second undo then knows that what is there may be
  // our work. One sync serves these marks and the outcomes of the batch before.
  void send() {
    if (sent_.empty()) return;
    for (const auto& step : sent_) journal_.add(JournalOutcome{step.number, StepOutcome::pending});
    if (auto synced = journal_.sync(); !synced) {
      sent_.clear();
      return lane_.stop(fmt::format("the journal of the undo cannot be written: {}", synced.error().what));
    }
    const auto replies = lane_.exchange(units_);
    for (std::size_t i = 0; i < sent_.size(); ++i) {
      const auto& step = sent_[i];
      const auto verdict =
          replies ? judge(step.number, (*replies)[i]) : Verdict{StepOutcome::unknown, "the answer was lost"};
      tally.ended(step.rule, verdict.outcome, step.keys, step.bytes, verdict.why, step.key);
      if (replies) journal_.add(JournalOutcome{step.number, verdict.outcome});
    }
    ++batches;
    sent_.clear();
    units_ = bytes_ = 0;
  }

  Verdict judge(std::uint64_t number, const wire::Reply& reply) {
    const auto answer = undo_answer(reply);
    switch (answer.kind) {
      case UndoAnswer::Kind::done:
        return {StepOutcome::removed, {}};
      case UndoAnswer::Kind::there:
        if (index().under_way(number)) return {StepOutcome::removed, {}};
        if (index().unsure(number))
          return {StepOutcome::changed, "it is there: the run may not have come to it"};
        return {StepOutcome::changed, "it is there again"};
      case UndoAnswer::Kind::taken:
        return {StepOutcome::changed, "something is there again and was left as it is"};
      case UndoAnswer::Kind::expired:
        return {StepOutcome::gone, "its TTL has ended meanwhile"};
      case UndoAnswer::Kind::swept:
        return {StepOutcome::gone, "it is no longer in quarantine"};
      case UndoAnswer::Kind::refused:
        break;
    }
    if (answer.text.find("DUMP payload version or checksum") != std::string::npos ||
        answer.text.find("Bad data format") != std::string::npos)
      return {StepOutcome::failed,
              "this server is older than the one it was removed from and cannot read it: undo it "
              "on a server of that version"};
    if (ends_run(answer.text)) lane_.stop(stop_text(answer.text));
    return {StepOutcome::failed, printable(answer.text)};
  }

  static std::string stop_text(const std::string& error) {
    if (error.find("OOM") != std::string::npos) return "memory is short: the server is at maxmemory";
    return printable(error);
  }

  void end(const JournalStep& step, const Verdict& verdict) {
    tally.ended(step.rule, verdict.outcome, 0, 0, verdict.why, step.keys.empty() ? "" : step.keys[0]);
    journal_.add(JournalOutcome{step.number, verdict.outcome});
  }

  UndoLane& lane_;
  JournalWriter& journal_;
  StreamsBack streams_;
  std::string sha_{};
  bool sha_refused_ = false;
  std::vector<Sent> sent_{};
  std::uint32_t db_ = 0;
  std::uint64_t units_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace

std::string undo_folder(const std::string& folder) { return folder + "/undo"; }

Result<JournalWriter> open_undo_journal(const PlanServer& server, const std::string& run,
                                        const std::string& folder, const std::string& secret) {
  JournalStart start;
  start.run = run, start.kind = "undo", start.of = run, start.address = server.address;
  start.run_id = server.run_id, start.replid = server.replid;
  const auto undone = undo_folder(folder);
  if (::access(journal_path(undone).c_str(), F_OK) != 0) return JournalWriter::create(undone, secret, start);
  auto resumed = JournalWriter::resume(undone, secret);
  if (resumed) resumed->add(start);
  return resumed;
}

Result<UndoPreview> preview_undo(const ApplyTarget& target, const std::string& folder,
                                 const std::string& secret, const UndoOptions& options) {
  auto index = UndoIndex::read(folder, secret, options.force);
  if (!index) return fail(index.error());
  return preview_with(*index, target, folder, secret, options);
}

Result<RunReport> undo(const ApplyTarget& target, const std::string& folder, const std::string& secret,
                       JournalWriter& journal, Pace& pace, const UndoOptions& options) {
  const auto begin = std::chrono::steady_clock::now();
  auto index = UndoIndex::read(folder, secret, options.force);
  if (!index) return fail(index.error());
  auto preview = preview_with(*index, target, folder, secret, options);
  if (!preview) return fail(preview.error());
  if (!preview->fits && !options.force)
    return fail({"there is no room for what would come back", preview->why_not,
                 "raise maxmemory, undo a part of it, or --force", Exit::refused});
  auto lane = UndoLane::open(target, pace);
  if (!lane) return fail(lane.error());
  Undoing undoing(*index, options.only, *lane, journal);
  if (auto read = read_journal(folder, secret, undoing); !read) return fail(read.error());
  auto finished = undoing.finish();
  if (!finished) lane->stop(finished.error().what);
  auto report = undoing.tally.finish("undo", lane->why());
  report.batches = undoing.batches;
  report.journal_bytes = Bytes{journal.bytes()};
  report.waits = pace.waits();
  report.took =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
  return report;
}

}  // namespace headroom::act
