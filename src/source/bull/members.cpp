#include "source/bull/members.h"

#include <string>

#include "source/bull/reads.h"

namespace headroom::source::bull {
namespace {

constexpr std::size_t overlap = 100;

/// Windows of a sequence until one comes back short.
Result<bool> each_window(wire::Link& link, std::string_view command, std::string_view key, bool scores,
                         const std::function<std::size_t(const wire::Reply&)>& take) {
  for (std::size_t first = 0;; first += members_per_page - overlap) {
    const auto from = std::to_string(first), to = std::to_string(first + members_per_page - 1);
    auto reply =
        scores ? link.call(std::initializer_list<std::string_view>{command, key, from, to, "WITHSCORES"})
               : link.call(std::initializer_list<std::string_view>{command, key, from, to});
    if (!reply) return fail(reply.error());
    if (reply->is_error()) {
      if (reply->error_prefix() == "WRONGTYPE") return true;
      return fail(refusal(*reply));
    }
    if (take(*reply) < members_per_page) return true;
  }
}

}  // namespace

Result<bool> each_item(wire::Link& link, std::string_view key, const OnMember& take) {
  return each_window(link, "LRANGE", key, false, [&](const wire::Reply& reply) {
    for (const auto& item : reply.items) take(item.text);
    return reply.items.size();
  });
}

Result<bool> each_member(wire::Link& link, std::string_view key,
                         const std::function<void(std::string_view, double)>& take) {
  return each_window(link, "ZRANGE", key, true, [&](const wire::Reply& reply) {
    const auto members = scored_members(reply);
    for (const auto& [member, score] : members) take(member, score);
    return members.size();
  });
}

}  // namespace headroom::source::bull
