#pragma once

#include <span>

#include "app/options.h"
#include "app/session.h"
#include "base/result.h"
#include "family/family.h"
#include "model/survey.h"

namespace headroom::app {

/// Scans the server of `session` and says where its bytes are: facts, scan, attribution and sums composed.
/// Reads no value and touches no key's idle time. Errors: the server cannot be reached or refuses to be
/// scanned, options out of range. `listener`, where given, hears the same scan. `pace`: unless
/// the options say another.
Result<Survey> survey_live(const Session& session, std::span<const family::Family> families,
                           const Options& options, RecordSink* listener = nullptr,
                           source::Pace pace = source::gentle());

/// --precision as a share of one. Error (Exit::usage): it is none.
Result<double> precision_of(const Options& options);

}  // namespace headroom::app
