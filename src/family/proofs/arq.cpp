#include "family/proof/ledger.h"

namespace headroom::family::proofs {
namespace {

// arq/connections.py enqueue_job, worker.py finish_job: a job's key and its place in the queue come and go in
// one MULTI each, so an id without a key has outlived it: the key expires a day after the job was due. A run
// that takes longer has `arq:in-progress:`.
constexpr Marks queued = 1, job = 2, runs = 4;
constexpr Marks at_work = 1;  // of an owner: a name that only ARQ gives is there

constexpr Verdict verdicts[] = {
    {.kind = "dangling-queue-id",
     .counted = queued,
     .none = job | runs,
     .owner_all = at_work,
     .members = true,
     .why = "ids in queues whose job has expired: a worker that takes one writes \"job expired\" and drops "
            "it"},
    {.kind = "dangling-queue-id",
     .counted = queued,
     .none = job | runs,
     .owner_none = at_work,
     .members = true,
     .undecided = true,
     .why = "whether ids in queues have lost their jobs: there is no job and no sign of a worker in the "
            "database, so they may be an application's own"},
};

constexpr std::string_view prefix = "arq:", queue = "arq:queue", job_begin = "arq:job:",
                           run_begin = "arq:in-progress:", heartbeat_end = ":health-check";

constexpr Sign name_signs[] = {
    {.types = Types(KeyType::string) | KeyType::zset, .text = prefix, .where = Sign::Where::at_begin}};

class Arq : public Ledger {
 public:
  explicit Arq(const ProofLimits& limits) : Ledger("arq", verdicts, limits) {}

  Types types() const override { return Types(KeyType::string) | KeyType::zset; }

  std::span<const Sign> signs() const override { return name_signs; }

  Reading wants(const StoredKey& key) override {
    const std::string_view name = key.key;
    if (!name.starts_with(prefix)) return Reading::nothing;
    owner_ = owner(key.db, {});
    if (key.type == KeyType::zset) {
      name_ = keep(name);
      return name == queue || name.starts_with("arq:queue:") ? Reading::elements : Reading::nothing;
    }
    if (name.starts_with(job_begin) || name.ends_with(heartbeat_end)) mark_owner(owner_, at_work);
    if (name.starts_with(job_begin)) mark(owner_, name.substr(job_begin.size()), job, {});
    if (name.starts_with(run_begin)) mark(owner_, name.substr(run_begin.size()), runs, {});
    return Reading::nothing;
  }

  bool element(const Element& element) override {
    mark(owner_, element.name, queued, name_);
    return true;
  }
  void ends(const StoredKey&, const ValueSize&, Bytes) override {}

 private:
  Owner owner_ = nobody;
  std::string_view name_{};
};

}  // namespace

ProofGroup arq() {
  return {.name = "arq", .settles = {}, .make = [](const ProofLimits& limits) {
            return std::unique_ptr<Proof>(new Arq(limits));
          }};
}

}  // namespace headroom::family::proofs
