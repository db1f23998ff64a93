#include "family/proof/ledger.h"

namespace headroom::family::proofs {
namespace {

// Queue/LuaScripts.php, Cache/RedisTaggedCache.php (8.83 run), Cache/RedisTagSet.php (10, read). The names of
// tagged entries hold the SHA-1 of their tags: "<prefix><40 hex>:<key>". Behind the connection's prefix,
// which the members of the references do not have:
//   up to 9   <cache prefix><id of the tag>:standard_ref, :forever_ref   members <cache prefix><40 hex>:<key>
//   from 10   <cache prefix>tag:<tag>:entries, by when they expire       members <40 hex>:<key>
// The reference is written just before the entry, in a command of its own.
constexpr Marks entry = 1, referred = 2;

enum : std::size_t { expired_entry, past_reservation };
constexpr Verdict verdicts[] = {
    {.kind = "expired-tag-entry",
     .members = true,
     .why = "entries of tags whose time is over; Laravel drops them when `artisan cache:prune-stale-tags` is "
            "scheduled, and not otherwise"},
    {.kind = "reservation-past-due",
     .members = true,
     .stranded = true,
     .certainty = Certainty::suspected,
     .why =
         "jobs that a worker reserved and neither finished nor released in time: it died, or they take "
         "longer than retry_after. Nobody has asked the queue for a job since, or they would be back in it"},
    {.kind = "dangling-tag-reference",
     .counted = referred,
     .none = entry,
     .members = true,
     .certainty = Certainty::suspected,
     .why =
         "names of tagged cache entries that are gone; they stay until the tag is flushed. An entry that is "
         "being written at this moment looks the same, so certain when it is so in two snapshots"},
};

constexpr std::string_view standard_ref = ":standard_ref", forever_ref = ":forever_ref",
                           tag = "tag:", entries = ":entries", reserved = ":reserved", queues = "queues:";
constexpr std::size_t sha1_length = 40;
constexpr std::chrono::minutes patience{10};

bool hex(char byte) { return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f'); }

/// Where 40 hex digits and a ':' begin, the first that do. Looks at every 40th byte until one may be inside.
std::size_t find_sha1(std::string_view name) {
  // In a name that two would not fit into, each place where it may stand covers this byte.
  if (name.size() > sha1_length && name.size() <= 2 * sha1_length &&
      !hex(name[name.size() - sha1_length - 1]))
    return std::string_view::npos;
  std::size_t at = sha1_length - 1;
  while (at < name.size()) {
    if (!hex(name[at])) {
      at += sha1_length;
      continue;
    }
    std::size_t begin = at, end = at + 1;
    while (begin > 0 && hex(name[begin - 1])) --begin;
    while (end < name.size() && hex(name[end])) ++end;
    if (end - begin >= sha1_length && end < name.size() && name[end] == ':') return end - sha1_length;
    at = end + sha1_length;
  }
  return std::string_view::npos;
}

constexpr Sign name_signs[] = {{.types = KeyType::string, .longer_than = sha1_length},
                               {.types = KeyType::set, .text = standard_ref, .where = Sign::Where::at_end},
                               {.types = KeyType::set, .text = forever_ref, .where = Sign::Where::at_end},
                               {.types = KeyType::zset, .text = entries, .where = Sign::Where::at_end},
                               {.types = KeyType::zset, .text = reserved, .where = Sign::Where::at_end}};

class Laravel : public Ledger {
 public:
  explicit Laravel(const ProofLimits& limits) : Ledger("laravel", verdicts, limits) {}

  Types types() const override { return Types(KeyType::string) | KeyType::set | KeyType::zset; }

  std::span<const Sign> signs() const override { return name_signs; }

  Reading wants(const StoredKey& key) override {
    const std::string_view name = key.key;
    if (key.type == KeyType::string) {
      if (name.size() <= sha1_length || find_sha1(name) == std::string_view::npos) return Reading::nothing;
      mark(owner(key.db, {}), name, entry, {});
      return Reading::nothing;
    }
    if (key.type == KeyType::set) return wants_references(key);
    if (name.ends_with(entries)) {
      const std::size_t at = name.find(tag);
      return at == std::string_view::npos ? Reading::nothing : read(key, What::tagged, at);
    }
    const std::size_t at = name.ends_with(reserved) ? name.find(queues) : std::string_view::npos;
    return at == std::string_view::npos ? Reading::nothing : read(key, What::reservations, at);
  }

  bool element(const Element& element) override {
    switch (what_) {
      case What::references:
        refer(element.name);
        return true;
      case What::tagged:
        look_at_entry(element);
        return true;
      case What::reservations:
        break;
    }
    if (element.name.starts_with('{') && over(element.score)) tally(root_, past_reservation, 1, {}, name_);
    return true;
  }
  void ends(const StoredKey&, const ValueSize&, Bytes) override {}

 private:
  enum class What { references, tagged, reservations };

  Reading read(const StoredKey& key, What what, std::size_t prefix) {
    name_ = keep(key.key);
    what_ = what;
    prefix_ = prefix;
    all_ = owner(key.db, {});
    root_ = owner(key.db, name_.substr(0, prefix));
    return Reading::elements;
  }

  Reading wants_references(const StoredKey& key) {
    for (const std::string_view end : {standard_ref, forever_ref}) {
      if (!key.key.ends_with(end)) continue;
      const std::string_view before = key.key.substr(0, key.key.size() - end.size());
      const std::size_t colon = before.rfind(':');
      return read(key, What::references, colon == std::string_view::npos ? 0 : colon + 1);
    }
    return Reading::nothing;
  }

  bool over(double score) const {
    return score > 0 && now() - std::chrono::duration<double>(score) > patience;
  }

  /// A member that names the cache's prefix again, behind what the connection adds.
  void refer(std::string_view member) {
    const std::size_t sha1 = find_sha1(member);
    const std::string_view prefix = name_.substr(0, prefix_);
    if (sha1 == std::string_view::npos || !prefix.ends_with(member.substr(0, sha1))) return;
    full_.assign(prefix.substr(0, prefix.size() - sha1));
    full_ += member;
    mark(all_, full_, referred, name_);
  }

  void look_at_entry(const Element& member) {
    if (find_sha1(member.name) != 0) return;
    if (over(member.score)) return tally(root_, expired_entry, 1, {}, name_);
    if (member.score >= 0)
      return;  // it has not expired; one that is missing was evicted, and its time will come
    full_.assign(name_.substr(0, prefix_));
    full_ += member.name;
    mark(all_, full_, referred, name_);
  }

  // Of the key at hand.
  What what_ = What::references;
  std::string_view name_{};
  std::size_t prefix_ = 0;
  Owner all_ = nobody, root_ = nobody;
  std::string full_{};
};

}  // namespace

ProofGroup laravel() {
  return {.name = "laravel", .settles = {}, .make = [](const ProofLimits& limits) {
            return std::unique_ptr<Proof>(new Laravel(limits));
          }};
}

}  // namespace headroom::family::proofs
