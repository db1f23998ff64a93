#pragma once

#include <string>
#include <string_view>

namespace headroom::wire {

/// What of a CONFIG GET value may be kept. CONFIG GET returns requirepass and masterauth in clear, and no ACL
/// rule can forbid that for single names (safety.md 2.13), so every value passes here as it arrives. A secret
/// that is set becomes "(redacted)"; one that is not set stays empty, because "no password" is a finding.
/// Names are matched without regard to case, and by their form, so that the secrets of forks and of versions
/// to come are covered too.
std::string redact_config(std::string_view name, std::string_view value);

}  // namespace headroom::wire
