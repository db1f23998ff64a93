#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/plan.h"
#include "model/run.h"

/// The way back. Every step is written here and synced before it is made (APPLY-1). Append-only, in blocks
/// (act/journal_blocks.h): magic, version, length, checksums, sequence number, HMAC-SHA-256 chained over the
/// block before it; the content is zstd-packed. 0600. A tail that a crash cut is found and dropped; anything
/// else that does not fit is damage and named by offset (UNDO-5, F37).
namespace headroom::act {

/// A key as it was: what RESTORE needs.
struct KeyBefore {
  std::string key{};
  /// Type byte and value in the form of an RDB file, without the footer of a DUMP payload. Strings and hashes
  /// that were read by GET and HGETALL are in the oldest form, which every server reads.
  std::string body{};
  std::uint16_t rdb_version = 0;              ///< that the server must understand to read `body`
  std::int64_t expires_at = -1;               ///< ms since the epoch; -1: never
  std::int64_t idle_seconds = -1, freq = -1;  ///< -1: not known
};

/// What it takes to undo one Change. Which members count depends on the kind.
struct Before {
  ChangeKind kind{};
  std::uint16_t key = 0;               ///< of JournalStep::keys
  std::optional<KeyBefore> removed{};  ///< remove, remove_if_there and remove_if_value_is, when it was there
  std::string member{};                ///< zset_remove, set_remove, hash_remove, list_remove, list_push
  /// hash_remove: of the field; quarantine: the name it went to; list_remove: how many equal items stayed
  /// behind the step and how long the list was then, "0 17" (empty: not known, as with a hundred equal ones).
  std::string value{};
  double score = 0;  ///< zset_remove
  /// expire_at: the deadline that the change gave. Of a member: the deadline of its key (-1: none), which
  /// goes with the key when that was its last member.
  std::int64_t set = -1;
  std::int64_t number = -1;  ///< expire_at, persist: the deadline before (-1: none); list_remove: its place
  /// stream_trim: the entries that go, oldest first: id, fields and values in turn.
  std::vector<std::pair<std::string, std::vector<std::string>>> entries{};
};

struct JournalStep {
  std::uint64_t number = 0;  ///< of the step in the plan, from 0
  std::uint16_t rule = 0;
  std::uint32_t db = 0;
  std::uint64_t bytes = 0;
  std::vector<std::string> keys{};
  std::vector<Before> before{};  ///< in the order of the changes; those that found nothing are left out
};

struct JournalOutcome {
  std::uint64_t number = 0;
  StepOutcome outcome{};
};

/// What a journal begins with, and says of the server at each (re)connection.
struct JournalStart {
  std::string run{};
  std::string kind{};  ///< "apply", "undo"
  std::string of{};    ///< undo: the run that is undone
  std::string address{};
  std::string run_id{}, replid{};
  std::uint32_t rdb_version = 0;
  std::chrono::milliseconds time{};  ///< of the server
  std::vector<PlanRule> rules{};
};

/// One thread at a time; one writer per journal, by flock.
class JournalWriter {
 public:
  /// A new journal in the folder of its run, which is made (0700), or one to go on with: its tail is mended
  /// first. Errors (Exit::refused): there is one already; it is damaged; others may read or write it;
  /// another process is writing it.
  static Result<JournalWriter> create(const std::string& folder, const std::string& secret,
                                      const JournalStart& start);
  static Result<JournalWriter> resume(const std::string& folder, const std::string& secret);
  JournalWriter(JournalWriter&&) noexcept;
  JournalWriter& operator=(JournalWriter&&) noexcept;
  ~JournalWriter();

  void add(const JournalStep& step);        ///< into the block at hand
  void add(const JournalOutcome& outcome);  ///< likewise; durable with the next sync()
  void add(const JournalStart& again);      ///< a new connection, to the same or another process
  void note(std::string_view text);         ///< "may have come back: the master changed"
  /// Writes the block and fdatasync()s. After an error the journal is poisoned: every later call fails,
  /// because what reached the disk is not known (F36).
  Result<bool> sync();
  /// The same in two parts: other work can be done between them, and further records be added.
  std::uint64_t begin_sync();
  Result<bool> synced(std::uint64_t sync);
  bool is_synced(std::uint64_t sync);  ///< already, without waiting
  std::uint64_t bytes() const;         ///< of the file: blocks that were written

 private:
  struct File;
  explicit JournalWriter(std::unique_ptr<File> file);
  std::unique_ptr<File> file_;
};

/// Given each entry in order. What it is given is used again afterwards.
class JournalVisitor {
 public:
  virtual ~JournalVisitor() = default;
  virtual void start(const JournalStart&) {}
  virtual void step(const JournalStep&) {}
  virtual void outcome(const JournalOutcome&) {}
  virtual void note(std::string_view) {}
};

struct JournalHealth {
  std::uint64_t blocks = 0, steps = 0, outcomes = 0;
  std::uint64_t good_bytes = 0, bytes = 0;
  bool cut = false;      ///< the last block is not whole: a crash; nothing that was acknowledged is missing
  std::string damage{};  ///< what does not fit, with its offset; empty: whole
};
/// Reads a journal from its beginning as far as it is good, a block at a time. What is wrong with the rest is
/// in the answer. Errors: it cannot be opened or read; others may read or write it (Exit::refused).
Result<JournalHealth> read_journal(const std::string& folder, const std::string& secret,
                                   JournalVisitor& visitor);

}  // namespace headroom::act
