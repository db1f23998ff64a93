#include "wire/redaction.h"

#include <algorithm>
#include <array>

namespace headroom::wire {
namespace {

// requirepass, tls-key-file-pass, auth-pass; masterauth, primaryauth (Valkey); and what else may come.
constexpr std::array<std::string_view, 6> secret_parts{"pass",       "secret",      "token",
                                                       "credential", "private-key", "apikey"};
constexpr std::string_view secret_end = "auth";

std::string lower(std::string_view name) {
  std::string out(name);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c); });
  return out;
}

bool is_secret(std::string_view name) {
  const std::string low = lower(name);
  return low.ends_with(secret_end) || std::any_of(secret_parts.begin(), secret_parts.end(), [&](auto part) {
           return low.find(part) != std::string::npos;
         });
}

}  // namespace

std::string redact_config(std::string_view name, std::string_view value) {
  if (value.empty() || !is_secret(name)) return std::string(value);
  return "(redacted)";
}

}  // namespace headroom::wire
