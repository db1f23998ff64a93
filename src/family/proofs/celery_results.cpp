#include "base/value_text.h"
#include "family/proof/ledger.h"

namespace headroom::family::proofs {
namespace {

enum : std::size_t { old_result, result_of_no_date };
constexpr std::string_view no_date_why =
    "no TTL, and no date in it: the task never ended (its worker died, or it still runs), or the result is "
    "not JSON";
constexpr Verdict verdicts[] = {
    {.kind = "result-without-ttl",
     .why =
         "the task ended more than a day ago and its result has no TTL: nothing in Celery will ever "
         "remove it (result_expires was None or 0 in the worker, or the key was restored without its TTL)"},
    {.kind = "result-without-date", .certainty = Certainty::suspected, .why = no_date_why},
};

constexpr std::chrono::hours retention{24};
constexpr std::string_view any_result = "celery-task", result_name = "celery-task-meta-";
constexpr std::size_t rare_letter = 5;

/// Only these states have a date. What an application keeps under a name like this has none of them.
bool is_result(std::string_view json) {
  const auto status = json_text(json, "status");
  return status && (*status == "SUCCESS" || *status == "FAILURE" || *status == "REVOKED");
}

constexpr Sign name_signs[] = {{.types = KeyType::string, .text = any_result}};

/// Results of tasks: millions of JSON texts, each looked through for its date. Groups: celery.cpp.
class CeleryResults : public Ledger {
 public:
  explicit CeleryResults(const ProofLimits& limits) : Ledger("celery", verdicts, limits) {}

  Types types() const override { return KeyType::string; }

  std::span<const Sign> signs() const override { return name_signs; }

  bool listens_later() const override { return true; }

  Reading wants(const StoredKey& key) override {
    if (key.expires) return Reading::nothing;
    const std::size_t at = find_word(key.key, any_result, rare_letter);
    if (at == std::string_view::npos) return Reading::nothing;
    const bool wanted =
        key.key.size() > at + result_name.size() && key.key.substr(at).starts_with(result_name);
    return wanted ? Reading::elements : Reading::nothing;
  }

  bool element(const Element& element) override {
    done_.reset();
    if (const auto date = json_text(element.name, "date_done"); date && is_result(element.name))
      done_ = instant_of(*date);
    return false;
  }

  void ends(const StoredKey& key, const ValueSize&, Bytes bytes) override {
    const Owner root = owner(key.db, key.key.substr(0, find_word(key.key, any_result, rare_letter)));
    if (!done_) return tally(root, result_of_no_date, 1, bytes, key.key);
    if (now() - *done_ >= retention) return tally(root, old_result, 1, bytes, key.key);
    doubt(root,
          "results without a TTL whose tasks ended within a day are not counted: somebody may still ask "
          "for them");
  }

 private:
  std::optional<std::chrono::milliseconds> done_{};  ///< of the key at hand
};

}  // namespace

ProofGroup celery_results() {
  return {
      .name = "celery results",
      .settles = {{"celery", "result-without-ttl"}},
      .make = [](const ProofLimits& limits) { return std::unique_ptr<Proof>(new CeleryResults(limits)); }};
}

}  // namespace headroom::family::proofs
