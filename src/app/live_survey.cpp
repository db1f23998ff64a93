#include "app/live_survey.h"

#include <fmt/format.h>

#include "app/progress.h"
#include "app/tee_sink.h"
#include "facts/server_facts.h"
#include "family/attribution.h"
#include "family/landmarks.h"
#include "memory/reconcile.h"
#include "survey/collector.h"
#include "survey/summary.h"

namespace headroom::app {
namespace {

Result<ServerFacts> facts_of(const Session& session) {
  auto link = session.open();
  if (!link) return fail(link.error());
  return facts::gather(**link, session.address());
}

Result<ScanOutcome> scan(const Session& session, RecordSink& sink, const source::ScanOptions& how,
                         const Options& options) {
  ProgressLine line(options);
  return source::scan([&] { return session.open(); }, sink, how,
                      [&](const source::ScanProgress& progress) { line.show(progress); });
}

}  // namespace

Result<double> precision_of(const Options& options) {
  if (options.precision > 0 && options.precision <= 100) return options.precision / 100;
  return fail({"--precision is a percentage of all bytes", "command line", "--precision 1", Exit::usage});
}

Result<Survey> survey_live(const Session& session, std::span<const family::Family> families,
                           const Options& options, RecordSink* listener, source::Pace pace) {
  const auto how = scan_options(options, pace);
  if (!how) return fail(how.error());
  const auto precision = precision_of(options);
  if (!precision) return fail(precision.error());
  auto facts = facts_of(session);
  if (!facts) return fail(facts.error());

  const family::Landmarks landmarks(families);
  survey::Collector collector({*precision, options.exact,
                               static_cast<std::size_t>(options.top > 0 ? options.top : 50),
                               [&](std::string_view key) { return landmarks(key); }});
  TeeSink both(collector, listener != nullptr ? *listener : collector);
  auto outcome =
      scan(session, listener != nullptr ? static_cast<RecordSink&>(both) : collector, *how, options);
  if (!outcome) return fail(outcome.error());

  auto groups = collector.groups();
  family::attribute(groups, families);
  auto survey = survey::summarise(
      std::move(groups), {std::move(*facts), *outcome, *precision, collector.measured(), collector.biggest(),
                          collector.guarantee(), collector.folded(), collector.other_keys()});
  survey.reconciliation = memory::reconcile(survey.server, survey.total.bytes);
  return survey;
}

}  // namespace headroom::app
