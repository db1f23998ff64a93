#pragma once

#include <span>
#include <string>

#include "model/report.h"

/// `headroom config`.
namespace headroom::report {

/// A mistake in a policy, as plan/policy.h finds them.
struct PolicyFaultLine {
  std::string where{}, what{}, remedy{};
};

/// The report "headroom.config/1". Facts: file (null: no file, the defaults), sound, policy (the effective
/// one as TOML; null when there is a fault). Table faults: where, what, remedy.
Report policy_report(const std::string& file, const std::string& policy,
                     std::span<const PolicyFaultLine> faults);

}  // namespace headroom::report
