#include <algorithm>
#include <charconv>

#include "base/value_text.h"
#include "family/proof/ledger.h"

namespace headroom::family::proofs {
namespace {

// Celery's Redis result backend, celery/backends/redis.py on_chord_part_return (5.2.6 run, read up to 5.6):
// each part of a chord adds itself to .j and compares the number there with .s plus .t. When they are equal
// it launches the body and deletes all three, unless one of the parts failed: then it returns with a
// ChordError and leaves them. The numbers can never be equal again with less than what is there, and a part
// that is delivered a second time meets the same failure, so a full .j with a failure in it is of no use to
// anybody.
constexpr Marks returned = 1, size = 2, more = 4, failure = 8;

enum : std::size_t { group_result };
constexpr Verdict verdicts[] = {
    {.kind = "group-without-ttl",
     .certainty = Certainty::suspected,
     .why = "a saved group of results without a TTL: nothing in Celery will ever remove it; nothing in it "
            "says how old it is"},
    {.kind = "chord-in-error",
     .counted = returned | size | more,
     .all = returned | size | failure,
     .balanced = true,
     .why = "every part of the chord has returned and one failed, so its body can never run; Celery leaves "
            "the parts and their number behind"},
    {.kind = "chord-not-started",
     .counted = returned | size | more,
     .all = returned | size,
     .none = failure,
     .balanced = true,
     .stranded = true,
     .certainty = Certainty::suspected,
     .why = "every part of the chord has returned well and its body has not started: it does so in a moment, "
            "or the worker that should have started it died"},
};

constexpr std::string_view group_name = "celery-taskset-meta-";

/// A part is `[1, "<task>", "<state>", <result>]`. These states make a chord fail (celery/states.py
/// PROPAGATE_STATES, EXCEPTION_STATES).
bool part_failed(std::string_view part) {
  std::size_t at = 0;
  for (int quotes = 0; quotes < 3; ++quotes) {
    at = part.find('"', at);
    if (at == std::string_view::npos) return false;
    ++at;
  }
  const std::string_view state = part.substr(at, part.find('"', at) - at);
  return part.substr(0, 1) == "[" && (state == "FAILURE" || state == "REVOKED" || state == "RETRY");
}

constexpr Sign name_signs[] = {
    {.types = Types(KeyType::string) | KeyType::zset | KeyType::list, .text = "taskset-meta-"}};

/// Results of groups and chords; those of tasks: celery_results.cpp.
class CeleryGroups : public Ledger {
 public:
  explicit CeleryGroups(const ProofLimits& limits) : Ledger("celery", verdicts, limits) {}

  Types types() const override { return Types(KeyType::string) | KeyType::zset | KeyType::list; }

  std::span<const Sign> signs() const override { return name_signs; }

  Reading wants(const StoredKey& key) override {
    const std::size_t at = find_word(key.key, "celery-task", 5);
    if (at == std::string_view::npos) return Reading::nothing;
    if (key.key.size() <= at + group_name.size() || !key.key.substr(at).starts_with(group_name))
      return Reading::nothing;
    const std::string_view name = keep(key.key);
    prefix_ = name.substr(0, at);
    return wants_group(key, name.substr(at + group_name.size()));
  }

  bool element(const Element& element) override {
    switch (what_) {
      case What::number:
        number_ = number_in(element.name);
        return false;
      case What::parts:
        failed_ = part_failed(element.name);
        return !failed_;
      case What::group:
        break;
    }
    return false;
  }

  void ends(const StoredKey& key, const ValueSize& value, Bytes bytes) override {
    const Owner root = owner(key.db, prefix_);
    switch (what_) {
      case What::group:
        return tally(root, group_result, 1, bytes, key.key);
      case What::parts:
        mark_key(root, group_, static_cast<Marks>(returned | (failed_ ? failure : 0)), bytes, key.key);
        return count(root, group_, Side::there, value.elements);
      case What::number:
        if (value.number) number_ = *value.number;
        mark_key(root, group_, number_mark_, bytes, key.key);
        return count(root, group_, Side::expected,
                     static_cast<std::uint64_t>(std::max<std::int64_t>(number_, 0)));
    }
  }

 private:
  enum class What { group, parts, number };

  Reading read(What what) {
    what_ = what;
    failed_ = false;
    number_ = 0;
    return what == What::group ? Reading::size : Reading::elements;
  }

  Reading wants_group(const StoredKey& key, std::string_view id) {
    const std::string_view end = id.size() > 2 ? id.substr(id.size() - 2) : "";
    group_ = id.substr(0, id.size() - end.size());
    if (key.type != KeyType::string) return end == ".j" ? read(What::parts) : Reading::nothing;
    if (end == ".s" || end == ".t") {
      number_mark_ = end == ".s" ? size : more;
      return read(What::number);
    }
    return key.expires ? Reading::nothing : read(What::group);
  }

  static std::int64_t number_in(std::string_view text) {
    std::int64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
  }

  // Of the key at hand.
  What what_ = What::group;
  std::string_view prefix_{}, group_{};
  Marks number_mark_ = 0;
  std::int64_t number_ = 0;
  bool failed_ = false;
};

}  // namespace

ProofGroup celery() {
  return {.name = "celery",
          .settles = {{"celery", "chord-without-ttl"}},
          .make = [](const ProofLimits& limits) { return std::unique_ptr<Proof>(new CeleryGroups(limits)); }};
}

}  // namespace headroom::family::proofs
