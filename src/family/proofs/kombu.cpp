#include "base/value_text.h"
#include "family/proof/ledger.h"

namespace headroom::family::proofs {
namespace {

// kombu/transport/redis.py and pidbox.py (5.2.4 run, read up to 5.6). An exchange's queues are the members of
// `_kombu.binding.<exchange>`: routing key, pattern and queue with the bytes 06 16 between them. Behind
// global_keyprefix everything looks the same.
//
// A worker that answers reads the bindings first and pushes to the queues it finds, and a client that ends
// takes its binding away before its list: a reply list that is bound to nothing is never written again, and
// its client is gone. Of a list that is bound, one snapshot cannot tell whether its client waits or was
// killed.
constexpr Marks reply_list = 1, reply_bound = 2, event_list = 4, event_bound = 8, rpc_list = 16;
constexpr Marks message = 1, indexed = 2;       // of a delivery tag
constexpr Marks broker = 1, own_separator = 2,  // of an owner: it has bindings; they cannot be read;
    has_unacked = 4;                            // `unacked` is there, under its usual name
constexpr std::uint8_t tags = 1;

enum : std::size_t { past_visibility };
constexpr Verdict verdicts[] = {
    {.kind = "unacked-past-visibility",
     .stranded = true,
     .certainty = Certainty::suspected,
     .why = "fetched more than two hours ago and neither acknowledged nor given back: the default "
            "visibility_timeout is one hour, so no worker is there to give them back, or theirs is longer"},
    {.kind = "unacked-without-index",
     .counted = message,
     .none = indexed,
     .space = tags,
     .members = true,
     .stranded = true,
     .why = "messages in a worker's hands that unacked_index does not list: when their worker dies nobody "
            "gives them back. Put them back into their queues"},
    {.kind = "index-without-message",
     .counted = indexed,
     .none = message,
     .owner_all = broker | has_unacked,
     .space = tags,
     .members = true,
     .why = "unacked_index lists messages that are not in unacked; the next worker to look drops them"},
    {.kind = "index-without-message",
     .counted = indexed,
     .none = message,
     .owner_all = broker,
     .owner_none = has_unacked,
     .space = tags,
     .members = true,
     .certainty = Certainty::suspected,
     .why = "unacked_index lists messages but there is no unacked: they are gone, or the transport option "
            "unacked_key keeps them under another name"},
    {.kind = "unbound-reply-list",
     .counted = reply_list,
     .none = reply_bound,
     .owner_none = own_separator,
     .why = "answers of workers to a client that has taken its binding away: it is gone, and no other reads "
            "its list"},
    {.kind = "leaked-reply-list",
     .counted = reply_list,
     .all = reply_bound,
     .certainty = Certainty::suspected,
     .why = "answers that their client has not read; it does so within seconds unless it was killed. Certain "
            "when the list is there in two snapshots 10 minutes apart"},
    {.kind = "stale-binding",
     .counted = reply_bound,
     .members = true,
     .certainty = Certainty::suspected,
     .why = "clients that wait for answers of workers at this moment, or were killed while they did. Certain "
            "when a member is there in two snapshots 10 minutes apart"},
    {.kind = "unbound-celeryev-list",
     .counted = event_list,
     .none = event_bound,
     .owner_none = own_separator,
     .why =
         "events for a listener that has taken its binding away: nobody writes or reads the list any more"},
    {.kind = "celeryev-list",
     .counted = event_list,
     .all = event_bound,
     .certainty = Certainty::suspected,
     .why = "workers and monitors of Celery read events from channels and never from lists, so this one only "
            "grows, until its binding is removed; only a listener that takes celeryev for a topic would read "
            "it"},
    {.kind = "unread-rpc-list",
     .counted = rpc_list,
     .owner_all = broker,
     .certainty = Certainty::suspected,
     .why = "results that an rpc:// client has not read; result_expires does not apply to them. Nothing in "
            "a snapshot says whether the client still lives"},
};

constexpr std::string_view binding_of = "_kombu.binding.", separator = "\x06\x16";
constexpr std::string_view pidbox = ".pidbox", reply = ".reply.", unacked = "unacked",
                           unacked_index = "unacked_index";
constexpr std::size_t uuid_length = 36;
constexpr std::chrono::hours overdue{2};

constexpr Sign name_signs[] = {{.types = KeyType::list, .longer_than = uuid_length - 1},
                               {.types = KeyType::set, .text = binding_of},
                               {.types = KeyType::hash, .text = unacked, .where = Sign::Where::at_end},
                               {.types = KeyType::zset, .text = unacked_index, .where = Sign::Where::at_end}};

class Kombu : public Ledger {
 public:
  explicit Kombu(const ProofLimits& limits) : Ledger("kombu", verdicts, limits) {}

  Types types() const override { return Types(KeyType::list) | KeyType::set | KeyType::hash | KeyType::zset; }

  std::span<const Sign> signs() const override { return name_signs; }

  Reading wants(const StoredKey& key) override {
    switch (key.type) {
      case KeyType::list:
        return wants_list(key);
      case KeyType::set:
        return wants_binding(key);
      case KeyType::hash:
        return wants_unacked(key, unacked, What::messages);
      case KeyType::zset:
        return wants_unacked(key, unacked_index, What::index);
      default:
        return Reading::nothing;
    }
  }

  bool element(const Element& element) override {
    if (what_ == What::rpc) {
      is_message_ = element.name.substr(0, 9) == R"({"body": )";
      return false;
    }
    if (what_ == What::bindings) {
      const std::size_t at = element.name.rfind(separator);
      if (at == std::string_view::npos) {
        // The transport option `sep`.
        const bool names_list =
            element.name.ends_with(pidbox) || element.name.find("celeryev.") != element.name.npos;
        if (names_list) mark_owner(root_, own_separator);
      } else {
        mark(root_, element.name.substr(at + separator.size()), mark_, name_);
      }
      return true;
    }
    if (!is_uuid(element.name)) return true;
    mark(tags_, element.name, what_ == What::index ? indexed : message, name_);
    const auto fetched = std::chrono::duration<double>(element.score);
    if (what_ == What::index && element.score > 0 && now() - fetched > overdue)
      tally(root_, past_visibility, 1, {}, name_);
    return true;
  }

  void ends(const StoredKey& key, const ValueSize&, Bytes bytes) override {
    if (what_ == What::list || (what_ == What::rpc && is_message_))
      mark_key(root_, name_.substr(prefix_), mark_, bytes, key.key);
  }

 private:
  enum class What { list, rpc, bindings, messages, index };

  Reading read(const StoredKey& key, What what, std::size_t prefix, Marks marks) {
    name_ = keep(key.key);
    what_ = what;
    mark_ = marks;
    prefix_ = prefix;
    is_message_ = false;
    root_ = owner(key.db, name_.substr(0, prefix));
    return what == What::list ? Reading::size : Reading::elements;
  }

  Reading wants_list(const StoredKey& key) {
    const std::string_view name = key.key;
    if (key.expires || name.size() < uuid_length) return Reading::nothing;
    if (name.ends_with(pidbox)) {
      const std::size_t at = name.find(reply);
      if (at == std::string_view::npos) return Reading::nothing;
      const auto before = before_uuid(name.substr(0, at));
      return before ? read(key, What::list, before->size(), reply_list) : Reading::nothing;
    }
    const auto before = before_uuid(name);
    if (!before) return Reading::nothing;
    if (before->ends_with("celeryev.")) return read(key, What::list, before->size() - 9, event_list);
    // Only oid_from() of kombu makes names that are a UUID of version 3.
    return name[before->size() + 14] == '3' ? read(key, What::rpc, before->size(), rpc_list)
                                            : Reading::nothing;
  }

  Reading wants_binding(const StoredKey& key) {
    const std::size_t at = key.key.find(binding_of);
    if (at == std::string_view::npos) return Reading::nothing;
    const Owner root = owner(key.db, key.key.substr(0, at));
    mark_owner(root, broker);
    mark_owner(owner(key.db, key.key.substr(0, at), tags), broker);
    const std::string_view exchange = key.key.substr(at + binding_of.size());
    // Of any exchange: its name is a setting (event_exchange).
    if (!exchange.ends_with(pidbox)) return read(key, What::bindings, at, event_bound);
    if (exchange.starts_with("reply.")) return read(key, What::bindings, at, reply_bound);
    doubt(root,
          "which members of the bindings of workers (celery.pidbox, celeryev) are of dead workers: a "
          "snapshot shows the names only, so ask the workers (`celery inspect ping`)");
    return Reading::nothing;
  }

  Reading wants_unacked(const StoredKey& key, std::string_view end, What what) {
    if (!key.key.ends_with(end)) return Reading::nothing;
    const std::size_t prefix = key.key.size() - end.size();
    tags_ = owner(key.db, key.key.substr(0, prefix), tags);
    if (what == What::messages) mark_owner(tags_, has_unacked);
    const Reading reading = read(key, what, prefix, 0);
    return what == What::messages ? Reading::names : reading;
  }

  // Of the key at hand.
  What what_ = What::list;
  std::string_view name_{};
  std::size_t prefix_ = 0;
  Marks mark_ = 0;
  Owner root_ = nobody, tags_ = nobody;
  bool is_message_ = false;
};

}  // namespace

ProofGroup kombu() {
  return {.name = "kombu",
          .settles = {{"kombu", "leaked-reply-list"},
                      {"kombu", "stale-binding"},
                      {"kombu", "celeryev-list"},
                      {"kombu", "unread-rpc-list"}},
          .make = [](const ProofLimits& limits) { return std::unique_ptr<Proof>(new Kombu(limits)); }};
}

}  // namespace headroom::family::proofs
