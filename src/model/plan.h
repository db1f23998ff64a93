#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

/// What is to be changed, and what must be true at that moment. A plan is a header and any number of steps;
/// steps pass one by one and are never all in memory.
namespace headroom {

/// What must hold for a step at the moment of its change. Every kind is one read command and a comparison, so
/// that a script can do it and a client can do it too.
enum class CheckKind : std::uint8_t {
  absent,         ///< there is no such key
  type_is,        ///< `text`: "string", "hash", ...; a key that is gone is no longer of any type
  no_ttl,         ///< the key is there and has no TTL
  expires_at,     ///< its deadline is exactly `number`, ms since the epoch
  idle_at_least,  ///< OBJECT IDLETIME of `number` seconds or more, and no other key shares the object; looked
                  ///< at before anything touches the key
  value_hash,     ///< a string whose hash_bytes() is `number`; looked at on the value that is journaled
  value_is,       ///< a string that is `text`
  length_at_most,  ///< LLEN, SCARD, ZCARD, HLEN, XLEN by the type in `text` is at most `number`
  score_is,        ///< member `text` of a zset has the score `real`
  member,          ///< `text` is a member of a set or zset, a field of a hash
  no_member,       ///< `text` is not a member of the set, zset or hash; holds when there is no such key
  not_listed,      ///< `text` is no item of a list of at most `number` items; fails when the list is longer
  field_is,        ///< field `member` of a hash is `text`
  field_missing,   ///< a hash has no field `member`; fails when there is no such key
  field_at_most,   ///< field `member` of a hash is a number of at most `number`
  fingerprint,     ///< fields `fingerprint_fields` of a hash, hashed, are `number`; see model/fingerprint.h
};

struct Check {
  CheckKind kind{};
  std::uint16_t key = 0;  ///< which of Step::keys
  std::string member{};
  std::string text{};
  std::int64_t number = 0;
  double real = 0;
};

/// One change. What is needed to take it back is read and journaled before.
enum class ChangeKind : std::uint8_t {
  remove,              ///< UNLINK; the key must be there
  remove_if_there,     ///< UNLINK of a part that may or may not exist; what exists is journaled
  remove_if_value_is,  ///< UNLINK of a string if it is `text`; else it is left and the step goes on
  expire_at,           ///< PEXPIREAT `number`
  persist,             ///< PERSIST
  quarantine,          ///< RENAMENX to the quarantine name of this run (act/quarantine.h)
  zset_remove,         ///< ZREM `member`
  set_remove,          ///< SREM `member`
  hash_remove,         ///< HDEL `member`
  list_remove,         ///< LREM 1 `member`
  list_push,           ///< RPUSH `text` (requeueing)
  stream_trim,         ///< XTRIM until `number` entries are left, at most `limit` entries in one step
};

struct Change {
  ChangeKind kind{};
  std::uint16_t key = 0;
  std::string member{};
  std::string text{};
  std::int64_t number = 0;
  std::int64_t limit = 0;
};

/// The smallest thing that is done or not done: all checks hold and all changes are made, in one atomic turn
/// of the server, or nothing is. In a cluster all keys are of one slot.
struct Step {
  std::uint16_t rule = 0;  ///< index into PlanHeader::rules
  std::uint32_t db = 0;
  std::vector<std::string> keys{};  ///< exact bytes; the first is the one the step is about
  std::vector<Check> checks{};
  std::vector<Change> changes{};
  std::uint64_t bytes = 0;  ///< that it frees, by what the plan knew
};

/// How a rule removes, cheapest way back first.
enum class Removal : std::uint8_t { ttl, quarantine, journal };

/// A rule as it was applied to this server.
struct PlanRule {
  std::string name{};    ///< "bull-completed"
  std::string family{};  ///< "bullmq"; empty: any key
  std::string owner{};   ///< "bull:mail"; empty: of the whole family
  std::string what{};    ///< "completed jobs older than 7 d"
  std::string why{};     ///< the reason, in words for the operator
  Removal removal = Removal::journal;
  std::uint64_t steps = 0;
  std::uint64_t keys = 0;     ///< that go away, get a TTL or lose one
  std::uint64_t members = 0;  ///< of sets, lists and streams, that go away
  Bytes bytes{};
};

/// What a rule met and left alone.
struct LeftAlone {
  std::string rule{};
  std::string owner{};
  std::string why{};
  std::uint64_t keys = 0;
  Bytes bytes{};
  std::vector<std::string> examples{};  ///< exact key bytes, at most three
};

/// The server that a plan was made for; apply refuses any other (PLAN-2).
struct PlanServer {
  std::string address{};  ///< redacted; for people
  std::string run_id{};
  std::string replid{};
  std::string replid2{};  ///< of its history before it was promoted; empty: none. Plans do not keep it
  std::string role{};
  std::string version{};
  std::string maxmemory_policy{};
  std::uint32_t replicas = 0;
  std::uint64_t keys = 0;
  Bytes used_memory{};
  Bytes maxmemory{};
};

/// What an operator should know before saying yes (PLAN-6).
struct PlanFacts {
  Bytes frees{};        ///< of used_memory; RSS falls less, and often not at all (safety.md 2.5)
  Bytes frees_later{};  ///< when TTLs end or the quarantine is swept
  Bytes needs{};        ///< more memory at first: a TTL costs some 43 bytes (safety.md 2.5)
  Bytes journal{};      ///< on the disk of the machine that applies
  Bytes replication{};  ///< bytes for replicas and the AOF
  std::chrono::milliseconds duration{};  ///< at the pace of the plan
  std::vector<std::uint64_t>
      expiries{};  ///< keys that will expire, per bucket of survey TTL edges (model/pattern_group.h)
  std::uint64_t most_expiries_per_second = 0;
  std::vector<std::string> blocking{};  ///< keys whose removal blocks the server for more than a ms, in words
};

struct PlanHeader {
  std::string id{};  ///< 32 hex digits; also names the run
  std::string tool{};
  std::string source{};                 ///< where it was looked: "scan", "snapshot" or "rdb"
  std::chrono::milliseconds made{};     ///< by the server's clock, since the epoch
  std::chrono::milliseconds expires{};  ///< likewise
  PlanServer server{};
  std::string policy{};           ///< the effective policy, as text
  std::uint64_t policy_hash = 0;  ///< of what file and variables said, without what the command line changed
  bool over_limit = false;        ///< larger than the limits allow without the phrase (PLAN-4)
  std::string phrase{};           ///< "delete 123 keys from HOST"; empty: none is asked for
  bool phrase_given = false;      ///< the plan was made with the phrase
  std::vector<PlanRule> rules{};
  std::vector<LeftAlone> left_alone{};
  PlanFacts facts{};
  std::uint64_t steps = 0;
};

}  // namespace headroom
