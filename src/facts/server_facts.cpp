#include "facts/server_facts.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "facts/collector.h"
#include "wire/server_error.h"

namespace headroom::facts {

Result<ServerFacts> gather(wire::Link& link, std::string target, Before what) {
  ServerFacts facts;
  facts.target = std::move(target);
  auto collectors = known_collectors();
  std::stable_partition(collectors.begin(), collectors.end(),
                        [](const Collector& c) { return c.before_others; });
  if (what == Before::snapshot) std::erase_if(collectors, [](const Collector& c) { return c.for_scans; });
  for (const Collector& collector : collectors)
    if (auto done = collector.collect(link, facts); !done) return fail(done.error());
  return facts;
}

void note_missing(ServerFacts& facts, const Loss& loss, const wire::Reply& reply) {
  std::string state = "answered with an error (" + truncate_middle(printable(reply.text), 120) + ")";
  if (wire::command_refused(reply))
    state = reply.error_prefix() == "NOPERM" ? "is forbidden for this user"
                                             : "is renamed or disabled on this server";
  facts.missing.push_back(fmt::format("{} {}: {}", loss.command, state, loss.what));
}

Result<std::optional<wire::Reply>> call_if_allowed(wire::Link& link, ServerFacts& facts,
                                                   wire::Command command, const Loss& loss) {
  auto reply = link.call(command);
  if (!reply) return fail(reply.error());
  const auto prefix = reply->error_prefix();
  if (prefix == "NOAUTH" || prefix == "WRONGPASS")
    return fail({"the server wants a login: " + printable(reply->text), facts.target,
                 "give the password: -a, REDISCLI_AUTH, or redis://user:password@host"});
  if (!reply->is_error()) return std::optional(*std::move(reply));
  note_missing(facts, loss, *reply);
  return std::optional<wire::Reply>{};
}

}  // namespace headroom::facts
