#include "family/proof/ledger.h"

namespace headroom::family::proofs {
namespace {

// redbeat/schedulers.py: an entry's hash and its place in `redbeat::schedule` are written in one MULTI. The
// scheduler that meets a place without an entry takes it away. Only the default prefix is known here. The
// names have no hash tag: in a cluster an entry lies in another slot than the schedule, and so maybe in
// another file.
constexpr Marks scheduled = 1, entry = 2;

constexpr Verdict verdicts[] = {
    {.kind = "dangling-schedule",
     .counted = scheduled,
     .none = entry,
     .members = true,
     .certainty = Certainty::suspected,
     .why =
         "times for periodic tasks whose entry is gone: nothing runs at them, and the scheduler drops each "
         "when it comes to it; certain unless this is one shard of a cluster"},
};

constexpr std::string_view schedule = "redbeat::schedule", prefix = "redbeat:";

constexpr Sign name_signs[] = {
    {.types = Types(KeyType::hash) | KeyType::zset, .text = prefix, .where = Sign::Where::at_begin}};

class Redbeat : public Ledger {
 public:
  explicit Redbeat(const ProofLimits& limits) : Ledger("redbeat", verdicts, limits) {}

  Types types() const override { return Types(KeyType::hash) | KeyType::zset; }

  std::span<const Sign> signs() const override { return name_signs; }

  Reading wants(const StoredKey& key) override {
    if (!key.key.starts_with(prefix)) return Reading::nothing;
    owner_ = owner(key.db, {});
    if (key.type == KeyType::zset) return key.key == schedule ? Reading::elements : Reading::nothing;
    mark(owner_, key.key, entry, {});
    return Reading::nothing;
  }

  bool element(const Element& element) override {
    mark(owner_, element.name, scheduled, schedule);
    return true;
  }
  void ends(const StoredKey&, const ValueSize&, Bytes) override {}

 private:
  Owner owner_ = nobody;
};

}  // namespace

ProofGroup redbeat() {
  return {.name = "redbeat", .settles = {}, .make = [](const ProofLimits& limits) {
            return std::unique_ptr<Proof>(new Redbeat(limits));
          }};
}

}  // namespace headroom::family::proofs
