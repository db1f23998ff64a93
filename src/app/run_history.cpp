#include "app/run_history.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "act/journal.h"
#include "act/undo.h"
#include "app/input_file.h"
#include "app/output_file.h"
#include "app/typed_line.h"
#include "base/text.h"
#include "report/render.h"
#include "report/run_report.h"
#include "report/saved_run.h"

namespace headroom::app {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t id_length = 32;

bool is_id(const std::string& name) {
  return name.size() == id_length && name.find_first_not_of("0123456789abcdef") == std::string::npos;
}

std::string mark_of(const act::StateFolder& state, const std::string& id) {
  return state.run(id) + "/quarantined";
}

std::optional<RunReport> report_of(const std::string& folder, std::string_view name = "report") {
  const auto path = fmt::format("{}/{}.json", folder, name);
  std::error_code error;
  if (!fs::exists(path, error)) return std::nullopt;
  const auto text = read_file(path, "--state");
  if (!text) return std::nullopt;
  auto report = report::read_saved_run(*text, path);
  return report ? std::optional(std::move(*report)) : std::nullopt;
}

std::uint64_t bytes_below(const fs::path& folder) {
  std::uint64_t bytes = 0;
  std::error_code error;
  for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
    if (at->is_regular_file(error)) bytes += at->file_size(error);
  return bytes;
}

std::chrono::seconds age_of(const fs::path& folder) {
  std::error_code error;
  auto written = fs::last_write_time(folder / "journal", error);
  if (error) written = fs::last_write_time(folder, error);
  if (error) return {};
  return std::chrono::duration_cast<std::chrono::seconds>(fs::file_time_type::clock::now() - written);
}

PastRun read_run(const act::StateFolder& state, const std::string& id) {
  const auto folder = state.run(id);
  std::error_code error;
  return {id,
          report_of(folder),
          bytes_below(folder),
          age_of(folder),
          fs::exists(mark_of(state, id), error),
          report_of(folder, "undo")};
}

/// Whole or not at all.
Result<bool> keep(const std::string& path, std::string_view text) {
  const auto of_state = [](Error error) {
    error.remedy = "make room on the disk of the state folder, or choose another with --state DIR";
    error.exit = Exit::partial;
    return fail(std::move(error));
  };
  const auto out = OutputFile::open(path);
  if (!out) return of_state(out.error());
  (*out)->write(text);
  const auto done = (*out)->finish();
  return done ? done : of_state(done.error());
}

Result<bool> try_to_save(const act::StateFolder& state, const RunReport& report) {
  const auto text = report::render(report::run_report(report), report::Format::json);
  if (!text) return fail(text.error());
  const auto name = report.kind == "apply" ? std::string("report") : report.kind;
  return keep(fmt::format("{}/{}.json", state.run(report.run), name), *text);
}

}  // namespace

std::vector<PastRun> past_runs(const act::StateFolder& state) {
  std::vector<PastRun> runs;
  std::error_code error;
  for (fs::directory_iterator at(state.path() + "/runs", error), end; !error && at != end;
       at.increment(error)) {
    const auto id = at->path().filename().string();
    if (is_id(id) && at->is_directory(error)) runs.push_back(read_run(state, id));
  }
  std::sort(runs.begin(), runs.end(), [](const PastRun& a, const PastRun& b) { return a.age < b.age; });
  return runs;
}

Result<std::uint64_t> steps_back(const act::StateFolder& state, const PastRun& run,
                                 const std::string& secret) {
  struct Outcomes final : act::JournalVisitor {
    void outcome(const act::JournalOutcome& one) override {
      if (one.number >= back.size()) back.resize(one.number + 1);
      back[one.number] = one.outcome == StepOutcome::removed;
    }
    std::vector<bool> back{};
  } outcomes;
  const auto folder = act::undo_folder(state.run(run.id));
  std::error_code error;
  const auto bytes = fs::file_size(folder + "/journal", error);
  if (error) return 0;
  if (run.undo && run.undo->undone_steps && run.undo->journal_bytes.count == bytes)
    return *run.undo->undone_steps;
  if (const auto read = act::read_journal(folder, secret, outcomes); !read) return fail(read.error());
  return static_cast<std::uint64_t>(std::count(outcomes.back.begin(), outcomes.back.end(), true));
}

Result<PastRun> find_run(const act::StateFolder& state, const std::string& words, const Options& options) {
  std::vector<PastRun> found;
  for (auto& run : past_runs(state))
    if (!words.empty() && run.id.starts_with(words)) found.push_back(std::move(run));
  if (found.size() == 1) return std::move(found.front());
  return fail({found.empty() ? fmt::format("there is no run '{}' here", printable(words))
                             : fmt::format("{} runs begin with '{}'", found.size(), printable(words)),
               state.path(), line_about("undo", {"list"}, options), Exit::usage});
}

void keep_report(const act::StateFolder& state, RunReport& report) {
  const auto saved = try_to_save(state, report);
  if (saved) return;
  report.kept = false;
  report.notes.push_back(fmt::format(
      "This report could not be kept beside its journal: {}: {} ({}). The journal is whole: undo works.",
      saved.error().where, saved.error().what, saved.error().remedy));
}

Result<bool> mark_quarantine(const act::StateFolder& state, const std::string& id) {
  return keep(mark_of(state, id), "");
}

void unmark_quarantine(const act::StateFolder& state, const std::string& id) {
  std::error_code error;
  fs::remove(mark_of(state, id), error);
}

Result<plan::Amount> done_within_a_day(const act::StateFolder& state, const std::string& target,
                                       std::chrono::milliseconds now) {
  plan::Amount amount;
  for (const auto& run : past_runs(state)) {
    if (!run.report || run.report->kind != "apply" || run.report->target != target) continue;
    if (now - run.report->ended > std::chrono::hours(24)) continue;
    for (const auto& rule : run.report->rules) amount.keys += rule.keys;
    amount.bytes += run.report->bytes_freed;
  }
  return amount;
}

std::vector<std::string> drop_old_runs(const act::StateFolder& state, const plan::JournalPolicy& policy,
                                       const std::string& spared) {
  std::vector<std::string> said;
  std::uint64_t kept = 0;
  for (const auto& run : past_runs(state)) {
    const bool old = policy.keep && run.age > *policy.keep;
    const bool full = policy.keep_bytes && kept + run.disk_bytes > policy.keep_bytes->count;
    if (run.id == spared || run.quarantined || !(old || full)) {
      kept += run.disk_bytes;
      continue;
    }
    if (const auto gone = forget_run(state, run.id); !gone)
      said.push_back(fmt::format("Run {} should have gone by now: {}", run.id, gone.error().what));
    else
      said.push_back(
          fmt::format("Run {} can no longer be undone: its journal ({}) was {}.", run.id,
                      human_bytes(Bytes{run.disk_bytes}),
                      old ? fmt::format("{} old", human_duration(run.age)) : "more than keep_bytes allows"));
  }
  return said;
}

Result<bool> forget_run(const act::StateFolder& state, const std::string& id) {
  std::error_code error;
  fs::remove_all(state.run(id), error);
  if (error)
    return fail({"the run's folder cannot be removed: " + error.message(), state.run(id),
                 "rm -r " + shell_word(state.run(id)), Exit::usage});
  return true;
}

}  // namespace headroom::app
