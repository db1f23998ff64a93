#include <cmath>

#include "base/value_text.h"
#include "family/proof/ledger.h"

namespace headroom::family::proofs {
namespace {

// src/Repositories/Redis*Repository.php: a job's record is a hash "<root>:<id>" that expires; indexes and
// tags are zsets of ids with the time as score (negative in the indexes) that do not. The root ends in
// "horizon" by default; others are not known here. An index is written just before the record, hence the
// minute.
constexpr Marks record = 1, indexed = 2;
constexpr Marks has_index = 1;  // of an owner: other zsets behind the word are somebody's own

constexpr Verdict verdicts[] = {
    {.kind = "index-entry-without-job",
     .counted = indexed,
     .none = record,
     .owner_all = has_index,
     .members = true,
     .why = "ids in indexes and tags whose job record has expired; the dashboard passes over them. A running "
            "Horizon trims its indexes, but no tag that is watched (laravel/horizon#1314)"},
};

constexpr std::string_view root_end = "horizon:";
constexpr std::chrono::minutes written{1};
// Zsets under the root that hold no ids of jobs.
constexpr std::string_view others[] = {"masters", "supervisors", "snapshot:", "metrics"};

constexpr Sign name_signs[] = {{.types = Types(KeyType::hash) | KeyType::zset, .text = root_end}};

class Horizon : public Ledger {
 public:
  explicit Horizon(const ProofLimits& limits) : Ledger("horizon", verdicts, limits) {}

  Types types() const override { return Types(KeyType::hash) | KeyType::zset; }

  std::span<const Sign> signs() const override { return name_signs; }

  Reading wants(const StoredKey& key) override {
    const std::size_t found = find_word(key.key, root_end, 4);
    if (found == std::string_view::npos) return Reading::nothing;
    const std::size_t root = found + root_end.size();
    const std::string_view rest = key.key.substr(root);
    owner_ = owner(key.db, key.key.substr(0, root - 1));
    if (key.type == KeyType::hash) {
      // A prefix may go on behind the word ("horizon:staging:"), and an id has no ':'.
      mark(owner_, rest.substr(rest.rfind(':') + 1), record, {});
      return Reading::nothing;
    }
    for (const std::string_view other : others)
      if (rest.starts_with(other)) return Reading::nothing;
    if (rest == "recent_jobs" || rest == "completed_jobs" || rest == "pending_jobs" ||
        rest == "failed_jobs" || rest == "recent_failed_jobs" || rest == "monitored_jobs" ||
        rest == "silenced_jobs")
      mark_owner(owner_, has_index);
    name_ = keep(key.key);
    return Reading::elements;
  }

  bool element(const Element& element) override {
    const auto age = now() - std::chrono::duration<double>(std::abs(element.score));
    if (age > written) mark(owner_, element.name, indexed, name_);
    return true;
  }
  void ends(const StoredKey&, const ValueSize&, Bytes) override {}

 private:
  Owner owner_ = nobody;
  std::string_view name_{};
};

}  // namespace

ProofGroup horizon() {
  return {.name = "horizon", .settles = {}, .make = [](const ProofLimits& limits) {
            return std::unique_ptr<Proof>(new Horizon(limits));
          }};
}

}  // namespace headroom::family::proofs
