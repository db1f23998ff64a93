#pragma once

#include <chrono>

#include "model/attribution.h"
#include "model/key_record.h"
#include "report/spool.h"

/// `headroom rdb keys`: keys as lines while they pass by, for millions of them a second; the contract of
/// names and numbers is that of render.h.
namespace headroom::report {

/// Writes keys in one format:
///  - ndjson: {"key", "key_base64" where it is needed, "db", "type", "encoding", "bytes", "elements", "ttl"
///  (seconds, below
///    zero when it had run out), "expires_at" (RFC 3339), "expired"}; "idle_seconds" and "freq" where the
///    file has them; "family", "owner", "role" where families were asked for. What is unknown, or never
///    comes, is null;
///  - csv: the same as columns, in that order, the first line names them; idle_seconds and freq are always
///  there;
///  - text: columns for people, the key last.
class KeyLines {
 public:
  /// Needs: `format` is text, ndjson or csv. Writes the head, where there is one.
  KeyLines(Format format, bool with_family, Sink sink);

  /// `now`: the moment from which `record.ttl` counts, since the epoch. `attribution` is null when there is
  /// none.
  void add(const KeyRecord& record, std::chrono::milliseconds now, const Attribution* attribution);
  /// Hands on what is left.
  void finish() { spool_.flush(); }

 private:
  void add_json(const KeyRecord& record, std::chrono::milliseconds now, const Attribution* attribution);
  void add_csv(const KeyRecord& record, std::chrono::milliseconds now, const Attribution* attribution);
  void add_text(const KeyRecord& record, const Attribution* attribution);

  Format format_;
  bool with_family_;
  Spool spool_;
};

}  // namespace headroom::report
