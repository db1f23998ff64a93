#include "family/roots.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace headroom::family {
namespace {

bool names(const std::vector<std::string_view>& shapes, std::string_view shape) {
  return std::find(shapes.begin(), shapes.end(), shape) != shapes.end();
}

bool leads_to_names(const Family& family, const KeyShape& shape) {
  return names(family.name_sets, shape.shape) || names(family.name_keys, shape.shape);
}

bool is_counted(const Family& family, const KeyShape& shape) {
  return std::any_of(family.queue_facts.begin(), family.queue_facts.end(), [&](const QueueFact& fact) {
    return fact.part == QueuePart::counted && fact.key == shape.shape;
  });
}

/// Keys of jobs and results may be millions, and say nothing of queues that the few keys of the machinery do
/// not say.
bool tells_of_a_queue(const Family& family, const KeyShape& shape, const Shape& program) {
  if (family.queue_facts.empty()) return false;
  if (leads_to_names(family, shape) || is_counted(family, shape)) return true;
  return shape.tell > 0 && (program.fixed() || shape.care == Care::hands_off);
}

}  // namespace

RootFinder::RootFinder(std::span<const Family> families)
    : book_(families), finder_(book_, tells_of_a_queue), evidence_(book_, most_roots) {}

Interest RootFinder::look(std::uint32_t, std::string_view key) {
  finder_.find(key, KeyType::unknown, fits_);
  return {fits_.empty() ? Look::name : Look::type, 0};
}

void RootFinder::take(const KeyRecord& record) {
  finder_.find(record.key, record.type, fits_);
  const auto kept = [&](const Fit& fit) { return keep(record, fit); };
  if (!std::all_of(fits_.begin(), fits_.end(), kept)) ++left_out_;
}

bool RootFinder::keep(const KeyRecord& record, const Fit& fit) {
  const Shape& program = book_.program(fit.family, fit.shape);
  const auto lead = program.open() ? std::string_view() : record.key.substr(0, fit.lead);
  if (!evidence_.add(record.db, lead, fit)) return false;
  const Family& family = book_.families()[fit.family];
  if (!leads_to_names(family, family.shapes[fit.shape])) return true;
  if (naming_keys_.size() >= most_roots) return false;
  naming_keys_.push_back({record.db, fit, std::string(record.key)});
  return true;
}

void RootFinder::restart() {
  evidence_.clear();
  naming_keys_.clear();
  left_out_ = 0;
}

std::vector<Root> RootFinder::finish() const {
  std::vector<Root> roots;
  for (const Owner& owner : evidence_.settle()) roots.push_back(made(owner));
  add_naming_keys(roots);
  return roots;
}

Root RootFinder::made(const Owner& owner) const {
  const Family& family = book_.families()[owner.family];
  Root root{.family = &family, .root = owner.lead, .db = owner.db, .version = version_of(owner)};
  for (const QueueFact& fact : family.queue_facts) {
    if (fact.part != QueuePart::counted) continue;
    std::uint64_t keys = 0;
    for (const Seen& seen : owner.seen)
      if (family.shapes[seen.shape].shape == fact.key) keys += seen.keys;
    root.counted.emplace_back(fact.name, keys);
  }
  return root;
}

std::string RootFinder::version_of(const Owner& owner) const {
  const Family& family = book_.families()[owner.family];
  for (auto tell = family.versions.rbegin(); tell != family.versions.rend(); ++tell)
    for (const Seen& seen : owner.seen)
      if (family.shapes[seen.shape].shape == tell->shape) return std::string(tell->version);
  return {};
}

void RootFinder::add_naming_keys(std::vector<Root>& roots) const {
  std::map<std::tuple<std::uint32_t, const Family*, std::string_view>, Root*> by_lead;
  for (Root& root : roots) by_lead[{root.db, root.family, root.root}] = &root;
  for (const NamingKey& key : naming_keys_) {
    const auto lead = std::string_view(key.key).substr(0, key.fit.lead);
    const auto found = by_lead.find({key.db, &book_.families()[key.fit.family], lead});
    if (found != by_lead.end()) found->second->naming_keys.emplace_back(key.fit.shape, key.key);
  }
}

}  // namespace headroom::family
