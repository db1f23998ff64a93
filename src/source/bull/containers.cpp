#include "source/bull/containers.h"

#include <initializer_list>
#include <string_view>

#include "source/bull/members.h"

namespace headroom::source::bull {
namespace {

Result<bool> add_sets(wire::Link& link, const BullQueue& queue,
                      std::initializer_list<std::string_view> states, HashSet& ids) {
  for (const auto state : states)
    if (const auto read =
            each_member(link, queue.key(state), [&](std::string_view id, double) { ids.add(id); });
        !read)
      return read;
  return true;
}

Result<bool> add_lists(wire::Link& link, const BullQueue& queue,
                       std::initializer_list<std::string_view> states, HashSet& ids) {
  for (const auto state : states)
    if (const auto read = each_item(link, queue.key(state), [&](std::string_view id) { ids.add(id); }); !read)
      return read;
  return true;
}

}  // namespace

Result<bool> pending_ids(wire::Link& link, const BullQueue& queue, HashSet& ids) {
  auto read = add_sets(link, queue, {"waiting-children", "delayed", "prioritized"}, ids);
  if (read) read = add_lists(link, queue, {"paused", "wait", "active"}, ids);
  if (!read) return read;
  ids.seal();
  return true;
}

Result<bool> listed_ids(wire::Link& link, const BullQueue& queue, HashSet& ids) {
  const auto read = add_lists(link, queue, {"paused", "wait", "active", "wait", "active", "paused"}, ids);
  if (!read) return read;
  ids.seal();
  return true;
}

Result<bool> all_ids(wire::Link& link, const BullQueue& queue, HashSet& ids) {
  const auto read = add_sets(link, queue, {"completed", "failed"}, ids);
  if (!read) return read;
  return pending_ids(link, queue, ids);
}

}  // namespace headroom::source::bull
