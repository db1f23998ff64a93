#include <atomic>
#include <vector>

#include "app/output_file.h"
#include "app/rdb/action.h"
#include "app/rdb/key_families.h"
#include "app/rdb/reading.h"
#include "report/value_json.h"

namespace headroom::app {
namespace {

using source::rdb::StreamGroup;
using source::rdb::StreamState;

/// Says of every key, in the order of the file, whether it is large enough: a bit each.
class LargeKeys final : public RecordSink {
 public:
  explicit LargeKeys(const KeyFilter& filter) : filter_(filter) {}
  Interest look(std::uint32_t, std::string_view) override { return {Look::details, 0}; }
  void take(const KeyRecord& record) override { large_.push_back(filter_.takes_size(record.bytes)); }
  void restart() override { large_.clear(); }
  bool has(std::size_t number) const { return number < large_.size() && large_[number]; }

 private:
  const KeyFilter& filter_;
  std::vector<bool> large_{};
};

/// Prints the values of the keys that pass the filter.
class ValuePrinter final : public source::rdb::Events {
 public:
  /// `now`: when the snapshot was made, as long as it does not say itself.
  ValuePrinter(const KeyFilter& filter, std::chrono::milliseconds now, const KeyFamilies* families,
               const LargeKeys* large, report::Sink sink)
      : filter_(filter), now_(now), families_(families), large_(large), json_(std::move(sink)) {}

  void aux(std::string_view name, std::string_view value) override {
    source::add_aux(facts_, name, value);
    now_ = facts_.time.value_or(now_);
  }
  Reading key(const StoredKey& key) override {
    wanted_ = wants(key);
    ++keys_;
    if (wanted_) json_.begins(key);
    return wanted_ ? Reading::elements : Reading::nothing;
  }
  bool element(const StoredKey& key, const Element& element) override {
    return json_.element(key, element), true;
  }
  void entry(std::string_view id, std::span<const std::string_view> fields) override {
    json_.entry(id, fields);
  }
  void stream(const StreamState& state) override {
    if (wanted_) json_.last_id(state.last_ms, state.last_seq);
  }
  void group(const StreamGroup& group) override {
    if (wanted_) json_.group(group.name, group.last_ms, group.last_seq);
  }
  void piece(const StreamPiece& piece) override {
    if (wanted_) json_.piece(piece);
  }
  void ends(const StoredKey& key, const ValueSize&) override {
    if (wanted_) json_.ends(key);
  }
  void finish() { json_.finish(); }

 private:
  bool wants(const StoredKey& key) const;

  const KeyFilter& filter_;
  std::chrono::milliseconds now_;
  source::SnapshotFacts facts_{};
  const KeyFamilies* families_;
  const LargeKeys* large_;
  report::ValueJson json_;
  std::size_t keys_ = 0;
  bool wanted_ = false;
};

bool ValuePrinter::wants(const StoredKey& key) const {
  if (!filter_.takes_name(key.db, key.key)) return false;
  if (!filter_.takes(key.type, key.expires ? std::optional(key.expires_at - now_) : std::nullopt))
    return false;
  if (large_ != nullptr && !large_->has(keys_)) return false;
  if (families_ == nullptr) return true;
  const auto* attribution = families_->of(key.db, key.key);
  return attribution != nullptr && attribution->family == filter_.family;
}

/// Which keys are large enough, from a reading of its own; empty when every size will do.
Result<std::optional<LargeKeys>> large_keys(const KeyFilter& filter, const SnapshotTarget& target,
                                            const Options& options) {
  if (!filter.min_size) return std::optional<LargeKeys>();
  if (const auto file = needs_a_file(target, "--min-size"); !file) return fail(file.error());
  std::optional<LargeKeys> large(filter);
  MeasuredReading reading(target, options);
  if (const auto outcome = reading.read(*large, {}); !outcome) return fail(outcome.error());
  return large;
}

Result<bool> check_format(const Options& options) {
  if (options.format.empty() || options.format == "json" || options.format == "ndjson") return true;
  return fail({"rdb json prints JSON, one object per line", "--format", "leave --format out", Exit::usage});
}

}  // namespace

Result<Exit> rdb_json(const Invocation& invocation, const SnapshotTarget& target, const KeyFilter& filter) {
  const auto& options = invocation.options;
  if (const auto format = check_format(options); !format) return fail(format.error());
  const auto large = large_keys(filter, target, options);
  if (!large) return fail(large.error());
  const auto families = families_for(filter, target, options);
  if (!families) return fail(families.error());
  const auto out = OutputFile::open(options.output);
  if (!out) return fail(out.error());
  std::atomic<bool> written = true;  // the reading thread asks it
  ValuePrinter printer(filter, target.written, families->get(), *large ? &**large : nullptr,
                       [&](std::string_view text) { written = (*out)->write(text); });
  const auto decoded = decode_snapshot(target, printer, [&] { return !written; });
  if (!decoded) return fail(decoded.error());
  printer.finish();
  return ending(*decoded, target, **out);
}

}  // namespace headroom::app
