#include "app/name_scan.h"

#include <algorithm>

namespace headroom::app {

Result<bool> scan_keys(const PlanRequest& request, RecordSink& sink, std::string_view rule,
                       plan::StepSink& steps) {
  const auto how = scan_options(request.options, request.scan_pace);
  if (!how) return fail(how.error());
  const auto outcome = source::scan([&] { return request.session.open(); }, sink, *how);
  if (!outcome) return fail(outcome.error());
  if (!outcome->complete) {
    LeftAlone unseen;
    unseen.rule = rule;
    unseen.why = "not all keys were seen: " + std::string(outcome->stopped_by);
    if (outcome->expected > outcome->keys) unseen.keys = outcome->expected - outcome->keys;
    steps.left_alone(std::move(unseen));
  }
  return outcome->complete;
}

Result<bool> scan_names(const PlanRequest& request, source::NameBatches& batches, std::string_view rule,
                        plan::StepSink& steps) {
  if (const auto done = scan_keys(request, batches, rule, steps); !done) return fail(done.error());
  return batches.finish();
}

bool has_family(const Survey& survey, std::string_view family, std::string_view role) {
  return std::any_of(survey.owners.begin(), survey.owners.end(), [&](const OwnerSum& owner) {
    return owner.family == family &&
           (role.empty() || std::any_of(owner.parts.begin(), owner.parts.end(),
                                        [&](const PartSum& part) { return part.role == role; }));
  });
}

}  // namespace headroom::app
