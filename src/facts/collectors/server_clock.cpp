#include <array>

#include "facts/collector.h"
#include "facts/server_time.h"

namespace headroom::facts {
namespace {

using namespace std::string_view_literals;

Result<bool> collect(wire::Link& link, ServerFacts& facts) {
  constexpr Loss loss{"TIME",
                      "ages of jobs and results cannot be told, since only the server's clock counts"};
  auto reply = call_if_allowed(link, facts, std::array{"TIME"sv}, loss);
  if (!reply) return fail(reply.error());
  if (*reply) facts.server_time = read_time(**reply).value_or(facts.server_time);
  return true;
}

}  // namespace

Collector server_clock() { return {collect}; }

}  // namespace headroom::facts
