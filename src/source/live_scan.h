#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "base/result.h"
#include "model/key_record.h"
#include "wire/link.h"

/// Reads the keyspace of a running server: names by SCAN, with the next page in flight while this one is
/// worked on, and for the keys that the sink asks about TYPE, PTTL, MEMORY USAGE, OBJECT ENCODING and OBJECT
/// IDLETIME (OBJECT FREQ under an LFU policy). None of them moves the LRU or LFU clock of a key
/// (safety.md 2.2); TYPE, PTTL and OBJECT count as keyspace hits in the server's statistics, one each.
/// Nothing is written, no script is sent, no pattern is sent.
namespace headroom::source {

/// How hard a scan presses. What other clients feel is the length of one turn of the server's event loop, not
/// the share of time that it works for us (rdb-and-speed.md, section 4a: 10 % duty of 0.4 ms turns costs 5 to
/// 8 times p99).
struct Pace {
  std::uint32_t names_per_page = 10;      ///< SCAN COUNT
  std::uint32_t commands_per_write = 10;  ///< look-ups sent together; one key's look-ups are never split
  std::uint32_t memory_per_write = 4;     ///< MEMORY USAGE among them: as dear as two of the others
  std::uint32_t writes_in_flight = 2;     ///< sent and not answered yet, the page included
  /// Share of wall time that requests of ours may be outstanding; 1 to 100. Below 100 the scan rests in
  /// between.
  std::uint32_t max_load_percent = 100;
};
/// Turns of about 15 us. The default. Measured with 3000 GETs a second beside a scan for all details at full
/// speed: p99 82 to 105 us, and 103 to 174 us without a scan (noise; fast() made it 810 to 880 us).
constexpr Pace gentle() { return {}; }
/// For a plan, which looks at every key that it may change: SCAN pages of about 0.2 ms (182 to 255 us by
/// commandstats), so that it does not take longer than the change; others feel the changes more. Less than
/// 100 % only where somebody asks for rests.
constexpr Pace planning(std::uint32_t max_load_percent) { return {200, 100, 50, 2, max_load_percent}; }
/// For a server that serves nobody else: turns of about a millisecond. Measured on half a million strings:
/// all details of 320k keys/s instead of 150k, names alone 2.0M/s instead of 0.6M, for a fifth (names: a
/// twentieth) of our own CPU.
constexpr Pace fast() { return {1000, 512, 512, 2, 100}; }

/// Passed in so that tests need no real time. Both must be set; real_clock() does.
struct Clock {
  std::function<std::chrono::steady_clock::time_point()> now{};
  std::function<void(std::chrono::nanoseconds)> sleep{};
};
Clock real_clock();

struct ScanOptions {
  std::optional<std::uint32_t> db{};  ///< empty: every database that INFO keyspace lists
  Pace pace = gentle();
  std::optional<std::chrono::milliseconds> time_budget{};  ///< counted from the call, waiting included
  std::optional<std::uint64_t> page_budget{};              ///< SCAN pages over all databases
  /// How long a lost, loading or busy server is waited for, counted anew whenever it has answered something.
  std::chrono::milliseconds patience = std::chrono::seconds(60);
  /// How often, besides the end of each database, the run_id is compared: a failover behind a proxy breaks no
  /// connection.
  std::chrono::milliseconds identity_check = std::chrono::seconds(5);
  Clock clock = real_clock();
};

struct ScanProgress {
  std::uint64_t keys = 0;
  std::uint64_t expected = 0;  ///< 0: the server did not tell
  double keys_per_second = 0;  ///< since the start
};
/// Called about every 100 ms from the thread that scans.
using OnProgress = std::function<void(const ScanProgress&)>;

/// A new connection to the same server, logged in. Called once at the start and again whenever the connection
/// is lost.
using Reopen = std::function<Result<std::unique_ptr<wire::Link>>()>;

/// Names every key to `sink`, and gives it the details of those it asks about; see RecordSink for the order.
///
/// Promises: `complete` is true only if every key that was there from beginning to end was named. A cursor is
/// never carried to another process life: when the run_id has changed, sink.restart() is called and
/// everything begins again, three times at most (SCAN-1). When the connection alone was lost, the page that
/// was not answered is asked for again. A name may come twice only when the server shrinks a hash table
/// meanwhile: then at most the keys of one bucket of the new table, a few dozen at the very most, for each
/// shrink. No key is counted twice because of a lost connection. Ends always (F14): besides the budgets, a
/// database may take 16 times the pages that its keys explain, and 100 000 more (empty buckets after a mass
/// delete cost pages too); a cursor that goes in circles ends it at once. What was named until then is true,
/// `complete` is false and `stopped_by` says why.
///
/// Sizes: MEMORY USAGE with SAMPLES 1000, so a collection of up to 1000 elements (list and stream: nodes) is
/// exact, and one look takes 0.6 ms at most (SAMPLES 0: 64 ms for 600k fields, F13). Above, the server
/// extrapolates from 1000 elements: within 0.2 % where elements are alike (rdb-and-speed.md 3), unbounded in
/// theory. `bytes_sampled` marks every key where that may have happened: a collection in an encoding without
/// a length limit that is larger than 1000 elements of the least size there is (16 bytes). `elements` stays
/// empty: HLEN and its like would reset the idle time.
///
/// Missing rights: a look-up that the server refuses as a whole (renamed, forbidden, unknown) is not asked
/// again and its field stays unknown; a key that this user may not look at is counted in `denied` and gets no
/// take(). Without INFO only the database asked for (else 0) is read, and a lost connection means beginning
/// again.
///
/// Errors: the first connection cannot be opened; SCAN is refused; the server answers SCAN with something
/// that is no page. Needs: pace fields not 0. Keeps about 200 bytes for each key whose details are under way
/// (at most two pages of them).
Result<ScanOutcome> scan(const Reopen& open, RecordSink& sink, const ScanOptions& options = {},
                         const OnProgress& progress = {});

}  // namespace headroom::source
