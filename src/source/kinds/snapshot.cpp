#include "source/snapshot.h"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include <fmt/format.h>

#include "source/rdb/handoff.h"
#include "source/rdb/stoppable_input.h"

namespace headroom::source {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// A key's record on its way from one thread to the other: 40 bytes, because a KeyRecord has more than twice
/// as many and every byte is written by one core and fetched by the other.
struct PackedRecord {
  std::uint64_t bytes = 0, elements = 0;
  std::int64_t ttl = 0;  ///< ms
  std::uint32_t db = 0, name_length = 0, idle = 0;
  KeyType type = KeyType::unknown;
  Encoding encoding = Encoding::unknown;
  std::uint8_t freq = 0;
  bool has_bytes : 1 = false, expires : 1 = false, has_idle : 1 = false, has_freq : 1 = false;

  KeyRecord record(std::string_view key) const {
    KeyRecord record;
    record.key = key, record.db = db, record.type = type, record.encoding = encoding;
    if (has_bytes) record.bytes = Bytes{bytes};
    record.elements = elements;
    record.expires = expires ? Expires::at : Expires::never;
    record.ttl = milliseconds(ttl);
    if (has_idle) record.idle = seconds(idle);
    if (has_freq) record.freq = freq;
    return record;
  }
};

/// Some keys on their way from the decoder to the sink.
class Batch {
 public:
  bool full() const { return records_.size() >= most_keys || names_.size() >= most_bytes; }
  bool empty() const { return records_.empty(); }
  void clear() { names_.clear(), records_.clear(); }
  /// The record of one more key, to be filled in place.
  PackedRecord& add(std::string_view key) {
    names_.append(key);
    return records_.emplace_back();
  }
  void give(RecordSink& sink, ScanOutcome& scan) const {
    std::string_view rest = names_;
    for (const auto& packed : records_) {
      const auto key = rest.substr(0, packed.name_length);
      rest.remove_prefix(packed.name_length);
      const auto interest = sink.look(packed.db, key);
      if (interest.look == Look::name) continue;
      auto record = packed.record(key);
      record.ticket = interest.ticket;
      sink.take(record);
      ++scan.asked;
    }
    scan.keys += records_.size();
  }

 private:
  static constexpr std::size_t most_keys = 4096, most_bytes = 256 * 1024;
  std::string names_{};
  std::vector<PackedRecord> records_{};
};

using Batches = rdb::Handoff<Batch, 4>;

std::optional<std::uint64_t> number_of(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

/// Turns what the decoder tells into records, and lets the value readers listen.
class Recorder final : public rdb::Events {
 public:
  Recorder(Batches& batches, const std::function<ValueReaders(const SnapshotFacts&)>& prepare,
           const SnapshotOptions& options)
      : batches_(batches), prepare_(prepare), options_(options), batch_(batches.room()) {
    if (batch_ != nullptr) batch_->clear();
  }

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
    return readers_.listener->element(element);
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

  SnapshotFacts facts{};
  bool idle_known = false;
  std::atomic<std::uint64_t> announced = 0;

 private:
  void fill(PackedRecord& record, const StoredKey& key, const ValueSize& size) const;
  void count(const StoredKey& key);

  Batches& batches_;
  const std::function<ValueReaders(const SnapshotFacts&)>& prepare_;
  const SnapshotOptions& options_;
  Batch* batch_;  ///< null when the consumer has left
  ValueReaders readers_{};
  bool prepared_ = false, wanted_ = false, measured_ = false;
  Reading reading_ = Reading::nothing;
  milliseconds now_{};
  std::map<std::uint32_t, Keyspace> spaces_{};
  Keyspace* space_ = nullptr;
};

Reading Recorder::key(const StoredKey& key) {
  if (!prepared_) {
    readers_ = prepare_(facts);
    now_ = facts.time.value_or(options_.time_if_unknown);
    prepared_ = true;
  }
  wanted_ = !options_.db || *options_.db == key.db;
  measured_ = wanted_ && readers_.meter != nullptr;
  reading_ = wanted_ && readers_.listener != nullptr ? readers_.listener->wants(key) : Reading::nothing;
  return reading_;
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
  if (batch_ == nullptr) return;
  idle_known |= key.idle || key.freq;
  auto& record = batch_->add(key.key);
  record.bytes = bytes.count;
  fill(record, key, size);
  if (!batch_->full()) return;
  batches_.publish();
  batch_ = batches_.room();
  if (batch_ != nullptr) batch_->clear();
}

void Recorder::fill(PackedRecord& record, const StoredKey& key, const ValueSize& size) const {
  record.db = key.db, record.name_length = static_cast<std::uint32_t>(key.key.size());
  record.type = key.type, record.encoding = encoding_of(key, size);
  record.has_bytes = measured_;
  record.elements = size.elements;
  record.expires = key.expires;
  if (key.expires) record.ttl = (key.expires_at - now_).count();
  constexpr seconds longest{std::numeric_limits<std::uint32_t>::max()};
  if (key.idle) {
    record.has_idle = true;
    record.idle = static_cast<std::uint32_t>(std::clamp(*key.idle, seconds(0), longest).count());
  }
  if (key.freq) record.has_freq = true, record.freq = *key.freq;
}

void Recorder::finish() {
  if (batch_ != nullptr && !batch_->empty()) batches_.publish();
  batches_.close();
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
  if ((name == "aof-base" || name == "aof-preamble") && value == "1") facts.append_only_base = true;
}

Encoding encoding_of(const StoredKey& key, const ValueSize& size) {
  constexpr std::uint64_t longest_embedded = 44;
  switch (key.layout) {
    case Layout::integer:
      return Encoding::integer;
    case Layout::text:
      return size.length <= longest_embedded ? Encoding::embstr : Encoding::raw;
    case Layout::listpack:
      return Encoding::listpack;
    case Layout::ziplist:
      return Encoding::ziplist;
    case Layout::intset:
      return Encoding::intset;
    case Layout::linked_list:
    case Layout::quicklist:
      return Encoding::quicklist;
    case Layout::table:
      return Encoding::hashtable;
    case Layout::skiplist:
      return Encoding::skiplist;
    case Layout::stream:
      return Encoding::stream;
    default:
      return Encoding::other;
  }
}

SnapshotOutcome read_snapshot(rdb::Input& input, RecordSink& sink,
                              const std::function<ValueReaders(const SnapshotFacts&)>& prepare,
                              const SnapshotOptions& options, const OnProgress& progress) {
  SnapshotOutcome outcome;
  Batches batches;
  Recorder recorder(batches, prepare, options);
  rdb::StoppableInput stoppable(input, options.stop);
  std::thread decoder([&] {
    outcome.decoded = rdb::decode(*rdb::read_ahead(stoppable), recorder);
    recorder.finish();
  });
  Teller teller(progress);
  while (Batch* batch = batches.take()) {
    batch->give(sink, outcome.scan);
    teller.tell(outcome.scan.keys, recorder.announced);
    if (options.stop && options.stop()) stoppable.left = true;
  }
  decoder.join();
  judge_change(outcome.decoded, input);
  outcome.facts = std::move(recorder.facts);
  outcome.idle_known = recorder.idle_known;
  outcome.scan.expected = recorder.announced;
  outcome.scan.complete = outcome.decoded.complete;
  outcome.scan.stopped_by = stopped_by(outcome.decoded, stoppable, options.stop && options.stop());
  return outcome;
}

}  // namespace headroom::source
