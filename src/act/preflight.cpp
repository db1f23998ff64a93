#include "act/preflight.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <set>

#include "act/identity.h"
#include "base/text.h"
#include "wire/info_text.h"
#include "wire/reactions.h"
#include "wire/server_error.h"

namespace headroom::act {
namespace {

using namespace std::string_view_literals;
using Uses = std::vector<Needs::Use>;

Result<wire::Reply> call(wire::Link& link, const std::vector<std::string>& words) {
  const std::vector<std::string_view> views(words.begin(), words.end());
  return link.call(views);
}

bool is_about_a_key(std::string_view error) {
  return error.find(" key") != std::string_view::npos && error.find("access") != std::string_view::npos;
}

/// How one command would end: an empty text, or the error.
class Verdicts {
 public:
  void add(const Needs::Use& use, std::string error) { verdicts_.emplace_back(use, std::move(error)); }
  /// As far as the commands go; keys are another matter.
  bool all_allowed(const Uses& uses) const {
    return std::all_of(uses.begin(), uses.end(), [&](const auto& use) {
      return std::none_of(verdicts_.begin(), verdicts_.end(), [&](const auto& verdict) {
        return verdict.first.words == use.words && !verdict.second.empty() && !is_about_a_key(verdict.second);
      });
    });
  }
  const std::vector<std::pair<Needs::Use, std::string>>& all() const { return verdicts_; }

 private:
  std::vector<std::pair<Needs::Use, std::string>> verdicts_{};
};

/// ACL DRYRUN says in a text what it would refuse, and in an error that there is no such command. False: it
/// is not there or not allowed.
Result<bool> dry_run(wire::Link& link, const std::string& user, const Uses& uses, Verdicts& verdicts) {
  for (const auto& use : uses) {
    std::vector<std::string> words{"ACL", "DRYRUN", user};
    words.insert(words.end(), use.words.begin(), use.words.end());
    const auto reply = call(link, words);
    if (!reply) return fail(reply.error());
    if (wire::command_refused(*reply) && reply->text.find("' not found") == std::string::npos) return false;
    const bool allowed = reply->kind == wire::Reply::Kind::status;
    verdicts.add(use, allowed ? std::string() : reply->text);
  }
  return true;
}

/// Leaves the transaction that MULTI began. Errors: it cannot be left.
Result<bool> leave_transaction(wire::Link& link) {
  for (const auto command : {"DISCARD", "EXEC"}) {
    const auto reply = call(link, {command});
    if (!reply) return fail(reply.error());
    const auto prefix = reply->error_prefix();
    if (!reply->is_error() || prefix == "EXECABORT" || prefix == "ERR") return true;
  }
  return fail({"the user may begin transactions but not end them", {}, "ACL SETUSER NAME +discard +exec"});
}

/// What cannot be queued, tried without effect: WATCH, and EXEC and DISCARD of nothing.
Result<bool> try_transaction(wire::Link& link, const Uses& uses, Verdicts& verdicts) {
  for (const auto name : {"WATCH"sv, "MULTI"sv, "EXEC"sv, "MULTI"sv, "DISCARD"sv}) {
    const auto use = std::find_if(uses.begin(), uses.end(), [&](auto& u) { return u.words.front() == name; });
    if (use == uses.end()) continue;
    const auto reply = call(link, use->words);
    if (!reply) return fail(reply.error());
    // EXEC that is refused says "EXECABORT ... because of: NOPERM ...".
    const bool refused = wire::command_refused(*reply) || reply->text.find("NOPERM") != std::string::npos;
    verdicts.add(*use, refused ? reply->text : "");
  }
  return leave_transaction(link);
}

/// What is queued is judged and, by DISCARD, never done. False: transactions are not allowed either.
Result<bool> queue_and_discard(wire::Link& link, const Uses& uses, Verdicts& verdicts) {
  const auto begun = call(link, {"MULTI"});
  if (!begun) return fail(begun.error());
  if (begun->is_error()) return false;
  for (const auto& use : uses) {
    constexpr std::array done_at_once{"WATCH"sv, "MULTI"sv, "EXEC"sv, "DISCARD"sv};
    const std::string_view name = use.words.front();
    if (std::find(done_at_once.begin(), done_at_once.end(), name) != done_at_once.end()) continue;
    const auto reply = call(link, use.words);
    if (!reply) return fail(reply.error());
    const bool refused = wire::command_refused(*reply) || reply->error_prefix() == "NOPERM";
    verdicts.add(use, refused ? reply->text : "");
  }
  if (auto left = leave_transaction(link); !left) return left;
  return try_transaction(link, uses, verdicts);
}

Result<std::string> user_of(wire::Link& link) {
  const auto reply = call(link, {"ACL", "WHOAMI"});
  if (!reply) return fail(reply.error());
  return reply->kind == wire::Reply::Kind::text ? reply->text : std::string();
}

bool is_unknown(std::string_view error) {
  return error.find("not found") != std::string_view::npos ||
         error.find("unknown ") != std::string_view::npos;
}

/// The missing ones, by what is missing about them.
struct Missing {
  std::set<std::string> commands{}, keys{}, unknown{};
};

/// What to allow when the keys of `use` are not. ACL DRYRUN names the key, other errors do not; there the
/// source of RENAMENX is left to the other commands on it.
std::string missing_key(const Needs::Use& use, std::string_view error) {
  const auto begin = error.find('\''), end = error.rfind('\'');
  std::string key = use.words.front() == "RENAMENX" ? use.words[2] : use.key();
  if (begin < end && end != std::string_view::npos) key = error.substr(begin + 1, end - begin - 1);
  return key_rule(key);
}

Missing missing_of(const Verdicts& verdicts, const Uses& ways) {
  Missing missing;
  for (const auto& [use, error] : verdicts.all()) {
    const auto same = [&use = use](const Needs::Use& way) { return way.words == use.words; };
    if (error.empty() || std::any_of(ways.begin(), ways.end(), same)) continue;
    if (is_unknown(error))
      missing.unknown.insert(use.words.front());
    else if (is_about_a_key(error))
      missing.keys.insert(missing_key(use, error));
    else
      missing.commands.insert(use.rule());
  }
  return missing;
}

void add_rules(std::string_view rules, const std::string& user, Preflight& found) {
  if (found.remedy.empty())
    found.remedy = "ACL SETUSER " + (user.empty() ? "NAME" : escape_for_terminal(user));
  found.remedy += fmt::format(" {}", rules);
}

void tell_missing(const Missing& missing, const std::string& user, Preflight& found) {
  if (!missing.unknown.empty())
    found.problems.push_back(fmt::format("the server does not know {}: renamed, disabled or too old",
                                         fmt::join(missing.unknown, ", ")));
  std::vector<std::string> rules(missing.commands.begin(), missing.commands.end());
  for (const auto& key : missing.keys) rules.push_back(escape_for_terminal(key));
  if (rules.empty()) return;
  found.problems.push_back(fmt::format("the user lacks rights: {}", fmt::join(rules, " ")));
  add_rules(fmt::format("{}", fmt::join(rules, " ")), user, found);
}

/// States in which no change is taken, as PING and INFO show them.
Result<bool> judge_state(wire::Link& link, Preflight& found) {
  if (found.server.role != "master")
    found.problems.push_back("the server is a replica: changes belong to its master");
  const auto mode = call(link, {"INFO", "cluster"});
  if (!mode) return fail(mode.error());
  found.cluster = wire::InfoText(mode->text).number("cluster_enabled").value_or(0) != 0;
  if (found.cluster) {
    found.problems.push_back("the server is a node of a cluster, which headroom only looks at as yet");
    if (found.remedy.empty()) found.remedy = "headroom audit says what is there";
  }
  const auto pong = call(link, {"PING"});
  if (!pong) return fail(pong.error());
  if (pong->is_error() && !wire::command_refused(*pong)) {
    const auto& row = wire::reaction_to(pong->text);
    found.problems.push_back(fmt::format("{} ({})", row.why, truncate_middle(printable(pong->text), 80)));
    if (found.remedy.empty()) found.remedy = row.remedy;
  }
  const auto reply = call(link, {"INFO", "persistence"});
  if (!reply) return fail(reply.error());
  const wire::InfoText info(reply->text);
  for (const auto field : {"rdb_last_bgsave_status", "aof_last_bgrewrite_status", "aof_last_write_status"})
    if (info.text(field) == "err" && !pong->is_error())
      found.notes.push_back(fmt::format("the server had trouble with its disk ({}: err)", field));
  for (const auto field : {"rdb_bgsave_in_progress", "aof_rewrite_in_progress"})
    if (info.number(field).value_or(0) != 0)
      found.notes.push_back(fmt::format("the run waits until a fork has ended ({}: 1)", field));
  return true;
}

void judge_ways(const Verdicts& verdicts, const Uses& scripts, const Uses& watch, const std::string& user,
                bool undo, Preflight& found) {
  found.scripts = verdicts.all_allowed(scripts);
  found.watch = verdicts.all_allowed(watch);
  const auto& server = found.server;
  const bool full = server.maxmemory.count > 0 && server.used_memory >= server.maxmemory &&
                    server.maxmemory_policy == "noeviction";
  if (found.scripts) return;
  if (undo)
    found.problems.push_back("scripts are not allowed, and undo needs them: a step comes back as a whole");
  else if (!found.watch)
    found.problems.push_back(
        "neither scripts nor transactions are allowed, so nothing can be proved and changed in one turn");
  else if (full)
    found.problems.push_back("scripts are not allowed, and at maxmemory transactions are refused");
  if (undo || !found.watch || full) add_rules("+eval +evalsha", user, found);
}

}  // namespace

Result<Preflight> look_around(wire::Link& link, std::string address, const Needs& needs) {
  auto server = identify(link, std::move(address));
  if (!server) return fail(server.error());
  Preflight found;
  found.server = *std::move(server);
  found.rdb_version = rdb_version_of(found.server.version);
  found.replicas = found.server.replicas;
  const bool lfu = found.server.maxmemory_policy.find("lfu") != std::string::npos;
  const auto key = needs.keys().empty() ? std::string("headroom:lease") : needs.keys().front();
  auto uses = needs.uses(found.server.version, lfu, true);
  if (found.replicas > 0) uses.push_back({{"WAIT", "1", "1"}});
  const auto scripts = script_uses(key), watch = watch_uses(key);
  Uses ways(scripts);
  ways.insert(ways.end(), watch.begin(), watch.end());
  uses.insert(uses.end(), ways.begin(), ways.end());

  const auto user = user_of(link);
  if (!user) return fail(user.error());
  Verdicts verdicts;
  auto known = user->empty() ? Result<bool>(false) : dry_run(link, *user, uses, verdicts);
  if (known && !*known) {
    verdicts = {};
    known = queue_and_discard(link, uses, verdicts);
  }
  if (!known) return fail(known.error());
  if (!*known) {
    found.watch = false;
    found.notes.push_back("what the user may do cannot be looked at (ACL DRYRUN and MULTI are refused)");
  } else {
    tell_missing(missing_of(verdicts, ways), *user, found);
    judge_ways(verdicts, scripts, watch, *user, needs.purpose() == Needs::Purpose::undo, found);
  }
  if (auto judged = judge_state(link, found); !judged) return fail(judged.error());
  return found;
}

Result<Preflight> preflight(wire::Link& link, std::string address, const Needs& needs) {
  auto found = look_around(link, std::move(address), needs);
  if (!found || found->problems.empty()) return found;
  const bool replica = found->server.role != "master";
  return fail({fmt::format("the server cannot be changed: {}", fmt::join(found->problems, "; ")),
               found->server.address,
               found->remedy.empty() && replica ? "connect to the master" : found->remedy,
               replica || found->cluster ? Exit::refused : Exit::unreachable});
}

}  // namespace headroom::act
