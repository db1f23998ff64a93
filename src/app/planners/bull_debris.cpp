#include <algorithm>
#include <array>
#include <map>

#include "app/bull_queues.h"
#include "plan/bull/leftover_names.h"
#include "plan/bull/leftovers.h"
#include "plan/bull/orphans.h"
#include "source/bull/containers.h"
#include "source/bull/leftovers.h"
#include "source/bull/queue_look.h"
#include "source/live_scan.h"

namespace headroom::app::planners {
namespace {

// 128 MB of ids in a queue; in a larger one nothing is called an orphan.
constexpr std::size_t most_ids = 16'000'000;
constexpr std::size_t candidates_at_once = 50'000;

/// A queue under examination.
struct Examined {
  OpenQueue open{};
  BullLook look{};
  plan::bull::QueueLeftovers left{};
};

/// The examination of one queue, after all names are known.
class Examination {
 public:
  Examination(const PlanRequest& request, wire::Link& link, const Examined& one, plan::ExpirySpread& spread,
              plan::StepSink& steps)
      : request_(request),
        policy_(request.policy.for_queue(one.open.queue.root)),
        link_(link),
        one_(one),
        queue_(one.open.queue),
        rules_(queue_, steps),
        server_(request.server()),
        remover_(policy_.orphan_removal, request.now, spread) {}

  Result<bool> run() {
    for (const auto step :
         {&Examination::find_deduplication, &Examination::find_sub_keys, &Examination::find_orphans,
          &Examination::find_danglers, &Examination::find_legacy, &Examination::find_ttls})
      if (const auto done = (this->*step)(); !done) return done;
    rules_.finish();
    return true;
  }

 private:
  Result<bool> find_deduplication() {
    if (!policy_.deduplication || one_.left.deduplication.empty()) return true;
    const auto found = source::bull::deduplications(link_, queue_, one_.left.deduplication);
    if (!found) return fail(found.error());
    for (const auto& key : *found)
      if (const auto taken = plan::bull::take_deduplication(rules_, key); !taken) return taken;
    return true;
  }

  /// Before the orphans: a name that looks like a part may be a job, and whoever is asked about twice is no
  /// longer idle.
  Result<bool> find_sub_keys() {
    const auto found = source::bull::sub_keys(link_, queue_, one_.left.sub_keys);
    if (!found) return fail(found.error());
    for (const auto& key : *found) {
      if (key.is_job) {
        jobs_.push_back(key.id + ":" + std::string(bull_job_parts[key.part].suffix));
        if (key.idle) idle_before_[jobs_.back()] = *key.idle;
      } else if (policy_.sub_keys) {
        if (const auto taken = plan::bull::take_sub_key(rules_, key, remover_); !taken) return taken;
      }
    }
    return true;
  }

  Result<bool> find_orphans() {
    if (!policy_.orphans && !policy_.stubs) return true;
    plan::bull::OrphanRule rule(rules_, policy_, one_.look, request_.moment(), remover_);
    jobs_.insert(jobs_.end(), one_.left.jobs.begin(), one_.left.jobs.end());
    const std::span<const std::string> all(jobs_);
    for (std::size_t first = 0; first < all.size(); first += candidates_at_once) {
      const auto batch = all.subspan(first, std::min(candidates_at_once, all.size() - first));
      auto candidates = source::bull::candidates(link_, queue_, batch);
      if (!candidates) return fail(candidates.error());
      std::erase_if(*candidates, [](const BullCandidate& candidate) { return !candidate.there; });
      for (auto& candidate : *candidates)
        if (const auto before = idle_before_.find(candidate.id); before != idle_before_.end())
          candidate.idle = before->second;
      const auto news = request_.copy ? look_at_server(*candidates) : look_again(*candidates);
      if (!news) return fail(news.error());
      if (const auto taken = rule.take(*candidates, *news); !taken) return taken;
    }
    return true;
  }

  /// The second look at all containers, in the direction in which jobs go, and at the events since the first.
  Result<BullNews> look_again(std::vector<BullCandidate>& candidates) {
    if (candidates.empty()) return BullNews{};
    static constexpr std::array<std::string_view, 3> before{"waiting-children", "delayed", "prioritized"};
    static constexpr std::array<std::string_view, 5> after{"completed", "failed", "waiting-children",
                                                           "delayed", "prioritized"};
    HashSet listed, mentioned;
    auto read = source::bull::mark_named(link_, queue_, before, candidates);
    if (read) read = source::bull::listed_ids(link_, queue_, listed);
    if (read) read = source::bull::mark_named(link_, queue_, after, candidates);
    if (!read) return fail(read.error());
    const auto news = source::bull::news_since(link_, queue_, one_.look, mentioned);
    if (!news) return fail(news.error());
    for (auto& candidate : candidates) {
      candidate.named = candidate.named || listed.has(candidate.id);
      candidate.mentioned = mentioned.has(candidate.id);
    }
    return *news;
  }

  /// In a copy nothing moves. Who has been put back into a list of the server by hand since then, a step
  /// finds out where the list is short; else it is read now.
  Result<BullNews> look_at_server(std::vector<BullCandidate>& candidates) {
    BullNews news{.covered = true, .copy = true, .elsewhere = !request_.copy->of_this_server};
    const auto& look = one_.look;
    const bool searched =
        std::max({look.waiting, look.active, look.paused}) <= plan::bull::OrphanRule::longest_list / 2;
    if (news.elsewhere || searched || candidates.empty()) return news;
    const auto link = server_.on(queue_.db);
    if (!link) return fail(link.error());
    HashSet listed;
    if (const auto read = source::bull::listed_ids(**link, queue_, listed); !read) return fail(read.error());
    for (auto& candidate : candidates) candidate.named = candidate.named || listed.has(candidate.id);
    return news;
  }

  Result<bool> find_danglers() {
    const auto unseen = [&](std::string_view id) { return !one_.left.seen.has(id); };
    std::vector<std::pair<std::string, std::size_t>> parts;
    for (const auto state :
         {"completed", "failed", "wait", "paused", "delayed", "prioritized", "waiting-children"}) {
      const auto found =
          source::bull::danglers(link_, queue_, state, unseen, [&](const BullDangler& dangler) {
            for (std::size_t i = 0; i < bull_job_parts.size(); ++i) parts.emplace_back(dangler.id, i);
            return plan::bull::take_dangler(rules_, dangler, policy_);
          });
      if (!found) return found;
    }
    return find_parts_of(parts);
  }

  /// What danglers had, their children above all.
  Result<bool> find_parts_of(const std::vector<std::pair<std::string, std::size_t>>& danglers) {
    if (!policy_.sub_keys || danglers.empty()) return true;
    auto found = source::bull::sub_keys(link_, queue_, danglers);
    if (!found) return fail(found.error());
    for (auto& key : *found) key.named = true;
    for (const auto& key : *found)
      if (const auto taken = plan::bull::take_sub_key(rules_, key, remover_); !taken) return taken;
    return true;
  }

  Result<bool> find_legacy() {
    if (!policy_.legacy || !queue_.is_bullmq()) return true;
    HashSet listed;
    if (const auto read = source::bull::listed_ids(link_, queue_, listed); !read) return read;
    const auto found = source::bull::legacy_keys(link_, queue_, listed);
    if (!found) return fail(found.error());
    const auto& names = one_.open.root->version;
    const auto by_names = names.find("or later") != std::string::npos ? major_version(names) : 0;
    for (const auto& key : *found)
      if (const auto taken =
              plan::bull::take_legacy_key(rules_, key, std::max(by_names, major_version(one_.look.version)));
          !taken)
        return taken;
    return true;
  }

  Result<bool> find_ttls() {
    if (!policy_.infrastructure_ttl) return true;
    const auto found = source::bull::keys_with_ttl(link_, queue_, jobs_expire());
    if (!found) return fail(found.error());
    for (const auto& [key, type] : *found)
      if (const auto taken = plan::bull::take_ttl(rules_, key, type); !taken) return taken;
    return true;
  }

  /// Whether any hash of this queue has a TTL, by the survey: if not, none is asked for one by one.
  bool jobs_expire() const {
    const auto* owner = owner_of(request_.survey, queue_);
    if (owner == nullptr) return true;
    return std::any_of(owner->parts.begin(), owner->parts.end(), [](const PartSum& part) {
      const bool of_jobs = part.role == "job" || part.role == "flow";
      return of_jobs && part.sum.without_ttl_keys.high < static_cast<double>(part.sum.keys);
    });
  }

  const PlanRequest& request_;
  const plan::BullPolicy& policy_;
  wire::Link& link_;
  const Examined& one_;
  const BullQueue& queue_;
  plan::bull::QueueRules rules_;
  QueueLink server_;  ///< to the running one
  plan::bull::Remover remover_;
  std::vector<std::string> jobs_{};  ///< ids that may be jobs, by their names alone
  std::map<std::string, std::chrono::seconds> idle_before_{};
};

/// How the queue is, and which ids its sets and lists name. In a copy a list may only vanish, when a TTL that
/// somebody gave it ends; looked at after it was read, it is then taken for short, and searched by the steps.
Result<bool> first_look(wire::Link& link, Examined& one, bool copy) {
  HashSet named(most_ids);
  const auto read = [&] { return source::bull::all_ids(link, one.open.queue, named); };
  const auto look = [&]() -> Result<bool> {
    auto found = source::bull::look_at(link, one.open.queue);
    if (!found) return fail(found.error());
    one.look = std::move(*found);
    return true;
  };
  auto done = copy ? read() : look();
  if (done) done = copy ? look() : read();
  one.left.named = std::move(named);
  return done;
}

/// The first look at all queues.
Result<std::vector<Examined>> first_look(const PlanRequest& request, QueueLink& links,
                                         plan::StepSink& steps) {
  std::vector<Examined> all;
  for (auto& open : open_queues(request, "bull-debris", steps)) {
    const auto link = links.on(open.queue.db);
    if (!link) return fail(link.error());
    Examined one{std::move(open), {}, {}};
    if (const auto looked = first_look(**link, one, request.copy.has_value()); !looked)
      return fail(looked.error());
    if (!one.left.named.whole()) {
      steps.left_alone({.rule = "bull-debris",
                        .owner = one.open.queue.root,
                        .why = "it has too many jobs to remember all their ids"});
      continue;
    }
    all.push_back(std::move(one));
  }
  return all;
}

Result<bool> name_all_keys(const PlanRequest& request, std::vector<Examined>& queues, plan::StepSink& steps) {
  std::vector<std::pair<std::uint32_t, std::string>> roots;
  std::vector<plan::bull::QueueLeftovers*> wanted;
  for (const auto& root : request.roots) {
    if (!root.family->name.starts_with("bull")) continue;
    roots.emplace_back(root.db, root.root);
    const auto found = std::find_if(queues.begin(), queues.end(),
                                    [&](const Examined& one) { return one.open.root == &root; });
    wanted.push_back(found == queues.end() ? nullptr : &found->left);
  }
  plan::bull::LeftoverNames names(std::move(roots), std::move(wanted));
  const auto options = scan_options(request.options, request.scan_pace);
  if (!options) return fail(options.error());
  const auto scan = source::scan([&] { return request.session.open(); }, names, *options);
  if (!scan) return fail(scan.error());
  names.finish();
  if (names.left_out() > 0)
    steps.left_alone({.rule = "bull-debris",
                      .why = "more names that nothing explains than are looked at in one plan: run it again",
                      .keys = names.left_out()});
  return true;
}

Result<bool> find(const PlanRequest& request, plan::StepSink& steps) {
  QueueLink links(request.session);
  auto queues = first_look(request, links, steps);
  if (!queues) return fail(queues.error());
  if (queues->empty()) return true;
  if (const auto named = name_all_keys(request, *queues, steps); !named) return named;
  plan::ExpirySpread spread(request.policy.pace.expiries_per_second, request.now,
                            request.survey.ttl_histogram);
  for (const auto& one : *queues) {
    const auto link = links.on(one.open.queue.db);
    if (!link) return fail(link.error());
    if (const auto done = Examination(request, **link, one, spread, steps).run(); !done) return done;
  }
  return true;
}

}  // namespace

/// What queues left behind: stubs, deduplication keys, orphaned jobs, parts of jobs, danglers, keys of older
/// versions; and TTLs on what must not expire.
Planner bull_debris() { return {"bull_debris", find}; }

}  // namespace headroom::app::planners
