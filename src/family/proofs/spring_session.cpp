#include <algorithm>
#include <charconv>

#include "base/value_text.h"
#include "family/proof/ledger.h"

namespace headroom::family::proofs {
namespace {

// RedisIndexedSessionRepository, RedisSessionExpirationPolicy. A session's hash is written before it enters
// the index of its user and outlives its end by five minutes, in which it is taken out again. The set of a
// minute is read in the minute after it and never again. Members are written by the application's serializer:
// plain, as JSON text, or as a Java object (STREAM_MAGIC 0xACED, version 5, TC_STRING, two bytes of length).
// Names have no hash tag: in a cluster a session lies in another slot than the index that names it.
constexpr Marks session = 1, indexed = 2;
constexpr Marks has_sessions = 1;  // of an owner

enum : std::size_t { past_minute, minute_without_sessions };
constexpr Verdict verdicts[] = {
    {.kind = "past-expirations",
     .owner_all = has_sessions,
     .why = "sessions that were to end in a minute that is past: the application reads each such set in the "
            "minute after it and never again, and the first write of a set gives it no TTL "
            "(spring-session#3477)"},
    {.kind = "past-expirations",
     .owner_none = has_sessions,
     .certainty = Certainty::suspected,
     .why = "it looks like sessions that were to end in a minute that is past, but no session lies under the "
            "same name to show that Spring Session is at work there"},
    {.kind = "index-entry-without-session",
     .counted = indexed,
     .none = session,
     .members = true,
     .certainty = Certainty::suspected,
     .why = "sessions in the index of a user that are gone; the index has no TTL (spring-session#2230); "
            "certain unless this is one shard of a cluster"},
};

constexpr std::string_view sessions = ":sessions:", expirations = ":expirations:",
                           index =
                               ":index:org.springframework.session.FindByIndexNameSessionRepository."
                               "PRINCIPAL_NAME_INDEX_NAME:",
                           reactive_index = ":sessions:index:PRINCIPAL_NAME_INDEX_NAME:";
constexpr std::chrono::minutes patience{10};

std::string_view plain(std::string_view member) {
  constexpr std::string_view java("\xac\xed\x00\x05t", 5);
  if (member.starts_with(java) && member.size() > java.size() + 2) return member.substr(java.size() + 2);
  if (member.size() > 2 && member.starts_with('"') && member.ends_with('"'))
    return member.substr(1, member.size() - 2);
  return member;
}

/// What another serializer wrote holds bytes or quotes that no id has.
bool is_plain_id(std::string_view id) {
  return std::all_of(id.begin(), id.end(), [](char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '-' && byte <= ':') ||
           byte == '_' || byte == '+' || byte == '=';
  });
}

constexpr Sign name_signs[] = {{.types = KeyType::hash, .text = sessions},
                               {.types = KeyType::set, .text = expirations},
                               {.types = KeyType::set, .text = index},
                               {.types = KeyType::set, .text = reactive_index}};

class SpringSession : public Ledger {
 public:
  explicit SpringSession(const ProofLimits& limits) : Ledger("spring_session", verdicts, limits) {}

  Types types() const override { return Types(KeyType::hash) | KeyType::set; }

  std::span<const Sign> signs() const override { return name_signs; }

  Reading wants(const StoredKey& key) override {
    if (key.type == KeyType::hash) {
      const std::size_t at = key.key.rfind(sessions);  // the namespace may hold the word too
      if (at == std::string_view::npos) return Reading::nothing;
      const Owner root = owner(key.db, key.key.substr(0, at));
      mark_owner(root, has_sessions);
      mark(root, key.key.substr(at + sessions.size()), session, {});
      return Reading::nothing;
    }
    for (const std::string_view kind : {index, reactive_index}) {
      const std::size_t at = find_word(key.key, kind, kind.find('x'));
      if (at != std::string_view::npos) return read(key, at, true);
    }
    const std::size_t at = find_word(key.key, expirations, 2);
    return at != std::string_view::npos && is_past(key.key.substr(at + expirations.size()))
               ? read(key, at, false)
               : Reading::nothing;
  }

  bool element(const Element& element) override {
    const std::string_view member = plain(element.name);
    if (is_index_ && is_plain_id(member)) return mark(owner_, member, indexed, name_), true;
    if (is_index_)
      return doubt(owner_, "members of an index that are no plain ids: the application's own serializer"),
             true;
    is_minute_ = member.starts_with("expires:");
    return false;
  }

  void ends(const StoredKey&, const ValueSize&, Bytes bytes) override {
    if (is_index_ || !is_minute_) return;
    for (const std::size_t either : {past_minute, minute_without_sessions})
      tally(owner_, either, 1, bytes, name_);
  }

 private:
  Reading read(const StoredKey& key, std::size_t root, bool is_index) {
    name_ = keep(key.key);
    is_index_ = is_index;
    is_minute_ = false;
    owner_ = owner(key.db, name_.substr(0, root));
    return key.expires ? Reading::nothing : Reading::elements;
  }

  /// The name is a time in milliseconds.
  bool is_past(std::string_view digits) const {
    std::int64_t minute = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), minute);
    return error == std::errc() && end == digits.data() + digits.size() && minute > 0 &&
           std::chrono::milliseconds(minute) < now() - patience;
  }

  // Of the key at hand.
  std::string_view name_{};
  Owner owner_ = nobody;
  bool is_index_ = false, is_minute_ = false;
};

}  // namespace

ProofGroup spring_session() {
  return {
      .name = "spring_session",
      .settles = {{"spring_session", "past-expirations"}, {"spring_session", "stale-index"}},
      .make = [](const ProofLimits& limits) { return std::unique_ptr<Proof>(new SpringSession(limits)); }};
}

}  // namespace headroom::family::proofs
