#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "family/matcher.h"

/// Weighs what the names say: which {root} or {prefix} is whose.
namespace headroom::family {

/// A shape that was met under a lead, and how often.
struct Seen {
  std::uint16_t family = 0;
  std::uint16_t shape = 0;
  std::uint64_t keys = 0;
};

/// A lead and the family it belongs to. A prefix may have several owners (Celery's results beside kombu's
/// queues); rivals never share one.
struct Owner {
  std::uint32_t db = 0;
  std::string lead{};
  std::uint16_t family = 0;
  unsigned tells = 0;
  std::vector<Seen> seen{};  ///< of this family alone
};

class Evidence {
 public:
  /// Keeps at most `most` leads: whoever makes up names cannot make us remember them all. The book must
  /// outlive it.
  Evidence(const ShapeBook& book, std::size_t most);

  /// Whether any shape of the family has a tell.
  bool needs_tells(std::size_t family) const { return needs_tells_[family]; }
  /// A key of this shape was met under `lead`. False when there is no room for another lead.
  bool add(std::uint32_t db, std::string_view lead, const Fit& fit);
  /// Who owns what, in order of database and lead. The rules:
  /// - a family without tells owns whatever its shapes fit
  /// - the tells of different shapes under one lead are added up; 4 confirm it, a {root} only if two shapes
  /// agree
  /// - a {root} with less is confirmed when its neighbour under the same parent is: one queue's `id` beside
  /// other queues
  /// - of rivals the one with more tells owns it, of equals the first in the list of families
  /// - a shape that begins "{prefix}{any}" does not say where its prefix ends; it speaks for the empty
  /// prefix, and only
  ///   in a database where its family has no other
  std::vector<Owner> settle() const;
  void clear() { leads_.clear(); }

 private:
  struct LeadEvidence {
    std::uint32_t db = 0;
    std::string lead{};
    std::vector<Seen> seen{};
  };
  static constexpr unsigned enough = 4;

  std::vector<Owner> claims(const LeadEvidence& evidence) const;
  bool confirmed(const Owner& claim) const;
  bool bounded(const Owner& claim) const;
  void drop_beaten(std::vector<Owner>& claims) const;
  void add_neighbours(std::vector<Owner>& owners, std::vector<Owner>& weak) const;
  void add_open(std::vector<Owner>& owners, std::vector<Owner>& open) const;

  const ShapeBook& book_;
  std::size_t most_;
  std::vector<bool> needs_tells_{};  ///< by family
  std::unordered_map<std::string, LeadEvidence> leads_{};
};

}  // namespace headroom::family
