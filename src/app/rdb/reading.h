#pragma once

#include <optional>

#include "app/options.h"
#include "app/output_file.h"
#include "app/snapshot_survey.h"
#include "base/result.h"
#include "memory/calibrate.h"
#include "memory/key_model.h"
#include "source/rdb/events.h"
#include "source/snapshot.h"

/// How the actions of `headroom rdb` read a snapshot, and how their reading ends.
namespace headroom::app {

/// Tells `events` what is in the snapshot. Ends early when `stop` says so, or at Ctrl-C. Errors: it cannot be
/// opened.
Result<source::rdb::Decoded> decode_snapshot(const SnapshotTarget& target, source::rdb::Events& events,
                                             const std::function<bool()>& stop);

/// Names its keys to `sink` as they pass by, with the bytes of the model. Errors: it cannot be opened.
class MeasuredReading {
 public:
  enum class Bytes : bool { left_out, measured };
  MeasuredReading(const SnapshotTarget& target, const Options& options, Bytes bytes = Bytes::measured);
  Result<source::SnapshotOutcome> read(RecordSink& sink, source::SnapshotOptions how);
  /// The moment from which TTLs count. Known from the first key on.
  std::chrono::milliseconds now() const { return now_; }

 private:
  source::ValueReaders prepare(const source::SnapshotFacts& facts);

  const SnapshotTarget& target_;
  const Options& options_;
  Bytes bytes_;
  std::optional<memory::Calibration> guess_{};
  std::optional<memory::KeyModel> model_{};
  std::chrono::milliseconds now_;
};

/// How a command ends after this reading: an error names the fault, its offset and the last whole key
/// (Exit::partial), or says that this is no snapshot at all (Exit::usage).
Result<Exit> ending(const source::rdb::Decoded& decoded, const SnapshotTarget& target);

/// The same for one that has printed to `out`, which is finished here; not when this is no snapshot: then
/// what stood in its place stays. Nobody who wants more is a fine end.
Result<Exit> ending(const source::rdb::Decoded& decoded, const SnapshotTarget& target, OutputFile& out);

/// Error (Exit::usage) where an option needs the file twice and it cannot be had.
Result<bool> needs_a_file(const SnapshotTarget& target, std::string_view option);

}  // namespace headroom::app
