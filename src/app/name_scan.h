#pragma once

#include <string_view>

#include "app/planner.h"
#include "source/name_batches.h"

namespace headroom::app {

/// A planner's own reading of the keyspace: scans as the options say and hands all names that `batches` wants
/// on. A scan that did not see all is told as left alone, under the name of `rule`. Errors: those of
/// source::scan and of the batches.
Result<bool> scan_names(const PlanRequest& request, source::NameBatches& batches, std::string_view rule,
                        plan::StepSink& steps);

/// The same for a sink that wants more than names. False: it did not see all.
Result<bool> scan_keys(const PlanRequest& request, RecordSink& sink, std::string_view rule,
                       plan::StepSink& steps);

/// Whether the survey met keys of a family, or of one role in it.
bool has_family(const Survey& survey, std::string_view family, std::string_view role = {});

}  // namespace headroom::app
