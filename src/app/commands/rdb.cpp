#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "app/rdb/action.h"
#include "base/text.h"

namespace headroom::app {
namespace {

struct Action {
  std::string_view name{};
  Result<Exit> (*run)(const Invocation&, const SnapshotTarget&, const KeyFilter&) = nullptr;
  bool filters = false;
};
constexpr std::array<Action, 4> actions{
    {{"keys", rdb_keys, true}, {"json", rdb_json, true}, {"check", rdb_check}, {"stats", rdb_stats}}};

Error usage(std::string what) {
  return {std::move(what), "command line", "headroom rdb keys|json|check|stats FILE", Exit::usage};
}

Result<Action> action_named(const std::vector<std::string>& words) {
  if (words.empty()) return fail(usage("rdb needs to be told what to do, and with which file"));
  const auto* const action = std::find_if(
      actions.begin(), actions.end(), [&](const Action& candidate) { return candidate.name == words[0]; });
  if (action == actions.end()) return fail(usage(fmt::format("rdb cannot '{}'", printable(words[0]))));
  if (words.size() == 1)
    return fail(usage(fmt::format("rdb {} needs a file; - is standard input", words[0])));
  if (words.size() > 2) return fail(usage(fmt::format("rdb {} takes one file", words[0])));
  return *action;
}

Result<Exit> run(const Invocation& invocation) {
  const auto& words = invocation.options.targets;
  const auto action = action_named(words);
  if (!action) return fail(action.error());
  const auto filter = key_filter(invocation.options);
  if (!filter) return fail(filter.error());
  if (!action->filters && !filter->takes_all())
    return fail(
        usage(fmt::format("rdb {} looks at the whole file: filters are for keys and json", words[0])));
  return action->run(invocation, snapshot_file(words[1]), *filter);
}

}  // namespace

Subcommand rdb() {
  return {"rdb",
          "an RDB file (- for stdin, .gz and .zst too): its keys, its values as JSON, its soundness, its "
          "contents",
          "keys|json|check|stats FILE",
          {OptionGroup::names, OptionGroup::keys, OptionGroup::db, OptionGroup::allocator,
           OptionGroup::output, OptionGroup::policy},
          "",
          run};
}

}  // namespace headroom::app
