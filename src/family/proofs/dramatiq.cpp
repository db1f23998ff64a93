#include "family/proof/ledger.h"

namespace headroom::family::proofs {
namespace {

// brokers/redis/dispatch.lua: every step is one script, so at any moment each message of `<queue>.msgs` has
// its id in the list `<queue>`, in the hands of a worker (`__acks__.<worker>.<queue>`, before 1.5
// `<queue>.acks`), or nowhere. Workers with no heartbeat for a minute are dead to the others. Only the
// default namespace is known here, and those that begin with it ("dramatiq:app1").
constexpr Marks message = 1, listed = 2, held = 4, dead_letter = 8, dead_listed = 16;
constexpr Marks silent = 1, holding = 2;
constexpr std::uint8_t of_messages = 0, of_workers = 1;

constexpr Verdict verdicts[] = {
    {.kind = "message-in-no-queue",
     .counted = message,
     .none = listed | held,
     .members = true,
     .stranded = true,
     .why = "messages whose id is in no queue and in no worker's hands: no worker can find them"},
    {.kind = "dead-letter-in-no-list",
     .counted = dead_letter,
     .none = dead_listed,
     .members = true,
     .why =
         "dead letters whose id the list of dead letters does not have: the workers that drop dead letters "
         "after a week go by that list"},
    {.kind = "dangling-queue-id",
     .counted = listed,
     .none = message,
     .members = true,
     .why = "ids in queues whose message is gone; a worker that takes one drops it"},
    {.kind = "messages-of-silent-worker",
     .counted = holding,
     .all = silent,
     .space = of_workers,
     .stranded = true,
     .certainty = Certainty::suspected,
     .why = "messages in the hands of workers whose last heartbeat is more than an hour old: others queue "
            "them again, but only once they work on the same queue"},
};

constexpr std::string_view root = "dramatiq:", acks = "__acks__.", heartbeats = "__heartbeats__";
constexpr std::chrono::hours silence{1};

constexpr Sign name_signs[] = {{.types = Types(KeyType::hash) | KeyType::list | KeyType::set | KeyType::zset,
                                .text = root,
                                .where = Sign::Where::at_begin}};

class Dramatiq : public Ledger {
 public:
  explicit Dramatiq(const ProofLimits& limits) : Ledger("dramatiq", verdicts, limits) {}

  Types types() const override { return Types(KeyType::hash) | KeyType::list | KeyType::set | KeyType::zset; }

  std::span<const Sign> signs() const override { return name_signs; }

  Reading wants(const StoredKey& key) override {
    if (!key.key.starts_with(root)) return Reading::nothing;
    const std::string_view rest = key.key.substr(root.size());
    switch (key.type) {
      case KeyType::list:
        return read(key, What::ids, listed);
      case KeyType::hash:
        if (rest.ends_with(".XQ.msgs")) return read(key, What::ids, dead_letter);
        return rest.ends_with(".msgs") ? read(key, What::ids, message) : Reading::nothing;
      case KeyType::zset:
        if (rest == heartbeats) return read(key, What::beats, silent);
        if (rest.ends_with(".XQ")) return read(key, What::ids, dead_listed);
        return rest.ends_with(".acks") ? read(key, What::ids, held) : Reading::nothing;
      default:
        return rest.find(acks) != std::string_view::npos ? read(key, What::in_hands, held) : Reading::nothing;
    }
  }

  bool element(const Element& element) override {
    if (what_ != What::beats) {
      mark(messages_, element.name, mark_, name_);
    } else if (now() - std::chrono::duration<double, std::milli>(element.score) > silence) {
      mark(workers_, element.name, silent, {});
    }
    return true;
  }

  void ends(const StoredKey&, const ValueSize&, Bytes bytes) override {
    if (what_ == What::in_hands) mark_key(workers_, worker_of(name_), holding, bytes, name_);
  }

 private:
  enum class What { ids, in_hands, beats };

  Reading read(const StoredKey& key, What what, Marks marks) {
    name_ = keep(key.key);
    what_ = what;
    mark_ = marks;
    messages_ = owner(key.db, {}, of_messages);
    workers_ = owner(key.db, {}, of_workers);
    return key.type == KeyType::hash ? Reading::names : Reading::elements;
  }

  /// "dramatiq:__acks__.<worker>.<queue>"; the queue may end in ".DQ", and no other part of it has a dot.
  static std::string_view worker_of(std::string_view name) {
    name.remove_prefix(name.find(acks) + acks.size());
    if (name.ends_with(".DQ")) name.remove_suffix(3);
    return name.substr(0, name.rfind('.'));
  }

  // Of the key at hand.
  What what_ = What::ids;
  Owner messages_ = nobody, workers_ = nobody;
  Marks mark_ = 0;
  std::string_view name_{};
};

}  // namespace

ProofGroup dramatiq() {
  return {.name = "dramatiq", .settles = {}, .make = [](const ProofLimits& limits) {
            return std::unique_ptr<Proof>(new Dramatiq(limits));
          }};
}

}  // namespace headroom::family::proofs
