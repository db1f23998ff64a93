#include "family/proof/ledger.h"

namespace headroom::family::proofs {
namespace {

// launcher.rb heartbeat() and api.rb cleanup (6.4 run, 7 and 8 read): every ten seconds a process adds its
// name to `processes` and renews its hash for 60 s, in one MULTI. Sidekiq itself takes a name without a hash
// for dead. Jobs are pushed and their queue listed in one go (client.rb). sidekiq-unique-jobs: key.rb,
// lock.lua.
constexpr Marks alive = 1, listed = 2, work = 4;        // of a process, by the name of its hash
constexpr Marks queue = 1, registered = 2;              // of a queue, by the name of its list
constexpr Marks described = 1, ending = 2, locked = 4;  // of a digest
constexpr std::uint8_t of_processes = 0, of_queues = 1, of_digests = 2;

constexpr std::string_view digest_why =
    "sidekiq-unique-jobs lists or describes locks that are not there: a lock that ended leaves this "
    "(sidekiq-unique-jobs#964), but so does a job that is just being locked. Certain when it is so in two "
    "snapshots";

constexpr Verdict verdicts[] = {
    {.kind = "dead-process-name",
     .counted = listed,
     .none = alive,
     .space = of_processes,
     .members = true,
     .why = "names of processes whose heartbeat has expired; they stay until another process cleans up"},
    {.kind = "dead-process",
     .counted = work,
     .none = alive,
     .space = of_processes,
     .why = "jobs in the hands of processes that are dead, without a TTL: no heartbeat of today's versions "
            "wrote it and nothing will remove it"},
    {.kind = "unlisted-queue",
     .counted = queue,
     .none = registered,
     .space = of_queues,
     .stranded = true,
     .why = "queues with jobs that the list of queues does not name: pages and metrics do not show them, and "
            "only a process that was told their name works on them"},
    {.kind = "stale-digest",
     .counted = described,
     .none = locked,
     .space = of_digests,
     .certainty = Certainty::suspected,
     .why = digest_why},
    {.kind = "stale-digest-entry",
     .counted = ending,
     .none = locked,
     .space = of_digests,
     .members = true,
     .certainty = Certainty::suspected,
     .why = digest_why},
};

constexpr std::string_view digest_begin = "uniquejobs:", processes = "processes", queue_list = "queues",
                           queue_begin = "queue:", expiring = "uniquejobs:expiring_digests";
constexpr std::chrono::hours past{1};

bool is_hex(std::string_view text) {
  for (const char byte : text)
    if (!((byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f'))) return false;
  return true;
}

/// "host:pid:nonce", the nonce being 12 hex digits.
bool is_process(std::string_view name) {
  constexpr std::size_t nonce = 12;
  if (name.size() < nonce + 4 || name[name.size() - nonce - 1] != ':' ||
      !is_hex(name.substr(name.size() - nonce)))
    return false;
  const std::string_view before = name.substr(0, name.size() - nonce - 1);
  const std::size_t colon = before.rfind(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == before.size()) return false;
  return before.find_first_not_of("0123456789", colon + 1) == std::string_view::npos;
}

constexpr Sign name_signs[] = {
    {.types = KeyType::hash},
    {.types = KeyType::set, .text = processes, .where = Sign::Where::at_end},
    {.types = KeyType::set, .text = queue_list, .where = Sign::Where::at_end},
    {.types = KeyType::list, .text = queue_begin},
    {.types = Types(KeyType::list) | KeyType::string, .text = digest_begin, .where = Sign::Where::at_begin},
    {.types = KeyType::zset, .text = expiring, .where = Sign::Where::at_end}};

class Sidekiq : public Ledger {
 public:
  explicit Sidekiq(const ProofLimits& limits) : Ledger("sidekiq", verdicts, limits) {}

  Types types() const override {
    return Types(KeyType::hash) | KeyType::set | KeyType::list | KeyType::zset | KeyType::string;
  }

  std::span<const Sign> signs() const override { return name_signs; }

  Reading wants(const StoredKey& key) override {
    const std::string_view name = key.key;
    switch (key.type) {
      case KeyType::hash:
        return wants_hash(key);
      case KeyType::set:
        if (name.ends_with(processes)) return read(key, What::names, name.size() - processes.size());
        return name.ends_with(queue_list) ? read(key, What::queue_names, name.size() - queue_list.size())
                                          : Reading::nothing;
      case KeyType::list:
        return wants_queue(key);
      case KeyType::zset:
        return name.ends_with(expiring) ? read(key, What::ending_locks, 0) : Reading::nothing;
      default:
        return wants_digest(key);
    }
  }

  bool element(const Element& element) override {
    switch (what_) {
      case What::names:
        if (is_process(element.name)) mark(owner_, full(element.name), listed, name_);
        return true;
      case What::queue_names:
        mark(queues_, full("queue:", element.name), registered, name_);
        return true;
      case What::ending_locks:
        if (now() - std::chrono::duration<double>(element.score) > past)
          mark(digests_, element.name, ending, name_);
        return true;
      case What::job_info:
        told_ = element.value.find("\"payload\":") != std::string_view::npos;
        return false;
      case What::jobs:
        told_ = element.name.starts_with('{') && element.name.find("\"jid\":") != std::string_view::npos;
        return false;
      case What::process:
      case What::lock:
        break;
    }
    return false;
  }

  void ends(const StoredKey&, const ValueSize&, Bytes bytes) override {
    switch (what_) {
      case What::process:
        return mark(owner_, name_, alive, {});
      case What::job_info:
        if (told_) mark_key(owner_, name_.substr(0, name_.rfind(':')), work, bytes, name_);
        return;
      case What::jobs:
        if (told_) mark_key(queues_, name_, queue, bytes, name_);
        return;
      case What::lock:
        return end_digest(bytes);
      case What::names:
      case What::queue_names:
      case What::ending_locks:
        break;
    }
  }

 private:
  enum class What { process, names, job_info, jobs, queue_names, lock, ending_locks };

  Reading read(const StoredKey& key, What what, std::size_t prefix) {
    name_ = keep(key.key);
    what_ = what;
    prefix_ = prefix;
    told_ = false;
    owner_ = owner(key.db, {}, of_processes);
    queues_ = owner(key.db, {}, of_queues);
    digests_ = owner(key.db, {}, of_digests);
    return what == What::process || what == What::lock ? Reading::size : Reading::elements;
  }

  std::string_view full(std::string_view a, std::string_view b = {}) {
    full_.assign(name_.substr(0, prefix_));
    full_ += a;
    full_ += b;
    return full_;
  }

  Reading wants_hash(const StoredKey& key) {
    const std::string_view name = key.key;
    if (is_process(name)) return read(key, What::process, 0);
    for (const std::string_view end : {":work", ":workers"})
      if (!key.expires && name.ends_with(end) && is_process(name.substr(0, name.size() - end.size())))
        return read(key, What::job_info, 0);
    return wants_digest(key);
  }

  Reading wants_queue(const StoredKey& key) {
    const std::size_t at = key.key.find(queue_begin);
    if (at == std::string_view::npos) return wants_digest(key);
    // Other libraries' lists hold the word too, but no jobs with a "jid". "queue:sq|" is what one process of
    // Sidekiq Pro has in its hands, and never listed.
    return key.key.substr(at).starts_with("queue:sq|") ? Reading::nothing : read(key, What::jobs, at);
  }

  Reading wants_digest(const StoredKey& key) {
    return key.key.starts_with(digest_begin) ? read(key, What::lock, 0) : Reading::nothing;
  }

  void end_digest(Bytes bytes) {
    constexpr std::string_view info = ":INFO";
    const std::string_view rest = name_.substr(digest_begin.size());
    const std::string_view digest = rest.substr(0, rest.find(':'));
    if (digest.size() < 8 || !is_hex(digest)) return;
    const std::string_view id = name_.substr(0, digest_begin.size() + digest.size());
    if (rest.substr(digest.size()) == info)
      mark_key(digests_, id, described, bytes, name_);
    else
      mark(digests_, id, locked, {});
  }

  // Of the key at hand.
  What what_ = What::process;
  std::string_view name_{};
  std::size_t prefix_ = 0;
  Owner owner_ = nobody, queues_ = nobody, digests_ = nobody;
  bool told_ = false;
  std::string full_{};
};

}  // namespace

ProofGroup sidekiq() {
  return {.name = "sidekiq", .settles = {{"sidekiq", "dead-process"}}, .make = [](const ProofLimits& limits) {
            return std::unique_ptr<Proof>(new Sidekiq(limits));
          }};
}

}  // namespace headroom::family::proofs
