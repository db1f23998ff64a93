#include "app/brokers.h"
#include "app/member_samples.h"
#include "app/name_scan.h"
#include "app/planner.h"
#include "plan/untouchable.h"
#include "source/celery/broker.h"
#include "source/pipelined.h"

namespace headroom::app {
namespace {

using plan::celery::BrokerDebris;
using plan::celery::BrokerName;

Result<plan::celery::Binding> binding(wire::Link& link, const std::string& key) {
  auto set = source::celery::read_set(link, key);
  if (!set) return fail(set.error());
  return plan::celery::Binding{std::move(set->members), set->idle};
}

Result<bool> read_broker(wire::Link& link, const BrokerName& name, BrokerDebris& rules) {
  if (const auto done = source::select(link, name.db); !done) return done;
  auto replies = binding(link, name.replies()), events = binding(link, name.events()),
       pidbox = binding(link, name.pidbox());
  const auto clients = source::celery::read_clients(link, name.db);
  for (const auto* part : {&replies, &events, &pidbox})
    if (!*part) return fail(part->error());
  if (!clients) return fail(clients.error());
  const bool nobody = clients->known && clients->patterns == 0 && clients->poppers == 0;
  rules.broker(name, {std::move(*replies), std::move(*events), std::move(*pidbox), nobody});
  const auto unacked = source::celery::read_unacked(link, name.unacked(), name.unacked_index(),
                                                    source::celery::UnackedLook::index);
  if (!unacked) return fail(unacked.error());
  return rules.index(name, unacked->index_only, unacked->messages);
}

Result<bool> read_lists(const PlanRequest& request, wire::Link& link, BrokerDebris& rules,
                        plan::StepSink& steps) {
  source::NameBatches batches(
      200,
      [&](std::string_view key) {
        return plan::celery::list_name(key).kind != plan::celery::ListKind::none &&
               !plan::untouchable(key, request.policy.protect);
      },
      [&](std::uint32_t db, std::span<const std::string> names) -> Result<bool> {
        if (const auto done = source::select(link, db); !done) return done;
        const auto lists = source::celery::read_lists(link, names);
        if (!lists) return fail(lists.error());
        for (const auto& list : *lists)
          if (const auto done = rules.list(db, list.key, list.idle, list.bytes); !done) return done;
        return true;
      });
  return scan_names(request, batches, "kombu-reply-lists", steps);
}

Result<bool> find(const PlanRequest& request, plan::StepSink& steps) {
  const auto& policy = request.policy.celery;
  const auto brokers = brokers_of(request);
  if (brokers.empty() || !(policy.replies || policy.rpc || policy.bindings)) return true;
  if (needs_the_running_server(request, "kombu-reply-lists", steps)) return true;
  auto link = request.session.open();
  if (!link) return fail(link.error());
  MemberSamples samples(request.state, request.session.address(), request.now);
  BrokerDebris rules(steps, policy, [&](const BrokerName& name, std::string_view member) {
    return samples.seen_before(name.replies(), name.db, member);
  });
  for (const auto& name : brokers)
    if (const auto done = read_broker(**link, name, rules); !done) return done;
  if (const auto done = read_lists(request, **link, rules, steps); !done) return done;
  if (const auto done = rules.bindings(); !done) return done;
  rules.finish();
  return samples.save();
}

}  // namespace

namespace planners {
Planner kombu_replies() { return {"kombu_replies", find}; }
}  // namespace planners

}  // namespace headroom::app
