#include <limits>

#include "base/value_text.h"
#include "family/proof/ledger.h"

namespace headroom::family::proofs {
namespace {

// rq/job.py, queue.py, registry.py, worker.py (1.13 run and read, 2.x read). Every move of a job from one
// place to another is one MULTI, so at any moment each job is in its queue or in a registry. Except one: a
// worker of RQ 1 pops the id, and only a fork later puts it among the started. So a job that says "queued"
// and is in no queue is lost for certain only where no worker lives; its state is written in the hash.
constexpr Marks job = 1, done = 2, undone = 4, ghost = 8, placed = 16, in_queue = 32, in_registry = 64,
                in_endless_run = 128;
constexpr Marks dependents = 256, dependencies = 512, results = 1024, executions = 2048;
constexpr Marks anywhere = placed | in_queue | in_registry | in_endless_run;
constexpr Marks sub_keys = dependents | dependencies | results | executions;
// Of the other space: names of workers. And of an owner: some worker lives; some job has the usual prefix,
// which an application may change (Job.redis_job_namespace_prefix) while queues and registries keep theirs.
constexpr Marks alive = 1, listed = 2, has_worker = 1, has_job = 2;
constexpr std::uint8_t jobs = 0, workers = 1;

constexpr std::string_view lost_why =
    "jobs that did not end well and are in no queue and no registry, so no worker will ever run them and no "
    "tool "
    "lists them: queue them again or delete them";

constexpr std::string_view registry_why =
    "ids in registries whose job is gone; only the workers of the queue drop them, every 10 minutes";

constexpr Verdict verdicts[] = {
    {.kind = "dangling-queue-id",
     .counted = in_queue,
     .none = job,
     .owner_all = has_job,
     .members = true,
     .why = "ids in queues whose job is gone (it expired or was deleted); a worker that pops one drops it"},
    {.kind = "registry-id-without-job",
     .counted = in_registry,
     .none = job,
     .owner_all = has_job,
     .members = true,
     .why = registry_why},
    {.kind = "registry-id-without-job",
     .counted = in_endless_run,
     .all = ghost,
     .members = true,
     .why = registry_why},
    {.kind = "orphan-job",
     .counted = job | sub_keys,
     .all = done,
     .none = anywhere,
     .why = "jobs that are over, without a TTL and in no registry: nothing lists them and nothing will ever "
            "remove them"},
    {.kind = "lost-job",
     .counted = job,
     .all = undone,
     .none = anywhere,
     .owner_none = has_worker,
     .stranded = true,
     .why = lost_why},
    {.kind = "lost-job",
     .counted = job,
     .all = undone,
     .none = anywhere,
     .owner_all = has_worker,
     .stranded = true,
     .certainty = Certainty::suspected,
     .why =
         "jobs that did not end well and are in no queue and no registry: at most one per worker is on its "
         "way between them at this moment, all others are lost. Certain when it is so in two snapshots"},
    {.kind = "ghost-job",
     .counted = ghost | sub_keys,
     .all = ghost,
     .why = "only a heartbeat is left, older than 10 minutes: a worker wrote it for a job that had been "
            "deleted, without a TTL (rq#1450)"},
    {.kind = "orphan-sub-key",
     .counted = sub_keys,
     .none = job | ghost,
     .owner_all = has_job,
     .why = "dependents, dependencies, results or executions of jobs that are gone, without a TTL"},
    {.kind = "id-without-job",
     .counted = in_queue | in_registry | sub_keys,
     .none = job | ghost,
     .owner_none = has_job,
     .undecided = true,
     .why =
         "whether ids in queues and registries have lost their jobs: the database holds no rq:job: hash, so "
         "jobs may have a prefix of their own"},
    {.kind = "dead-worker",
     .counted = listed,
     .none = alive,
     .space = workers,
     .members = true,
     .why = "names of workers whose heartbeat has expired; RQ drops them when a worker of the same queue "
            "starts or cleans up"},
};

constexpr std::chrono::minutes settled{10};
constexpr std::string_view begin_of_all = "rq:";

struct Place {
  std::string_view begins{};
  Marks marks = 0;
};
constexpr std::string_view runs = "rq:wip:";
constexpr Place places[] = {
    {runs, in_registry},
    {"rq:finished:", in_registry},
    {"rq:failed:", in_registry},
    {"rq:deferred:", in_registry},
    {"rq:scheduled:", in_registry},
    {"rq:canceled:", in_registry},
    {"rq:ready:", placed},
    {"rq:rl:", placed},
    {"rq:scheduler:scheduled_jobs", placed},
};

constexpr Sign name_signs[] = {
    {.types = Types(KeyType::hash) | KeyType::zset | KeyType::list | KeyType::set | KeyType::stream,
     .text = begin_of_all,
     .where = Sign::Where::at_begin}};

class Rq : public Ledger {
 public:
  explicit Rq(const ProofLimits& limits) : Ledger("rq", verdicts, limits) {}

  Types types() const override {
    return Types(KeyType::hash) | KeyType::zset | KeyType::list | KeyType::set | KeyType::stream;
  }

  std::span<const Sign> signs() const override { return name_signs; }

  Reading wants(const StoredKey& key) override {
    if (!key.key.starts_with(begin_of_all)) return Reading::nothing;
    switch (key.type) {
      case KeyType::hash:
        return wants_hash(key);
      case KeyType::list:
        return key.key.starts_with("rq:queue:") ? read(key, What::place, in_queue) : Reading::nothing;
      case KeyType::zset:
        return wants_zset(key);
      case KeyType::set:
        return wants_set(key);
      default:
        return wants_part(key, "rq:results:", "", results);
    }
  }

  bool element(const Element& element) override {
    switch (what_) {
      case What::job_hash:
        return look_at_field(element);
      case What::place:
        mark_place(element);
        return true;
      case What::worker_names:
        mark(workers_, element.name, listed, name_);
        return true;
      case What::worker_key:
      case What::sub_key:
        break;
    }
    return false;
  }

  void ends(const StoredKey& key, const ValueSize& value, Bytes bytes) override {
    if (what_ == What::worker_key) {
      mark_owner(jobs_, has_worker);
      mark(workers_, name_, alive, {});
    } else if (what_ == What::sub_key) {
      mark_key(jobs_, id_, mark_, bytes, name_);
    } else if (what_ == What::job_hash) {
      judge_job(key, value, bytes);
    }
  }

 private:
  enum class What { job_hash, place, sub_key, worker_names, worker_key };

  Reading read(const StoredKey& key, What what, Marks marks) {
    name_ = keep(key.key);
    what_ = what;
    mark_ = marks;
    jobs_ = owner(key.db, {}, jobs);
    workers_ = owner(key.db, {}, workers);
    return Reading::elements;
  }

  Reading wants_hash(const StoredKey& key) {
    if (key.key.starts_with("rq:worker:")) {
      read(key, What::worker_key, alive);
      return Reading::size;
    }
    constexpr std::string_view begin = "rq:job:";
    if (!key.key.starts_with(begin)) return wants_part(key, "rq:execution:", "", executions);
    read(key, What::job_hash, job);
    mark_owner(jobs_, has_job);
    id_ = name_.substr(begin.size());
    state_ = State::none;
    heartbeat_.reset();
    created_.reset();
    return key.expires ? Reading::size : Reading::elements;
  }

  Reading wants_zset(const StoredKey& key) {
    for (const Place& place : places)
      if (key.key.starts_with(place.begins)) return read(key, What::place, place.marks);
    return wants_part(key, "rq:executions:", "", executions);
  }

  Reading wants_set(const StoredKey& key) {
    if (key.key == "rq:workers" || key.key.starts_with("rq:workers:"))
      return read(key, What::worker_names, listed);
    const Reading reading = wants_part(key, "rq:job:", ":dependents", dependents);
    // A second colon is RQ's own: "rq:job::<id>:dependencies".
    return reading == Reading::nothing ? wants_part(key, "rq:job:", ":dependencies", dependencies) : reading;
  }

  Reading wants_part(const StoredKey& key, std::string_view begin, std::string_view end, Marks marks) {
    if (key.expires || key.key.size() <= begin.size() + end.size() || !key.key.starts_with(begin) ||
        !key.key.ends_with(end))
      return Reading::nothing;
    read(key, What::sub_key, marks);
    id_ = name_.substr(begin.size(), name_.size() - begin.size() - end.size());
    if (marks == dependencies && id_.starts_with(':')) id_.remove_prefix(1);
    if (begin == "rq:execution:") id_ = id_.substr(0, id_.rfind(':'));
    return Reading::size;
  }

  bool look_at_field(const Element& field) {
    if (field.name == "status") state_ = state_of(field.value);
    if (field.name == "created_at") created_ = instant_of(field.value);
    if (field.name == "last_heartbeat") heartbeat_ = instant_of(field.value);
    return true;
  }

  /// Members of registries; those of the started are "<job>:<execution>" since RQ 2.
  void mark_place(const Element& member) {
    if (!name_.starts_with(runs)) return mark(jobs_, member.name, mark_, name_);
    const std::size_t colon = member.name.rfind(':');
    const bool composite = colon != std::string_view::npos && member.name.size() - colon == 33;
    // A run that beats is live even where its job is gone; so is one without an end until its ghost is old.
    Marks marks = placed;
    if (member.score < std::chrono::duration<double>(now() - settled).count()) marks = in_registry;
    if (member.score > std::numeric_limits<double>::max()) marks = in_endless_run;
    mark(jobs_, member.name, composite ? placed : marks, name_);
    if (composite) mark(jobs_, member.name.substr(0, colon), placed, name_);
  }

  void judge_job(const StoredKey& key, const ValueSize& value, Bytes bytes) {
    if (key.expires) return mark(jobs_, id_, job, {});
    if (value.elements == 1 && heartbeat_) {
      if (now() - *heartbeat_ < settled) return mark(jobs_, id_, job, {});
      return mark_key(jobs_, id_, ghost, bytes, name_);
    }
    Marks marks = job;
    if (created_ && now() - *created_ >= settled) {
      if (state_ == State::over) marks |= done;
      if (state_ == State::waits) marks |= undone;
    }
    mark_key(jobs_, id_, marks, bytes, name_);
  }

  /// A failed job counts as one that waits: requeue() takes it out of its registry before it queues it. Of
  /// "created", which is no state of RQ's own making, nothing can be said.
  enum class State { none, over, waits };
  static State state_of(std::string_view status) {
    if (status == "finished" || status == "canceled" || status == "stopped") return State::over;
    for (const std::string_view one : {"queued", "started", "deferred", "scheduled", "failed"})
      if (status == one) return State::waits;
    return State::none;
  }

  // Of the key at hand.
  What what_ = What::place;
  std::string_view name_{}, id_{};
  Marks mark_ = 0;
  Owner jobs_ = nobody, workers_ = nobody;
  State state_ = State::none;
  std::optional<std::chrono::milliseconds> created_{}, heartbeat_{};
};

}  // namespace

ProofGroup rq() {
  return {.name = "rq", .settles = {{"rq", "ghost-job"}}, .make = [](const ProofLimits& limits) {
            return std::unique_ptr<Proof>(new Rq(limits));
          }};
}

}  // namespace headroom::family::proofs
