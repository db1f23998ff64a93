#include "source/bull/member_at.h"

#include "source/bull/reads.h"

namespace headroom::source::bull {

Result<std::optional<Ranked>> member_at(wire::Link& link, const BullQueue& queue, std::string_view state,
                                        std::uint64_t rank) {
  const auto at = std::to_string(rank);
  const auto reply = ask(link, {"ZRANGE", queue.key(state), at, at, "WITHSCORES"});
  if (!reply) return fail(reply.error());
  const auto members = scored_members(*reply);
  if (members.empty()) return std::optional<Ranked>();
  return std::optional<Ranked>(std::in_place, members.front().second, members.front().first);
}

}  // namespace headroom::source::bull
