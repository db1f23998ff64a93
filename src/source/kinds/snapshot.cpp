#include "source/snapshot.h"

#include <atomic>
#include <charconv>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include <fmt/format.h>

#include "source/rdb/piece_ring.h"
#include "source/rdb/stoppable_input.h"
#include "source/snapshot/record_batch.h"

namespace headroom::source {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

using Pieces = rdb::PieceRing<RecordBatch>;

std::optional<std::uint64_t> number_of(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

/// Turns what the decoder tells into records, and lets the value readers listen. Aligned: it is written for
/// every key by one thread, and stands on the stack of another.
class alignas(128) Recorder final : public rdb::Events {
 public:
  Recorder(Pieces& pieces, const std::function<ValueReaders(const SnapshotFacts&)>& prepare,
           const SnapshotOptions& options)
      : pieces_(pieces), prepare_(prepare), options_(options) {}

  void begins(unsigned version, bool valkey) override {
    facts.format = version;
    if (valkey) facts.flavour = "valkey";
  }
  void aux(std::string_view name, std::string_view value) override { add_aux(facts, name, value); }
  void announces(std::uint32_t db, std::uint64_t keys, std::uint64_t) override {
    if (!options_.db || *options_.db == db) announced += keys;
  }
  void library(std::string_view code) override { facts.libraries += Bytes{code.size()}; }
  Reading key(const StoredKey& key) override;
  bool element(const StoredKey&, const Element& element) override {
    if (later_) pass_on({kept_.assign(element.name), false, element.name.size(), 0});
    return readers_.listener->element(element);
  }
  void stored(const StoredKey&, const StoredString& string) override { pass_on(string); }
  bool names(const StoredKey&, std::span<const std::string_view> names) override {
    return readers_.listener->names(names);
  }
  void parts(const StoredKey& key, std::span<const Part> parts) override {
    if (measured_) readers_.meter->parts(key, parts);
  }
  void node(const StoredKey& key, std::uint64_t length, bool plain) override {
    if (measured_) readers_.meter->node(key, length, plain);
  }
  void piece(const StreamPiece& piece) override {
    if (measured_) readers_.meter->piece(piece);
  }
  void ends(const StoredKey& key, const ValueSize& size) override;
  void finish();

  ValueListener* const& listener() const { return readers_.listener; }

  SnapshotFacts facts{};
  bool idle_known = false;
  std::atomic<std::uint64_t> announced = 0;

 private:
  KeyRecord record_of(const StoredKey& key, const ValueSize& size, Bytes bytes) const;
  void count(const StoredKey& key);
  void pass_on(const StoredString& string) { value_ = string; }

  Pieces& pieces_;
  const std::function<ValueReaders(const SnapshotFacts&)>& prepare_;
  const SnapshotOptions& options_;
  ValueReaders readers_{};
  Encodings encodings_{};
  bool prepared_ = false, wanted_ = false, measured_ = false;
  Reading reading_ = Reading::nothing;
  bool later_ = false;    ///< the value goes along with the record
  StoredString value_{};  ///< it
  std::string kept_{};    ///< its text, where the listener was told of it
  milliseconds now_{};
  std::map<std::uint32_t, Keyspace> spaces_{};
  Keyspace* space_ = nullptr;
};

Reading Recorder::key(const StoredKey& key) {
  if (!prepared_) {
    readers_ = prepare_(facts);
    now_ = facts.time.value_or(options_.time_if_unknown);
    encodings_ = Encodings(facts.flavour, facts.version);
    prepared_ = true;
  }
  wanted_ = !options_.db || *options_.db == key.db;
  measured_ = wanted_ && readers_.meter != nullptr;
  reading_ = wanted_ && readers_.listener != nullptr ? readers_.listener->wants(key) : Reading::nothing;
  later_ = reading_ != Reading::nothing && key.type == KeyType::string && readers_.listener->wants_later();
  if (!later_) return reading_;
  value_ = {};
  return reading_ == Reading::elements ? reading_ : Reading::stored;
}

void Recorder::count(const StoredKey& key) {
  // Databases take turns in no sound file; in a hostile one they may with every key.
  if (space_ == nullptr || space_->db != key.db)
    space_ = &spaces_.try_emplace(key.db, Keyspace{key.db, 0, 0}).first->second;
  ++space_->keys;
  space_->expires += key.expires ? 1 : 0;
}

void Recorder::ends(const StoredKey& key, const ValueSize& size) {
  if (!wanted_) return;
  const Bytes bytes = measured_ ? readers_.meter->finish(key, size) : Bytes{};
  if (reading_ != Reading::nothing) readers_.listener->ends(key, size, bytes);
  count(key);
  idle_known |= key.idle || key.freq;
  auto& batch = pieces_.load();
  if (!later_)
    batch.add(record_of(key, size, bytes));
  else
    batch.add(record_of(key, size, bytes), value_, pieces_.keeps(value_.bytes));
}

KeyRecord Recorder::record_of(const StoredKey& key, const ValueSize& size, Bytes bytes) const {
  KeyRecord record;
  record.key = key.key, record.db = key.db;
  record.type = key.type, record.encoding = encodings_.of(key, size);
  if (measured_) record.bytes = bytes;
  record.elements = size.elements;
  record.expires = key.expires ? Expires::at : Expires::never;
  if (key.expires) record.ttl = key.expires_at - now_;
  record.idle = key.idle, record.freq = key.freq;
  return record;
}

void Recorder::finish() {
  for (const auto& [db, space] : spaces_) facts.keyspace.push_back(space);
}

/// Tells progress ten times a second at most.
class Teller {
 public:
  explicit Teller(const OnProgress& progress) : progress_(progress), began_(now()), told_(began_) {}
  void tell(std::uint64_t keys, std::uint64_t expected) {
    if (!progress_ || now() - told_ < milliseconds(100)) return;
    told_ = now();
    const auto spent = std::chrono::duration<double>(told_ - began_).count();
    progress_({keys, expected, static_cast<double>(keys) / spent});
  }

 private:
  static std::chrono::steady_clock::time_point now() { return std::chrono::steady_clock::now(); }
  const OnProgress& progress_;
  std::chrono::steady_clock::time_point began_, told_;
};

std::string_view stopped_by(const rdb::Decoded& decoded, const rdb::StoppableInput& input,
                            bool asked_to_stop) {
  if (decoded.complete) return {};
  if (input.left || asked_to_stop) return "stopped before its end";
  if (decoded.input_failed) return "the snapshot could not be read to its end";
  if (decoded.checksum == rdb::Checksum::wrong) return "the checksum of the snapshot is wrong";
  return "the snapshot is damaged, cut off, or of an unknown kind";
}

}  // namespace

void judge_change(rdb::Decoded& decoded, const rdb::Input& input) {
  if (decoded.checksum == rdb::Checksum::right || !input.changed()) return;
  constexpr const char* why = "the file changed while it was read";
  decoded.fault = decoded.fault.empty() ? why : fmt::format("{}: {}", why, decoded.fault);
  decoded.complete = false, decoded.input_failed = true;
}

void add_aux(SnapshotFacts& facts, std::string_view name, std::string_view value) {
  constexpr std::uint64_t latest = std::uint64_t{1} << 40U;  // of seconds that still fit as milliseconds
  const auto number = number_of(value);
  if (name == "redis-ver" && facts.flavour == "redis") facts.version = value;
  if (name == "valkey-ver") facts.version = value, facts.flavour = "valkey";
  if (name == "ctime" && number && *number < latest) facts.time = seconds(*number);
  if (name == "used-mem" && number) facts.used_memory = Bytes{*number};
  if (name == "repl-id") facts.replication_id = value;
  if (name == "repl-offset" && number) facts.replication_offset = *number;
  if ((name == "aof-base" || name == "aof-preamble") && value == "1") facts.append_only_base = true;
}

SnapshotOutcome read_snapshot(rdb::Input& input, RecordSink& sink,
                              const std::function<ValueReaders(const SnapshotFacts&)>& prepare,
                              const SnapshotOptions& options, const OnProgress& progress) {
  SnapshotOutcome outcome;
  rdb::StoppableInput stoppable(input, options.stop);
  Pieces pieces(stoppable);
  Recorder recorder(pieces, prepare, options);
  std::thread decoder([&] {
    outcome.decoded = rdb::decode(pieces, recorder);
    pieces.leave();
    recorder.finish();
  });
  Teller teller(progress);
  LaterValues values(recorder.listener());
  const auto count = [&](RecordBatch& batch) {
    batch.give(sink, outcome.scan, values);
    batch.clear();
    teller.tell(outcome.scan.keys, recorder.announced);
    if (options.stop && options.stop()) stoppable.left = true;
  };
  pieces.read_all(count);
  decoder.join();
  pieces.look_at_rest(count);
  values.judge(outcome.decoded);
  judge_change(outcome.decoded, input);
  outcome.facts = std::move(recorder.facts);
  outcome.idle_known = recorder.idle_known;
  outcome.scan.expected = recorder.announced;
  outcome.scan.complete = outcome.decoded.complete;
  outcome.scan.stopped_by = stopped_by(outcome.decoded, stoppable, options.stop && options.stop());
  return outcome;
}

}  // namespace headroom::source
