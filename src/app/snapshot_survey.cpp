#include "app/snapshot_survey.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>

#include "app/allocator_guess.h"
#include "app/interruption.h"
#include "app/no_sink.h"
#include "app/progress.h"
#include "app/session.h"
#include "base/text.h"
#include "family/attribution.h"
#include "family/landmarks.h"
#include "family/proof/prover.h"
#include "memory/key_tables.h"
#include "memory/reconcile.h"
#include "source/rdb/file_input.h"
#include "source/snapshot.h"
#include "survey/summary.h"

namespace headroom::app {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// Hands what a collector hears on to a companion.
class CompanySink final : public RecordSink {
 public:
  CompanySink(survey::Collector& collector, SnapshotCompanion& companion)
      : collector_(collector), companion_(companion) {}
  Interest look(std::uint32_t db, std::string_view key) override { return collector_.look(db, key); }
  void take(const KeyRecord& record) override {
    collector_.take(record);
    companion_.take(record, collector_);
  }
  void restart() override { collector_.restart(); }

 private:
  survey::Collector& collector_;
  SnapshotCompanion& companion_;
};

/// One survey of one snapshot.
class SnapshotSurvey {
 public:
  SnapshotSurvey(const SnapshotTarget& target, std::span<const family::Family> families,
                 const Options& options, SnapshotCompanion* companion)
      : target_(target),
        families_(families),
        options_(options),
        companion_(companion),
        landmarks_(families),
        collector_({0.01, true, static_cast<std::size_t>(options.top > 0 ? options.top : 50),
                    [this](std::string_view key) { return landmarks_(key); }}),
        prover_(family::proofs::known_proofs(), {proof_bytes(options), target.again}) {}

  Result<Survey> run();

 private:
  static std::size_t proof_bytes(const Options& options) {
    return static_cast<std::size_t>(options.proof_memory) << 20U;
  }
  Result<source::SnapshotOutcome> read(RecordSink& sink);
  Result<source::SnapshotOutcome> read_first();
  source::ValueReaders prepare(const source::SnapshotFacts& facts);
  void learn(const source::SnapshotFacts& facts);
  Survey summed_up(const source::SnapshotOutcome& outcome, milliseconds took);
  void prove(const source::rdb::Decoded& first, Survey& survey);
  void add_fault(const source::rdb::Decoded& decoded, Survey& survey) const;
  void add_notes(const source::SnapshotOutcome& outcome, Survey& survey) const;
  void note_fit(Survey& survey) const;

  const SnapshotTarget& target_;
  std::span<const family::Family> families_;
  const Options& options_;
  SnapshotCompanion* companion_;
  family::Landmarks landmarks_;
  // Written for every key by two threads at once: on cache lines of their own, or each would wait for the
  // other's.
  static constexpr std::size_t apart = 128;
  alignas(apart) survey::Collector collector_;
  alignas(apart) family::Prover prover_;
  std::optional<memory::KeyModel> model_{};
  alignas(apart) source::SnapshotOptions how_{};
  ServerFacts server_{};
  std::optional<memory::Calibration> guess_{};
  unsigned pass_ = 0;
  std::atomic<bool> stopped_ = false;  ///< by Ctrl-C, or because the time allowed is over
};

using Until = std::optional<steady_clock::time_point>;
Until until_of(const std::optional<milliseconds>& budget) {
  return budget ? Until(steady_clock::now() + *budget) : std::nullopt;
}

/// What a file says of its server, where nobody else does.
void SnapshotSurvey::learn(const source::SnapshotFacts& facts) {
  if (target_.server) {
    server_ = *target_.server;
  } else {
    server_.target = target_.name;
    server_.version = facts.version, server_.flavour = facts.flavour;
    server_.used_memory = facts.used_memory;
    if (facts.libraries.count > 0) server_.functions = facts.libraries;
  }
  set_allocator(options_, guess_, server_);
  // TTLs of a snapshot count from the moment it was written, and so does every age.
  server_.server_time = facts.time.value_or(target_.written);
  const auto server = memory::server_model(server_, memory::Held::live);
  model_.emplace(server);
  if (!server_.startup) server_.startup = memory::startup_bytes(server);
}

source::ValueReaders SnapshotSurvey::prepare(const source::SnapshotFacts& facts) {
  if (pass_ == 1) learn(facts);
  if (companion_ != nullptr) return {&companion_->meter(*model_), nullptr};
  prover_.begin(server_.server_time, pass_);
  return {&*model_, &prover_};
}

Result<source::SnapshotOutcome> SnapshotSurvey::read(RecordSink& sink) {
  auto input = target_.open();
  if (!input) return fail(input.error());
  ++pass_;
  ProgressLine line(options_);
  return source::read_snapshot(
      **input, sink, [this](const source::SnapshotFacts& facts) { return prepare(facts); }, how_,
      [&](const source::ScanProgress& progress) { line.show(progress); });
}

Result<source::SnapshotOutcome> SnapshotSurvey::read_first() {
  if (companion_ == nullptr) return read(collector_);
  CompanySink sink(collector_, *companion_);
  return read(sink);
}

Result<Survey> SnapshotSurvey::run() {
  const auto how = scan_options(options_);
  if (!how) return fail(how.error());
  how_.db = how->db;
  how_.time_if_unknown = target_.written;
  how_.stop = [this, until = until_of(how->time_budget)] {
    if (interruption()->cancelled() || (until && steady_clock::now() > *until)) stopped_ = true;
    return stopped_.load();
  };
  if (target_.again && options_.allocator == "auto") guess_ = guess_allocator(target_.open);
  const auto began = steady_clock::now();
  const auto outcome = read_first();
  if (!outcome) return fail(outcome.error());
  if (outcome->decoded.version == 0)
    return fail({outcome->decoded.fault, target_.name, "a FILE.rdb, or redis://HOST:PORT", Exit::usage});
  if (pass_ == 1 && !model_) learn(outcome->facts);  // a snapshot without a key
  auto survey = summed_up(*outcome, std::chrono::duration_cast<milliseconds>(steady_clock::now() - began));
  if (companion_ != nullptr)
    companion_->finish(collector_, survey);
  else if (survey.scan.complete)
    prove(outcome->decoded, survey);
  return survey;
}

Survey SnapshotSurvey::summed_up(const source::SnapshotOutcome& outcome, milliseconds took) {
  server_.keyspace = outcome.facts.keyspace;
  auto groups = collector_.groups();
  family::attribute(groups, families_);
  auto scan = outcome.scan;
  scan.took = took;
  auto survey = survey::summarise(std::move(groups),
                                  {server_, scan, 0.01, collector_.measured(), collector_.biggest(),
                                   collector_.guarantee(), collector_.folded(), collector_.other_keys()});
  survey.source = target_.source;
  survey.reconciliation = memory::reconcile(survey.server, survey.total.bytes, memory::KeysHold::model);
  if (!survey.scan.complete && !survey.reconciliation.empty())
    survey.reconciliation.back().explanation =
        "what was not read, above all: the snapshot was not read to its end";
  add_fault(outcome.decoded, survey);
  add_notes(outcome, survey);
  return survey;
}

void SnapshotSurvey::add_fault(const source::rdb::Decoded& decoded, Survey& survey) const {
  if (decoded.complete || stopped_) return;
  survey.faults.push_back({target_.name, decoded.fault, decoded.offset, decoded.last_key});
}

void SnapshotSurvey::add_notes(const source::SnapshotOutcome& outcome, Survey& survey) const {
  if (companion_ == nullptr && !outcome.idle_known && survey.total.keys > 0)
    survey.notes.emplace_back(
        "When keys were last used is unknown: only a server with an LRU or LFU policy writes it into its "
        "snapshot.");
  if (outcome.decoded.skipped > 0)
    survey.notes.push_back(
        fmt::format("{} of module data were passed over: what they cost in memory is unknown.",
                    human_bytes(Bytes{outcome.decoded.skipped})));
  if (outcome.facts.append_only_base)
    survey.notes.emplace_back(
        "This is the beginning of an append-only file: the commands that follow it were not read.");
  if (outcome.decoded.checksum == source::rdb::Checksum::absent)
    survey.notes.emplace_back(
        "The snapshot carries no checksum: a byte that changed on the way would not show.");
  note_fit(survey);
}

/// How much of what the server used the model explains, and under which allocator.
void SnapshotSurvey::note_fit(Survey& survey) const {
  if (!survey.server.used_memory || survey.server.used_memory->count == 0 || survey.reconciliation.empty())
    return;
  const bool from_file = !target_.server && options_.allocator == "auto";
  const bool assumed = from_file && !guess_;
  const auto unexplained = static_cast<double>(survey.reconciliation.back().bytes) /
                           static_cast<double>(survey.server.used_memory->count);
  const auto explains =
      survey.scan.complete
          ? fmt::format("with its tables it explains {:.2f} % of used_memory", 100 * (1 - unexplained))
          : std::string("what was not read is not in it");
  survey.notes.push_back(fmt::format("Bytes come from a model of the server's memory under {}{}; {}{}.",
                                     assumed ? "what is assumed, since nothing here decides it: " : "",
                                     memory::allocator_in_words(model_->server().allocator), explains,
                                     from_file ? " (--allocator names another allocator)" : ""));
}

void SnapshotSurvey::prove(const source::rdb::Decoded& first, Survey& survey) {
  while (prover_.another_pass()) {
    NoSink none;
    const auto outcome = read(none);
    // A server may have put a newer file in its place: what two moments seem to prove together is proved by
    // neither.
    if (!outcome || !outcome->scan.complete || outcome->decoded.crc != first.crc ||
        outcome->decoded.bytes != first.bytes) {
      survey.notes.emplace_back(
          "What is debris was not proved: the file could not be read a second time as it was the first "
          "time.");
      return;
    }
  }
  auto proved = prover_.finish();
  const auto settled = [&](const DebrisSum& row) {
    return std::any_of(proved.settled.begin(), proved.settled.end(), [&](const family::SettledKind& kind) {
      return kind.family == row.family && kind.kind == row.kind;
    });
  };
  std::erase_if(survey.debris, settled);
  std::move(proved.debris.begin(), proved.debris.end(), std::back_inserter(survey.debris));
  std::stable_sort(survey.debris.begin(), survey.debris.end(),
                   [](const auto& a, const auto& b) { return a.bytes.value > b.bytes.value; });
  survey.stranded = std::move(proved.stranded);
  const auto repairs = std::stable_partition(survey.debris.begin(), survey.debris.end(),
                                             [](const DebrisSum& row) { return !row.repair; });
  std::move(repairs, survey.debris.end(), std::back_inserter(survey.stranded));
  survey.debris.erase(repairs, survey.debris.end());
  for (const auto& open : proved.not_proved)
    survey.notes.push_back(fmt::format("Not proved{}: {}",
                                       open.owner.empty()
                                           ? fmt::format(" for {}", open.family)
                                           : fmt::format(" for {}", escape_for_terminal(open.owner)),
                                       open.why));
}

milliseconds modified(const std::string& path) {
  struct stat file {};
  if (path == "-" || ::stat(path.c_str(), &file) != 0) {
    return std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch());
  }
  return std::chrono::seconds(file.st_mtim.tv_sec);
}

}  // namespace

SnapshotTarget snapshot_file(const std::string& path) {
  SnapshotTarget target;
  target.name = path == "-" ? "standard input" : path;
  target.open = [path] { return source::rdb::open_file(path); };
  struct stat file {};
  target.again = path != "-" && ::stat(path.c_str(), &file) == 0 && S_ISREG(file.st_mode);
  target.written = modified(path);
  return target;
}

Result<Survey> survey_snapshot(const SnapshotTarget& target, std::span<const family::Family> families,
                               const Options& options, SnapshotCompanion* companion) {
  return SnapshotSurvey(target, families, options, companion).run();
}

}  // namespace headroom::app
