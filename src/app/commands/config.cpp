#include <fmt/format.h>

#include "app/output.h"
#include "app/output_file.h"
#include "app/policy_file.h"
#include "base/text.h"
#include "report/policy_report.h"

namespace headroom::app {
namespace {

Error usage(std::string what) {
  return {std::move(what), "command line", "headroom config check [FILE], or headroom config show [FILE]",
          Exit::usage};
}

Result<bool> print_text(const std::string& text, const Options& options) {
  const auto out = OutputFile::open(options.output);
  if (!out) return fail(out.error());
  (*out)->write(text);
  return (*out)->finish();
}

Result<Exit> run(const Invocation& invocation) {
  const auto& options = invocation.options;
  const auto& words = options.targets;
  if (words.empty() || words.size() > 2) return fail(usage("config takes what to do, and a file"));
  if (words[0] != "check" && words[0] != "show")
    return fail(usage(fmt::format("config cannot '{}'", printable(words[0]))));
  const bool show = words[0] == "show";
  const auto found = read_policy_in_force(invocation, words.size() == 2 ? words[1] : "");
  if (!found) return fail(found.error());
  std::vector<report::PolicyFaultLine> faults;
  for (const auto& fault : found->reading.faults) faults.push_back({fault.where, fault.what, fault.remedy});
  const auto policy = plan::policy_text(found->reading.policy);
  const bool as_toml = show && faults.empty() && (options.format.empty() || options.format == "text");
  const auto done = as_toml ? print_text(policy, options)
                            : emit(report::policy_report(found->file, policy, faults), invocation);
  if (!done) return fail(done.error());
  return faults.empty() ? Exit::fine : Exit::usage;
}

}  // namespace

Subcommand config() {
  return {"config",
          "is the policy sound (check), and what is in force (show)",
          "check|show [FILE]",
          {OptionGroup::policy, OptionGroup::output},
          "",
          run};
}

}  // namespace headroom::app
