#include <array>
#include <charconv>
#include <string>

#include "base/text.h"
#include "facts/collector.h"

namespace headroom::facts {
namespace {

using namespace std::string_view_literals;
using wire::Reply;

std::string_view value_of(const Reply& reply) {
  if (reply.items.size() != 2 || reply.items[1].kind != Reply::Kind::text) return {};
  return reply.items[1].text;
}

/// Two parameters by name, for servers whose INFO leaves them out. Never a pattern: "CONFIG GET *" answers
/// with passwords.
Result<bool> collect(wire::Link& link, ServerFacts& facts) {
  constexpr Loss loss{"CONFIG", "settings are known only as far as INFO tells them"};
  auto policy = call_if_allowed(link, facts, std::array{"CONFIG"sv, "GET"sv, "maxmemory-policy"sv}, loss);
  if (!policy) return fail(policy.error());
  if (!*policy) return true;
  if (facts.maxmemory_policy.empty())
    facts.maxmemory_policy = truncate_middle(printable(value_of(**policy)), 200);
  auto limit = link.call(std::array{"CONFIG"sv, "GET"sv, "maxmemory"sv});
  if (!limit) return fail(limit.error());
  const auto text = value_of(*limit);
  std::uint64_t bytes = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bytes);
  if (error == std::errc{} && end == text.data() + text.size() && !facts.maxmemory)
    facts.maxmemory = Bytes{bytes};
  return true;
}

}  // namespace

Collector redis_config() { return {collect}; }

}  // namespace headroom::facts
