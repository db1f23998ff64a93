#include "family/attribution.h"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/fold_digits.h"
#include "family/evidence.h"
#include "family/matcher.h"
#include "family/pattern_text.h"
#include "family/root_tree.h"

namespace headroom::family {
namespace {

constexpr std::size_t none = std::numeric_limits<std::size_t>::max();
constexpr std::size_t deepest_roots = 8;  // of nested roots; more of them are a name made to keep us busy
// MEMORY USAGE beside the name: a hash with last_heartbeat alone has 108, the smallest job of BullMQ 155.
constexpr std::uint64_t largest_stub = 120;

/// An owner as it is judged: which shapes it has, and what follows for all of its keys.
struct Holding {
  std::uint32_t db = 0;
  std::string lead{};
  std::size_t family = 0;
  bool folded = false;          ///< stands for several queues, some of which may have holdings of their own
  std::vector<bool> present{};  ///< by shape
  std::size_t layout = none;    ///< the last of Family::versions that is present
  std::string_view read_only_why{};
};

/// Where a group belongs. Without a shape it is an unknown key under a known root.
struct Place {
  std::size_t holding = none;
  std::size_t shape = none;
};

std::string_view unknown_container(KeyType type) {
  switch (type) {
    case KeyType::list:
      return "it holds a list headroom does not know; jobs may be in it that are nowhere else";
    case KeyType::set:
      return "it holds a set headroom does not know; jobs may be in it that are nowhere else";
    case KeyType::zset:
      return "it holds a sorted set headroom does not know; jobs may be in it that are nowhere else";
    case KeyType::hash:
      return "it holds a hash headroom does not know; jobs may be in it that are nowhere else";
    case KeyType::stream:
      return "it holds a stream headroom does not know; jobs may be in it that are nowhere else";
    case KeyType::unknown:
    case KeyType::string:
    case KeyType::module:
      break;
  }
  return {};
}

class Attributor {
 public:
  Attributor(std::vector<PatternGroup>& groups, std::span<const Family> families);
  void run();

 private:
  const Family& family_of(const Holding& holding) const { return families_[holding.family]; }
  void gather();
  std::string canonical(std::string lead) const;
  void settle();
  std::size_t hold(std::uint32_t db, const std::string& lead, std::size_t family, bool folded);
  std::size_t holding(std::uint32_t db, const std::string& lead, std::size_t family);
  Place under_root(std::size_t group);
  Place standing(std::size_t group);
  std::string lead_of(std::size_t group, const Fit& fit) const;
  std::string open_lead(std::size_t group, std::size_t family) const;
  void place_beside(std::size_t family, std::size_t shape);
  std::unordered_map<std::string, std::size_t> names_beside(std::size_t family, std::size_t shape) const;
  void judge_holdings();
  void spread_doubt();
  std::size_t layout_of(const Holding& holding) const;
  bool outdated(const Holding& holding, std::string_view shape) const;
  bool is_debris(const PatternGroup& group, const Holding& holding, const KeyShape& shape) const;
  void write(std::size_t group);

  std::vector<PatternGroup>& groups_;
  std::span<const Family> families_;
  ShapeBook book_;
  ShapeFinder telling_;
  ShapeFinder standing_;
  Evidence evidence_;
  std::vector<std::string> patterns_{};
  std::unordered_set<std::string> folded_leads_{};
  std::vector<Place> places_{};
  std::vector<Holding> holdings_{};
  std::map<std::tuple<std::uint32_t, std::size_t, std::string>, std::size_t> index_{};
  std::map<std::pair<std::uint32_t, std::size_t>, std::set<std::size_t>> lead_lengths_{};
  std::map<std::tuple<std::uint32_t, std::size_t, std::string>, std::size_t> newest_layout_{};
  RootTree tree_{};
  std::vector<Fit> fits_{};
  std::vector<RootTree::Step> steps_{};
};

Attributor::Attributor(std::vector<PatternGroup>& groups, std::span<const Family> families)
    : groups_(groups),
      families_(families),
      book_(families),
      telling_(book_, [](const Family&, const KeyShape& shape, const Shape&) { return shape.tell > 0; }),
      standing_(book_, [](const Family&, const KeyShape& shape,
                          const Shape& program) { return !program.rooted() && shape.beside.empty(); }),
      evidence_(book_, std::numeric_limits<std::size_t>::max()),
      places_(groups.size()) {}

void Attributor::run() {
  gather();
  settle();
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    places_[g] = under_root(g);
    if (places_[g].shape != none) continue;
    if (const Place place = standing(g); place.holding != none) places_[g] = place;
  }
  for (std::size_t f = 0; f < families_.size(); ++f)
    for (std::size_t s = 0; s < families_[f].shapes.size(); ++s)
      if (!families_[f].shapes[s].beside.empty()) place_beside(f, s);
  judge_holdings();
  for (std::size_t g = 0; g < groups_.size(); ++g) write(g);
}

void Attributor::gather() {
  struct Met {
    std::size_t group = 0;
    Fit fit{};
    std::string lead{};
  };
  std::vector<Met> all;
  patterns_.reserve(groups_.size());
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    patterns_.push_back(aligned_pattern(groups_[g]));
    telling_.find(groups_[g].example, groups_[g].type(), fits_);
    for (const Fit& fit : fits_) {
      all.push_back({g, fit, lead_of(g, fit)});
      if (all.back().lead.find("{n}") != std::string::npos) folded_leads_.insert(all.back().lead);
    }
  }
  for (Met& met : all) evidence_.add(groups_[met.group].db, canonical(std::move(met.lead)), met.fit);
}

/// A survey may have folded `tenant-7` in some of its patterns and left it in others: the folded name is the
/// owner's.
std::string Attributor::canonical(std::string lead) const {
  if (folded_leads_.empty()) return lead;
  auto weak = fold_digits(lead);
  return folded_leads_.contains(weak) ? weak : lead;
}

/// A shape that does not say where its prefix ends speaks for the empty one (Evidence::settle knows).
std::string Attributor::lead_of(std::size_t group, const Fit& fit) const {
  const Shape& program = book_.program(fit.family, fit.shape);
  if (program.open() || program.lead() == Lead::none) return {};
  return lead_in_pattern(patterns_[group], groups_[group].example, fit.lead, program);
}

void Attributor::settle() {
  for (const Owner& owner : evidence_.settle()) {
    const auto number = hold(owner.db, owner.lead, owner.family, false);
    const bool rooted = std::any_of(owner.seen.begin(), owner.seen.end(), [&](const Seen& seen) {
      return book_.program(seen.family, seen.shape).rooted();
    });
    if (rooted) tree_.add(owner.db, owner.lead, number);
    lead_lengths_[{owner.db, owner.family}].insert(owner.lead.size());
  }
}

std::size_t Attributor::hold(std::uint32_t db, const std::string& lead, std::size_t family, bool folded) {
  const auto [found, fresh] = index_.try_emplace({db, family, lead}, holdings_.size());
  if (fresh) {
    holdings_.push_back(
        {db, lead, family, folded, std::vector<bool>(families_[family].shapes.size()), none, {}});
    if (families_[family].read_only)
      holdings_.back().read_only_why =
          "headroom knows this library from descriptions alone and never changes its keys";
  }
  return found->second;
}

/// The holding, made now if the family needs no confirmation; `none` if it was not confirmed.
std::size_t Attributor::holding(std::uint32_t db, const std::string& lead, std::size_t family) {
  if (!evidence_.needs_tells(family)) return hold(db, lead, family, false);
  const auto found = index_.find({db, family, lead});
  return found == index_.end() ? none : found->second;
}

Place Attributor::under_root(std::size_t group) {
  const PatternGroup& g = groups_[group];
  tree_.walk(g.db, patterns_[group], g.example, steps_);
  const auto tried = std::min(steps_.size(), deepest_roots);
  for (std::size_t i = 0; i < tried; ++i) {
    const auto& step = steps_[steps_.size() - 1 - i];
    const auto family = holdings_[step.owner].family;
    const auto shape = book_.behind_root(family, std::string_view(g.example).substr(step.tail), g.type());
    if (!shape && !families_[family].closed_world) continue;
    // A pattern that says less than the root of its example holds keys of other queues too: an owner of its
    // own.
    const auto owner =
        step.by_example ? hold(g.db, patterns_[group].substr(0, step.lead), family, true) : step.owner;
    return {owner, shape.value_or(none)};
  }
  return {};
}

Place Attributor::standing(std::size_t group) {
  const PatternGroup& g = groups_[group];
  standing_.find(g.example, g.type(), fits_);
  Place best;
  std::size_t best_bytes = 0;
  for (const Fit& fit : fits_) {
    const Shape& program = book_.program(fit.family, fit.shape);
    const auto lead = program.open() ? open_lead(group, fit.family) : canonical(lead_of(group, fit));
    const auto owner = holding(g.db, lead, fit.family);
    if (owner == none || (best.holding != none && program.literal_bytes() <= best_bytes)) continue;
    best = {owner, fit.shape};
    best_bytes = program.literal_bytes();
  }
  return best;
}

/// The longest confirmed prefix of the family that the pattern begins with.
std::string Attributor::open_lead(std::size_t group, std::size_t family) const {
  const auto lengths = lead_lengths_.find({groups_[group].db, family});
  if (lengths == lead_lengths_.end()) return {};
  const std::string& pattern = patterns_[group];
  std::size_t tried = 0;
  for (auto length = lengths->second.rbegin(); length != lengths->second.rend(); ++length) {
    if (*length >= pattern.size()) continue;
    auto lead = pattern.substr(0, *length);
    if (index_.count({groups_[group].db, family, lead}) != 0) return lead;
    if (++tried == deepest_roots) break;
  }
  return {};
}

void Attributor::place_beside(std::size_t family, std::size_t shape) {
  const auto names = names_beside(family, shape);
  if (names.empty()) return;
  const auto types = families_[family].shapes[shape].types;
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    if (places_[g].holding != none || !may_be(types, groups_[g].type())) continue;
    const auto found = names.find(std::to_string(groups_[g].db) + ' ' + patterns_[g]);
    if (found != names.end()) places_[g] = {found->second, shape};
  }
}

/// The names (database and pattern) that keys of this shape must have, from the keys that it stands beside.
std::unordered_map<std::string, std::size_t> Attributor::names_beside(std::size_t family,
                                                                      std::size_t shape) const {
  std::unordered_map<std::string, std::size_t> names;
  const auto& shapes = families_[family].shapes;
  const auto is_other = [&](const KeyShape& other) { return other.shape == shapes[shape].beside; };
  const auto other =
      static_cast<std::size_t>(std::find_if(shapes.begin(), shapes.end(), is_other) - shapes.begin());
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    const Place& place = places_[g];
    if (place.shape != other || place.holding == none || holdings_[place.holding].family != family) continue;
    const Shape& program = book_.program(family, other);
    const std::string_view pattern = patterns_[g];
    const auto at =
        program.literal_first() ? pattern.find(program.literal()) : pattern.rfind(program.literal());
    if (at == std::string_view::npos) continue;
    auto name = std::to_string(groups_[g].db) + ' ' + std::string(pattern.substr(0, at));
    if (program.literal_first()) name += pattern.substr(at + program.literal().size());
    names.emplace(std::move(name), place.holding);
  }
  return names;
}

std::string parent_of(std::string_view lead) {
  const auto colon = lead.rfind(':');
  return std::string(lead.substr(0, colon == std::string_view::npos ? 0 : colon));
}

void Attributor::judge_holdings() {
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    if (places_[g].holding == none) continue;
    Holding& owner = holdings_[places_[g].holding];
    if (places_[g].shape != none)
      owner.present[places_[g].shape] = true;
    else if (owner.read_only_why.empty())
      owner.read_only_why = unknown_container(groups_[g].type());
  }
  spread_doubt();
  for (Holding& owner : holdings_) {
    owner.layout = layout_of(owner);
    if (owner.layout == none) continue;
    auto& newest = newest_layout_.try_emplace({owner.db, owner.family, parent_of(owner.lead)}, owner.layout)
                       .first->second;
    newest = std::max(newest, owner.layout);
  }
}

/// An unknown container in a folded pattern may be in any of the queues it stands for.
void Attributor::spread_doubt() {
  std::set<std::pair<std::uint32_t, std::size_t>> doubted;
  for (const Holding& owner : holdings_)
    if (owner.folded && !owner.read_only_why.empty()) doubted.emplace(owner.db, owner.family);
  for (Holding& owner : holdings_)
    if (owner.read_only_why.empty() && doubted.contains({owner.db, owner.family}))
      owner.read_only_why =
          "some queue of this library holds a list or set headroom does not know, and which one is not known";
}

std::size_t Attributor::layout_of(const Holding& owner) const {
  const Family& family = family_of(owner);
  for (std::size_t v = family.versions.size(); v-- > 0;)
    for (std::size_t s = 0; s < family.shapes.size(); ++s)
      if (owner.present[s] && family.shapes[s].shape == family.versions[v].shape) return v;
  return none;
}

/// Whether the owner, or failing that a queue beside it (one application seldom runs two versions), shows a
/// newer layout.
bool Attributor::outdated(const Holding& owner, std::string_view shape) const {
  const auto& versions = family_of(owner).versions;
  const auto known = std::find_if(versions.begin(), versions.end(),
                                  [&](const VersionTell& tell) { return tell.shape == shape; });
  const auto newest = newest_layout_.find({owner.db, owner.family, parent_of(owner.lead)});
  return known != versions.end() && newest != newest_layout_.end() &&
         newest->second > static_cast<std::size_t>(known - versions.begin());
}

bool Attributor::is_debris(const PatternGroup& group, const Holding& owner, const KeyShape& shape) const {
  switch (shape.debris_when) {
    case DebrisWhen::none:
      return false;
    case DebrisWhen::without_ttl:
      return group.without_ttl_keys.value > 0;
    case DebrisWhen::idle:
      return group.min_idle_seconds >= shape.idle_minutes * 60ULL && group.min_idle_seconds > 0;
    case DebrisWhen::newer_layout:
      return outdated(owner, shape.shape);
    case DebrisWhen::smaller_than_job:
      return group.max.count > 0 && group.max.count <= largest_stub + group.example.size();
  }
  return false;
}

void Attributor::write(std::size_t group) {
  PatternGroup& g = groups_[group];
  Attribution& out = g.attribution = {};
  if (places_[group].holding == none) return;
  const Holding& owner = holdings_[places_[group].holding];
  const Family& family = family_of(owner);
  out.family = family.name;
  out.owner = plain_where_exact(owner.lead);
  if (owner.layout != none) out.version = family.versions[owner.layout].version;
  out.read_only = !owner.read_only_why.empty();
  out.read_only_why = owner.read_only_why;
  out.role = "unknown";
  out.why = "under this queue's name, but no key that its library is known to write";
  if (places_[group].shape == none) return;
  const KeyShape& shape = family.shapes[places_[group].shape];
  out.role = shape.role;
  out.care = shape.care;
  out.why = shape.why;
  if (!is_debris(g, owner, shape)) return;
  out.debris = shape.debris;
  out.certainty = shape.certainty;
  out.debris_why = shape.debris_why;
  out.only_without_ttl = shape.debris_when == DebrisWhen::without_ttl;
}

}  // namespace

void attribute(std::vector<PatternGroup>& groups, std::span<const Family> families) {
  Attributor(groups, families).run();
}

}  // namespace headroom::family
