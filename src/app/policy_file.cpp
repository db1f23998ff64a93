#include "app/policy_file.h"

#include <fmt/format.h>

#include <filesystem>

#include "app/input_file.h"
#include "family/user_families.h"

namespace headroom::app {
namespace {

constexpr std::string_view usual_file = "headroom.toml";

std::string file_of(const Invocation& invocation) {
  if (!invocation.options.policy.empty()) return invocation.options.policy;
  if (const auto named = invocation.environment("HEADROOM_POLICY"); named && !named->empty()) return *named;
  std::error_code error;
  return std::filesystem::exists(usual_file, error) ? std::string(usual_file) : std::string();
}

Result<std::string> text_of(const std::string& file) {
  if (file.empty()) return std::string();
  auto text = read_file(file, "--policy");
  if (!text) return text;
  std::error_code error;
  const auto rights = std::filesystem::status(file, error).permissions();
  if (!error && (rights & std::filesystem::perms::others_write) != std::filesystem::perms::none)
    return fail({"everybody may write this policy, and it decides what is deleted", file, "chmod o-w " + file,
                 Exit::refused});
  return text;
}

}  // namespace

Result<PolicyInForce> read_policy_in_force(const Invocation& invocation, const std::string& file) {
  PolicyInForce found;
  found.file = file.empty() ? file_of(invocation) : file;
  auto text = text_of(found.file);
  if (!text) return fail(text.error());
  found.text = std::move(*text);
  found.reading = plan::read_policy(found.text, found.file, invocation.environment);
  if (const auto families = family::parse_families(found.text, found.file); !families) {
    const auto& fault = families.error();
    auto& faults = found.reading.faults;
    // What is no TOML is so for both readers: once is enough.
    if (faults.empty() || faults.back().where != fault.where)
      faults.push_back({fault.where, fault.what, fault.remedy});
  }
  return found;
}

Result<PolicyInForce> good_policy(const Invocation& invocation) {
  auto found = read_policy_in_force(invocation);
  if (!found || found->reading.faults.empty()) return found;
  const auto& faults = found->reading.faults;
  auto what = faults[0].what;
  if (faults.size() > 1) what += fmt::format(" (and {} more)", faults.size() - 1);
  return fail({std::move(what), faults[0].where,
               fmt::format("{}; all faults: headroom config check {}", faults[0].remedy, found->file),
               Exit::usage});
}

}  // namespace headroom::app
