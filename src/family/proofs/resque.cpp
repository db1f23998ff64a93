#include "base/value_text.h"
#include "family/proof/ledger.h"

namespace headroom::family::proofs {
namespace {

// data_store.rb, worker.rb: every worker writes the time into the field of its name in `workers:heartbeat`
// each minute, and others prune it after five. `worker:<name>` is the job in its hands. php-resque and
// node-resque have no such hash: of their workers a snapshot says nothing.
constexpr Marks silent = 1, listed = 2, holding = 4;

constexpr Verdict verdicts[] = {
    {.kind = "silent-worker",
     .counted = listed,
     .all = silent,
     .members = true,
     .certainty = Certainty::suspected,
     .why = "workers whose last heartbeat is more than a day old and that nobody pruned; a worker whose "
            "heartbeat alone has stopped looks the same"},
    {.kind = "job-of-silent-worker",
     .counted = holding,
     .all = silent,
     .stranded = true,
     .certainty = Certainty::suspected,
     .why = "jobs in the hands of workers whose last heartbeat is more than a day old: they are here and "
            "nowhere else. Queue them again before the worker is pruned"},
};

constexpr std::string_view heartbeats = "workers:heartbeat", workers = "workers", worker = "worker:";
constexpr std::chrono::hours silence{24};

constexpr Sign name_signs[] = {{.types = KeyType::hash, .text = heartbeats, .where = Sign::Where::at_end},
                               {.types = KeyType::set, .text = workers, .where = Sign::Where::at_end},
                               {.types = KeyType::string, .text = worker}};

class Resque : public Ledger {
 public:
  explicit Resque(const ProofLimits& limits) : Ledger("resque", verdicts, limits) {}

  Types types() const override { return Types(KeyType::hash) | KeyType::set | KeyType::string; }

  std::span<const Sign> signs() const override { return name_signs; }

  Reading wants(const StoredKey& key) override {
    const std::string_view name = key.key;
    if (key.type == KeyType::hash && name.ends_with(heartbeats))
      return read(key, What::beats, name.size() - heartbeats.size());
    if (key.type == KeyType::set && name.ends_with(workers))
      return read(key, What::names, name.size() - workers.size());
    if (key.type != KeyType::string || name.ends_with(":started")) return Reading::nothing;
    // The prefix is a namespace, so its end is a ':' or nothing.
    const std::size_t at = name.find(worker);
    if (at == std::string_view::npos || (at > 0 && name[at - 1] != ':')) return Reading::nothing;
    read(key, What::job, at);
    return Reading::size;
  }

  bool element(const Element& element) override {
    if (what_ == What::names) {
      mark(owner_, element.name, listed, name_);
    } else if (what_ == What::beats) {
      const auto beat = instant_of(element.value);
      if (beat && now() - *beat > silence) mark(owner_, element.name, silent, {});
    }
    return true;
  }

  void ends(const StoredKey&, const ValueSize&, Bytes bytes) override {
    if (what_ == What::job) mark_key(owner_, name_.substr(prefix_ + worker.size()), holding, bytes, name_);
  }

 private:
  enum class What { beats, names, job };

  Reading read(const StoredKey& key, What what, std::size_t prefix) {
    name_ = keep(key.key);
    what_ = what;
    prefix_ = prefix;
    owner_ = owner(key.db, name_.substr(0, prefix));
    return Reading::elements;
  }

  // Of the key at hand.
  What what_ = What::names;
  std::string_view name_{};
  std::size_t prefix_ = 0;
  Owner owner_ = nobody;
};

}  // namespace

ProofGroup resque() {
  return {.name = "resque", .settles = {}, .make = [](const ProofLimits& limits) {
            return std::unique_ptr<Proof>(new Resque(limits));
          }};
}

}  // namespace headroom::family::proofs
