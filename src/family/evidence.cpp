#include "family/evidence.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>
#include <map>
#include <set>
#include <tuple>
#include <utility>

namespace headroom::family {
namespace {

std::string place(std::uint32_t db, std::string_view lead) {
  std::array<char, sizeof db> bytes{};
  std::memcpy(bytes.data(), &db, sizeof db);
  return std::string(bytes.data(), bytes.size()).append(lead);
}

/// The place of the lead's neighbours; empty when it has no parent.
std::string parent(std::uint32_t db, std::string_view lead) {
  const auto colon = lead.rfind(':');
  return colon == std::string_view::npos ? std::string() : place(db, lead.substr(0, colon));
}

bool rivals(const Family& one, const Family& other) {
  const auto names = [](const Family& family, std::string_view name) {
    return std::find(family.rivals.begin(), family.rivals.end(), name) != family.rivals.end();
  };
  return names(one, other.name) || names(other, one.name);
}

bool in_order(const Owner& a, const Owner& b) {
  return std::tie(a.db, a.lead, a.family) < std::tie(b.db, b.lead, b.family);
}

}  // namespace

Evidence::Evidence(const ShapeBook& book, std::size_t most) : book_(book), most_(most) {
  for (const Family& family : book.families())
    needs_tells_.push_back(std::any_of(family.shapes.begin(), family.shapes.end(),
                                       [](const KeyShape& shape) { return shape.tell > 0; }));
}

bool Evidence::add(std::uint32_t db, std::string_view lead, const Fit& fit) {
  const auto where = place(db, lead);
  auto found = leads_.find(where);
  if (found == leads_.end()) {
    if (leads_.size() >= most_) return false;
    found = leads_.emplace(where, LeadEvidence{db, std::string(lead), {}}).first;
  }
  auto& seen = found->second.seen;
  const auto known = std::find_if(seen.begin(), seen.end(), [&](const Seen& one) {
    return one.family == fit.family && one.shape == fit.shape;
  });
  if (known == seen.end())
    seen.push_back({fit.family, fit.shape, 1});
  else
    ++known->keys;
  return true;
}

std::vector<Owner> Evidence::claims(const LeadEvidence& evidence) const {
  std::vector<Owner> claims;
  for (const Seen& seen : evidence.seen) {
    auto claim = std::find_if(claims.begin(), claims.end(),
                              [&](const Owner& one) { return one.family == seen.family; });
    if (claim == claims.end())
      claim = claims.insert(claims.end(), Owner{evidence.db, evidence.lead, seen.family, 0, {}});
    claim->tells += book_.families()[seen.family].shapes[seen.shape].tell;
    claim->seen.push_back(seen);
  }
  return claims;
}

bool Evidence::confirmed(const Owner& claim) const {
  if (!needs_tells_[claim.family]) return true;
  const auto rooted = [&](const Seen& seen) { return book_.program(seen.family, seen.shape).rooted(); };
  const bool needs_two = std::all_of(claim.seen.begin(), claim.seen.end(), rooted);
  return claim.tells >= enough && (!needs_two || claim.seen.size() >= 2);
}

void Evidence::drop_beaten(std::vector<Owner>& claims) const {
  const auto all = claims;
  const auto beaten = [&](const Owner& claim) {
    return std::any_of(all.begin(), all.end(), [&](const Owner& other) {
      return other.family != claim.family &&
             rivals(book_.families()[claim.family], book_.families()[other.family]) &&
             (other.tells > claim.tells || (other.tells == claim.tells && other.family < claim.family));
    });
  };
  std::erase_if(claims, beaten);
}

/// Whether some shape says where the lead ends.
bool Evidence::bounded(const Owner& claim) const {
  return std::any_of(claim.seen.begin(), claim.seen.end(),
                     [&](const Seen& seen) { return !book_.program(seen.family, seen.shape).open(); });
}

std::vector<Owner> Evidence::settle() const {
  std::vector<Owner> owners, weak, open;
  for (const auto& [where, evidence] : leads_) {
    std::vector<Owner> all;
    for (Owner& claim : claims(evidence)) (bounded(claim) ? all : open).push_back(std::move(claim));
    auto winners = all;
    drop_beaten(winners);
    std::erase_if(winners, [&](const Owner& claim) { return !confirmed(claim); });
    auto& target = winners.empty() ? weak : owners;
    auto& source = winners.empty() ? all : winners;
    std::move(source.begin(), source.end(), std::back_inserter(target));
  }
  add_neighbours(owners, weak);
  add_open(owners, open);
  std::sort(owners.begin(), owners.end(), in_order);
  return owners;
}

void Evidence::add_neighbours(std::vector<Owner>& owners, std::vector<Owner>& weak) const {
  std::map<std::pair<std::string, std::uint16_t>, std::uint64_t> neighbours;
  for (const Owner& owner : owners) ++neighbours[{parent(owner.db, owner.lead), owner.family}];
  const auto count = [&](const Owner& claim) -> std::uint64_t {
    const auto above = parent(claim.db, claim.lead);
    const bool rooted = book_.program(claim.family, claim.seen.front().shape).lead() == Lead::root;
    const auto found = neighbours.find({above, claim.family});
    return above.empty() || !rooted || found == neighbours.end() ? 0 : found->second;
  };
  // All claims to one lead stand together, the one with the most neighbours first.
  std::vector<std::pair<std::uint64_t, Owner>> ranked;
  for (Owner& claim : weak) ranked.emplace_back(count(claim), std::move(claim));
  std::sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) {
    return std::tuple(a.second.db, std::string_view(a.second.lead), b.first, a.second.family) <
           std::tuple(b.second.db, std::string_view(b.second.lead), a.first, b.second.family);
  });
  const Owner* last = nullptr;
  for (auto& [number, claim] : ranked) {
    const bool first = last == nullptr || last->db != claim.db || last->lead != claim.lead;
    last = &claim;
    if (first && number > 0) owners.push_back(claim);
  }
}

void Evidence::add_open(std::vector<Owner>& owners, std::vector<Owner>& open) const {
  std::set<std::pair<std::uint32_t, std::uint16_t>> settled;
  for (const Owner& owner : owners) settled.emplace(owner.db, owner.family);
  for (Owner& claim : open)
    if (claim.tells >= enough && settled.emplace(claim.db, claim.family).second)
      owners.push_back(std::move(claim));
}

}  // namespace headroom::family
