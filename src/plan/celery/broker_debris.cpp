#include "plan/celery/broker_debris.h"

#include "base/text.h"
#include "base/value_text.h"
#include "plan/step_parts.h"

namespace headroom::plan::celery {
namespace {

using std::chrono::seconds;

constexpr std::string_view separator = "\x06\x16", reply_end = ".reply.celery.pidbox",
                           event_begin = "celeryev.";
constexpr std::string_view lists_rule = "kombu-reply-lists", events_rule = "kombu-event-lists",
                           rpc_rule = "kombu-rpc-lists", large_rule = "kombu-large-lists",
                           bindings_rule = "kombu-bindings", index_rule = "kombu-unacked-index";
constexpr std::size_t uuid_length = 36;
// Above, a list is renamed instead of journaled: DUMP would stop the server (UNDO-4).
constexpr Bytes largest_journaled{8U << 20U};

constexpr std::string_view
    no_idle = "the server tells no idle times (LFU): whether somebody reads it is not known",
    still_used = "used of late: its client may still read it",
    still_written =
        "events are pushed into it, and no listener of Celery reads lists: end the publisher "
        "that takes celeryev for a topic, or take the list's member out of "
        "_kombu.binding.celeryev when its listener is gone",
    other_separator =
        "its broker's bindings have another separator: what is bound is not "
        "known",
    may_wait =
        "a client may be waiting for answers; a plan made ten minutes after this one "
        "will know",
    ask_workers =
        "which of its members are of dead workers only the workers can tell; nobody "
        "is harmed by them";

std::string_view queue_of(std::string_view member) {
  const auto at = member.rfind(separator);
  return at == std::string_view::npos ? std::string_view() : member.substr(at + separator.size());
}

OwnerRules::Make rule(std::string_view name, std::string what, std::string why,
                      Removal removal = Removal::journal) {
  PlanRule made;
  made.name = name, made.family = "kombu", made.removal = removal;
  made.what = std::move(what), made.why = std::move(why);
  return [made] { return made; };
}

}  // namespace

ListName list_name(std::string_view key) {
  if (key.ends_with(reply_end)) {
    const auto before = before_uuid(key.substr(0, key.size() - reply_end.size()));
    return before ? ListName{ListKind::reply, before->size()} : ListName{};
  }
  const auto before = before_uuid(key);
  if (!before) return {};
  if (before->ends_with(event_begin)) return {ListKind::events, before->size() - event_begin.size()};
  return key[key.size() - uuid_length + 14] == '3' ? ListName{ListKind::rpc, before->size()} : ListName{};
}

BrokerDebris::BrokerDebris(StepSink& steps, const CeleryPolicy& policy, SeenBefore seen_before)
    : steps_(steps),
      policy_(policy),
      seen_before_(std::move(seen_before)),
      replies_(
          steps,
          rule(lists_rule, "answers of workers that nobody has read for " + human_duration(policy.reply_idle),
               "a client reads its answers within seconds; these came after it had gone, or it was "
               "killed, and nothing in Celery removes them")),
      events_(steps, rule(events_rule,
                          "lists of events that nobody has used for " + human_duration(policy.reply_idle),
                          "listeners of Celery read events from channels and never from lists")),
      rpc_(steps,
           rule(rpc_rule,
                "results for rpc:// clients that nobody has used for " + human_duration(policy.result_age),
                "result_expires does not apply to them, and only their own client reads them: it is gone, or "
                "does not want them")),
      large_(steps, rule(large_rule, "lists of answers, events and rpc:// results above 8 MiB",
                         "as for the smaller ones, but put aside by renaming: `headroom sweep` frees them",
                         Removal::quarantine)),
      bindings_(steps, rule(bindings_rule,
                            "members of dead clients and workers in the bindings of remote control and "
                            "events",
                            "nobody takes them away when a process is killed")),
      index_(steps, rule(index_rule, "entries of unacked_index without a message",
                         "there is nothing they lead to; the next worker that looks drops them")) {}

void BrokerDebris::broker(BrokerName name, BrokerState state) {
  Known known;
  const auto learn = [&](const Binding& binding, auto& by_queue) {
    for (const auto& member : binding.members) {
      known.own_separator |= member.find(separator) == std::string::npos;
      by_queue.emplace(queue_of(member), member);
    }
  };
  learn(state.replies, known.reply_members);
  learn(state.events, known.event_members);
  known.state = std::move(state);
  brokers_.insert_or_assign(std::move(name), std::move(known));
}

Result<bool> BrokerDebris::list(std::uint32_t db, std::string_view key, std::optional<seconds> idle,
                                Bytes bytes) {
  const auto name = list_name(key);
  const auto broker = brokers_.find({db, std::string(key.substr(0, name.prefix))});
  if (name.kind == ListKind::none || broker == brokers_.end()) return true;
  const auto leave = [&](std::string_view why) {
    left_.add(lists_rule, broker->first.prefix, why, key, bytes);
    return true;
  };
  if (!idle) return leave(no_idle);
  if (broker->second.own_separator) return leave(other_separator);
  switch (name.kind) {
    case ListKind::reply:
      return policy_.replies ? reply_list(*broker, key, *idle, bytes) : Result<bool>(true);
    case ListKind::events:
      return policy_.replies ? event_list(*broker, key, *idle, bytes) : Result<bool>(true);
    case ListKind::rpc:
      return policy_.rpc ? rpc_list(*broker, key, *idle, bytes) : Result<bool>(true);
    case ListKind::none:
      break;
  }
  return true;
}

Step BrokerDebris::list_step(OwnerRules& rules, const Broker& broker, std::string_view key, seconds idle,
                             Bytes bytes) {
  const bool large = bytes > largest_journaled;
  Step step;
  step.rule = (large ? large_ : rules).of(broker.first.prefix), step.db = broker.first.db;
  step.bytes = bytes.count;
  step.keys.emplace_back(key);
  step.checks = {idle_at_least(0, idle), type_is(0, "list")};
  step.changes = {change_of(large ? ChangeKind::quarantine : ChangeKind::remove, 0)};
  return step;
}

Result<bool> BrokerDebris::reply_list(Broker& broker, std::string_view key, seconds idle, Bytes bytes) {
  if (idle < policy_.reply_idle) {
    left_.add(lists_rule, broker.first.prefix, still_used, key, bytes);
    return true;
  }
  auto& [name, known] = broker;
  auto step = list_step(replies_, broker, key, policy_.reply_idle, bytes);
  step.keys.push_back(name.replies());
  const auto queue = key.substr(name.prefix.size());
  const auto bound = known.reply_members.find(queue);
  if (bound == known.reply_members.end()) {
    const auto oid = std::string(queue.substr(0, uuid_length));
    step.checks.push_back(
        no_member(1, oid + std::string(separator) + std::string(separator) + std::string(queue)));
  } else if (policy_.bindings) {
    step.checks.push_back(is_member(1, bound->second));
    step.changes.push_back(without(ChangeKind::set_remove, 1, bound->second));
    known.handled.insert(bound->second);
  }
  return steps_.step(step);
}

Result<bool> BrokerDebris::event_list(Broker& broker, std::string_view key, seconds idle, Bytes bytes) {
  const auto& [name, known] = broker;
  if (idle < policy_.reply_idle) {
    const bool bound = known.event_members.contains(key.substr(name.prefix.size()));
    left_.add(events_rule, name.prefix, bound ? still_written : still_used, key, bytes);
    return true;
  }
  return steps_.step(list_step(events_, broker, key, policy_.reply_idle, bytes));
}

Result<bool> BrokerDebris::rpc_list(Broker& broker, std::string_view key, seconds idle, Bytes bytes) {
  if (idle < policy_.result_age) {
    left_.add(rpc_rule, broker.first.prefix, still_used, key, bytes);
    return true;
  }
  return steps_.step(list_step(rpc_, broker, key, policy_.result_age, bytes));
}

Result<bool> BrokerDebris::take_member(const Broker& broker, const std::string& key,
                                       std::string_view member) {
  Step step;
  step.rule = bindings_.of(broker.first.prefix), step.db = broker.first.db, step.bytes = member.size();
  step.keys = {key};
  step.checks = {is_member(0, member)};
  step.changes = {without(ChangeKind::set_remove, 0, member)};
  return steps_.step(step);
}

// A call adds its member first and takes it away at its end, so as long as somebody calls the set is used. A
// client that lives, and whose call lost its member on the way, has it again with the next call.
Result<bool> BrokerDebris::reply_bindings(const Broker& broker) {
  const auto& [name, known] = broker;
  const auto& binding = known.state.replies;
  const bool forgotten = binding.idle && *binding.idle >= policy_.reply_idle;
  for (const auto& member : binding.members) {
    if (known.handled.contains(member)) continue;
    if (!forgotten && !seen_before_(name, member)) {
      left_.add(bindings_rule, name.prefix, may_wait, name.replies(), Bytes{member.size()});
      continue;
    }
    if (const auto done = take_member(broker, name.replies(), member); !done) return done;
  }
  return true;
}

Result<bool> BrokerDebris::dead_members(const Broker& broker, const std::string& key,
                                        const Binding& binding) {
  if (!broker.second.state.nobody_listens) {
    if (!binding.members.empty()) left_.add(bindings_rule, broker.first.prefix, ask_workers, key, {});
    return true;
  }
  for (const auto& member : binding.members)
    if (const auto done = take_member(broker, key, member); !done) return done;
  return true;
}

Result<bool> BrokerDebris::bindings() {
  if (!policy_.bindings) return true;
  for (const auto& broker : brokers_) {
    const auto& [name, known] = broker;
    if (known.own_separator) continue;
    if (const auto done = reply_bindings(broker); !done) return done;
    if (const auto done = dead_members(broker, name.events(), known.state.events); !done) return done;
    if (const auto done = dead_members(broker, name.pidbox(), known.state.pidbox); !done) return done;
  }
  return true;
}

Result<bool> BrokerDebris::index(const BrokerName& name, std::span<const std::string> tags,
                                 std::uint64_t messages) {
  if (!policy_.bindings || tags.empty()) return true;
  if (messages == 0) {
    left_.add(index_rule, name.prefix,
              "there is no unacked beside it: the option unacked_key may keep it elsewhere",
              name.unacked_index(), {});
    return true;
  }
  for (const auto& tag : tags) {
    Step step;
    step.rule = index_.of(name.prefix), step.db = name.db, step.bytes = tag.size();
    step.keys = {name.unacked_index(), name.unacked()};
    step.checks = {is_member(0, tag), no_member(1, tag)};
    step.changes = {without(ChangeKind::zset_remove, 0, tag)};
    if (const auto done = steps_.step(step); !done) return done;
  }
  return true;
}

}  // namespace headroom::plan::celery
