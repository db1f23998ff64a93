#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/pattern_group.h"
#include "model/server_facts.h"

namespace headroom {

/// A line of a table that adds groups up.
struct Sum {
  std::uint64_t keys = 0;
  Estimate bytes{};
  Estimate without_ttl_keys{};
  Estimate without_ttl_bytes{};
};
struct FamilySum {
  std::string_view family{};
  Sum sum{};
};
struct PartSum {
  std::string_view role{};
  Care care = Care::hands_off;
  Sum sum{};
};
struct OwnerSum {
  std::string_view family{};
  std::string owner{};
  std::uint32_t db = 0;
  std::string_view version{};
  bool read_only = false;
  std::string_view read_only_why{};
  Sum sum{};
  std::vector<PartSum> parts{};  ///< largest first
};
struct TypeSum {
  KeyType type{};
  Encoding encoding{};
  Estimate keys{};
  Estimate bytes{};
};
struct BigKey {
  std::string key{};
  std::uint32_t db = 0;
  KeyType type = KeyType::unknown;
  Bytes bytes{};
  bool bytes_sampled = false;
  std::optional<std::uint64_t> elements{};
};
struct DebrisSum {
  std::string_view kind{};
  std::string_view family{};
  std::string owner{};
  std::uint32_t db = 0;
  Estimate keys{};
  Estimate bytes{};
  Certainty certainty = Certainty::suspected;
  std::string_view why{};
  std::vector<std::string> examples{};  ///< exact key bytes, at most three
  /// Live work, or what it stands on, that is damaged: to be mended, never to be deleted.
  bool repair = false;
};
struct ReconciliationLine {
  std::string_view name{};
  std::int64_t bytes = 0;
  std::string_view explanation{};
};

/// What is wrong with a snapshot that was not read to its end.
struct SnapshotFault {
  std::string where{};  ///< the file, or the address
  std::string what{};
  std::uint64_t offset = 0;  ///< in the snapshot (of a packed file: unpacked), in bytes
  std::string last_key{};    ///< exact bytes of the last whole key before it
};

/// Where the bytes are: the whole answer of one audit. Owns all it holds.
struct Survey {
  ServerFacts server{};
  std::string source = "scan";  ///< "scan", "rdb" (a file) or "snapshot" (a replication stream)
  ScanOutcome scan{};
  double confidence = 0.999;  ///< of every [low, high]
  double precision = 0.01;    ///< asked for: half-width of a pattern's bytes, as a share of the total
  Sum total{};
  std::uint64_t measured = 0;
  std::uint64_t ttl_unknown_keys = 0;
  std::array<Estimate, ttl_bucket_count> ttl_histogram{};
  std::uint64_t expired_keys = 0;  ///< see PatternGroup::expired
  Bytes expired_bytes{};
  std::array<Estimate, idle_bucket_count> idle_histogram{};
  bool idle_known = false;
  std::vector<FamilySum> families{};  ///< largest first, here and below
  std::vector<OwnerSum> owners{};
  std::vector<PatternGroup> patterns{};
  std::vector<TypeSum> types{};
  std::vector<BigKey> biggest{};
  std::string biggest_guarantee{};  ///< what may have been missed, in words
  std::vector<DebrisSum> debris{};
  std::vector<DebrisSum>
      stranded{};  ///< in the same form, work that nobody will do unless somebody acts: no debris
  std::vector<ReconciliationLine> reconciliation{};  ///< sums to used_memory exactly
  std::uint64_t folded_patterns =
      0;                         ///< patterns that gave way to a wider one: many differed in one part only
  std::uint64_t other_keys = 0;  ///< keys counted under "other" for the same reason
  std::vector<SnapshotFault> faults{};
  std::vector<std::string> notes{};  ///< what the source has to say besides, in words
};

}  // namespace headroom
