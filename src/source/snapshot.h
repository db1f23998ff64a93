#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "model/key_record.h"
#include "model/server_facts.h"
#include "model/stored_value.h"
#include "source/live_scan.h"
#include "source/rdb/decoder.h"
#include "source/rdb/input.h"
#include "source/snapshot/encodings.h"

/// All keys of one moment, from an RDB file or a replication stream.
namespace headroom::source {

/// What a snapshot says of the server that wrote it. Known before the first key, but for `keyspace`.
struct SnapshotFacts {
  unsigned format = 0;            ///< of the file: 11
  std::string version{};          ///< "7.0.15"; empty in files of Redis before 3.2
  std::string flavour = "redis";  ///< or valkey
  std::optional<std::chrono::milliseconds>
      time{};                            ///< when it was written, by the server's clock, since the epoch
  std::optional<Bytes> used_memory{};    ///< when it was written
  std::string replication_id{};          ///< empty: the server had no replicas
  std::uint64_t replication_offset = 0;  ///< along it
  bool append_only_base = false;     ///< the beginning of an append-only file: commands follow it elsewhere
  Bytes libraries{};                 ///< code of function libraries
  std::vector<Keyspace> keyspace{};  ///< counted, not announced
};

/// Takes up what an aux field of the header says of the server.
void add_aux(SnapshotFacts& facts, std::string_view name, std::string_view value);

/// A file that changed under our eyes (F06): that is why it does not fit, or why it only seems to. Only a
/// checksum that is right proves that what was read belongs together.
void judge_change(rdb::Decoded& decoded, const rdb::Input& input);

/// Who works on the values. Either may be null: then bytes stay empty, no value is read.
struct ValueReaders {
  ValueMeter* meter = nullptr;
  ValueListener* listener = nullptr;
};

struct SnapshotOptions {
  std::optional<std::uint32_t> db{};  ///< empty: all of them
  /// The moment against which TTLs are told when the file does not name its own (before Redis 3.2).
  std::chrono::milliseconds time_if_unknown{};
  /// Ends the reading early when it returns true; asked every few milliseconds, by two threads.
  std::function<bool()> stop{};
};

struct SnapshotOutcome {
  ScanOutcome scan{};  ///< `took` is left 0: the caller's clock
  SnapshotFacts facts{};
  rdb::Decoded decoded{};
  bool idle_known = false;  ///< at least one key carried its idle time or LFU counter
};

/// Reads `input` to its end. Two threads work: the caller's reads, takes the checksum and calls `sink` and
/// ValueListener::later(), the other decodes and calls the value readers. `prepare` is called once, from the
/// decoder's thread, before the first key: what is known of the server by then decides who measures.
///
/// Every key is named to `sink` by look(), and given to it by take() where it wants more than the name.
/// Records are whole: type, encoding, elements, TTL (negative when the key had expired by the moment of the
/// snapshot), idle time where the file has it, and bytes where there is a meter.
///
/// What is damaged, cut off or unknown ends the reading: `scan.complete` is false, `decoded.fault` and
/// `decoded.offset` say why and where, and what was told until then is true. (Behind a packed value that
/// proved to be damaged when later() was to have it, keys are still told.) Memory: about 7 MB, whatever the
/// size of the snapshot; more only while a value larger than 128 KiB is read for a listener, or where a file
/// made for it packs names of megabytes into few bytes: sixteen times what the names of 128 KiB unpack to.
SnapshotOutcome read_snapshot(rdb::Input& input, RecordSink& sink,
                              const std::function<ValueReaders(const SnapshotFacts&)>& prepare,
                              const SnapshotOptions& options = {}, const OnProgress& progress = {});

}  // namespace headroom::source
