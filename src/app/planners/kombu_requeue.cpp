#include <map>
#include <unordered_map>

#include "app/brokers.h"
#include "app/planner.h"
#include "plan/celery/requeue.h"
#include "source/celery/broker.h"
#include "source/pipelined.h"

namespace headroom::app {
namespace {

using plan::celery::BrokerName;
using plan::celery::RequeueRules;

/// What else a message's way back needs to know, asked once each.
class Routes {
 public:
  Routes(wire::Link& link, const BrokerName& broker) : link_(link), broker_(broker) {}

  Result<std::span<const std::string>> members_of(std::string_view exchange) {
    if (exchange.empty()) return std::span<const std::string>();
    const auto [found, fresh] = members_.try_emplace(std::string(exchange));
    if (fresh) {
      auto set = source::celery::read_set(link_, broker_.prefix + "_kombu.binding." + found->first);
      if (!set) return fail(set.error());
      if (set->whole) found->second = std::move(set->members);
    }
    return std::span<const std::string>(found->second);
  }

  /// False also where it cannot be told.
  bool exists(const std::string& list) {
    const auto [found, fresh] = exists_.try_emplace(list, false);
    if (!fresh) return found->second;
    source::Pipelined questions(link_);
    questions.ask({"EXISTS", list},
                  [&](const wire::Reply& reply) { found->second = source::count_in(reply) > 0; });
    return questions.read().has_value() && found->second;
  }

 private:
  wire::Link& link_;
  const BrokerName& broker_;
  std::map<std::string, std::vector<std::string>> members_{};
  std::unordered_map<std::string, bool> exists_{};
};

/// Reads the messages, and whether they may be given back; of those that may not the number alone.
Result<source::celery::ReadUnacked> read_open(wire::Link& link, const BrokerName& broker,
                                              const RequeueRules& rules, std::string_view& why) {
  using source::celery::UnackedLook;
  const auto workers = [&]() -> Result<plan::celery::Workers> {
    const auto clients = source::celery::read_clients(link, broker.db);
    if (!clients) return fail(clients.error());
    return plan::celery::Workers{clients->known, clients->patterns, clients->poppers};
  };
  const auto before = workers();
  if (!before) return fail(before.error());
  why = rules.closed(*before, true);
  auto unacked = source::celery::read_unacked(link, broker.unacked(), broker.unacked_index(),
                                              why.empty() ? UnackedLook::messages : UnackedLook::counts);
  if (!unacked || !why.empty()) return unacked;
  // Again: a worker that has come meanwhile has messages in its hands.
  const auto after = workers();
  if (!after) return fail(after.error());
  why = rules.closed(*after, unacked->whole);
  return unacked;
}

Result<bool> plan_broker(wire::Link& link, const BrokerName& broker, RequeueRules& rules) {
  if (const auto done = source::select(link, broker.db); !done) return done;
  std::string_view why;
  const auto unacked = read_open(link, broker, rules, why);
  if (!unacked) return fail(unacked.error());
  if (!why.empty()) {
    rules.leave(broker, why, unacked->messages, unacked->bytes);
    return true;
  }
  Routes routes(link, broker);
  for (const auto& message : unacked->read) {
    const auto delivery = plan::celery::delivery_in(message.text);
    const auto members = routes.members_of(delivery ? delivery->exchange : std::string_view());
    if (!members) return fail(members.error());
    const auto done = rules.decide(broker, {message.tag, message.text, message.fetched}, *members,
                                   [&](const std::string& list) { return routes.exists(list); });
    if (!done) return done;
  }
  return true;
}

Result<bool> find(const PlanRequest& request, plan::StepSink& steps) {
  const auto brokers = brokers_of(request);
  if (brokers.empty() || needs_the_running_server(request, "kombu-requeue", steps)) return true;
  auto link = request.session.open();
  if (!link) return fail(link.error());
  RequeueRules rules(steps, request.policy.celery, request.now);
  for (const auto& broker : brokers)
    if (const auto done = plan_broker(**link, broker, rules); !done) return done;
  rules.finish();
  return true;
}

}  // namespace

namespace planners {
Planner kombu_requeue() { return {"kombu_requeue", find}; }
}  // namespace planners

}  // namespace headroom::app
