#include "act/undo.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "act/journal_file.h"
#include "act/undoing/index.h"
#include "act/undoing/lane.h"
#include "act/undoing/putting_back.h"
#include "act/undoing/wanted.h"
#include "base/text.h"
#include "wire/info_text.h"

namespace headroom::act {
namespace {

class Preview final : public Wanted {
 public:
  Preview(const UndoIndex& index, const UndoFilter& filter, std::int64_t now)
      : Wanted(index, filter), now_(now) {
    for (const auto& rule : index.start().rules)
      sum.rules.push_back({rule.name, rule.owner, rule.why, 0, 0, 0, 0, 0, 0, 0, {}});
  }
  UndoPreview sum{};

 private:
  // What the plan knew of the memory of a step, and never less than 1.5 times its payload (safety.md 3.6).
  void take(const JournalStep& step) override {
    ++sum.steps;
    std::uint64_t payload = 0, keys = 0;
    bool needs_memory = false, expired = false;
    for (const auto& before : step.before) {
      const bool is_key = before.removed || before.kind == ChangeKind::expire_at ||
                          before.kind == ChangeKind::persist || before.kind == ChangeKind::quarantine;
      if (is_key) ++keys;
      if (before.removed) payload += before.removed->body.size();
      for (const auto& [id, fields] : before.entries)
        for (const auto& text : fields) payload += text.size();
      needs_memory = needs_memory || before.removed || !before.entries.empty();
      if (before.removed && before.key == 0 && before.removed->expires_at >= 0 &&
          before.removed->expires_at <= now_)
        expired = true;
    }
    count(step, keys, expired);
    if (needs_memory) sum.bytes += std::max(step.bytes, payload + payload / 2);
  }
  void count(const JournalStep& step, std::uint64_t keys, bool expired) {
    if (step.rule >= sum.rules.size()) sum.rules.resize(step.rule + std::size_t{1});
    auto& rule = sum.rules[step.rule];
    ++rule.planned;
    if (expired) {
      ++sum.expired, ++rule.gone;
      return;
    }
    ++rule.removed;
    sum.keys += keys, rule.keys += keys, rule.bytes += Bytes{step.bytes};
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
  PuttingBack undoing(*index, options.only, *lane, journal);
  for (bool more = true; more;) {
    if (auto read = read_journal(folder, secret, undoing); !read) return fail(read.error());
    const auto finished = undoing.finish();
    if (!finished) lane->stop(finished.error().what);
    more = finished && *finished;
  }
  auto report = undoing.tally.finish("undo", lane->why());
  report.batches = undoing.batches;
  report.undone_steps = index->steps_back() + report.removed;
  report.journal_bytes = Bytes{journal.bytes()};
  report.waits = pace.waits();
  report.took =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
  return report;
}

}  // namespace headroom::act
