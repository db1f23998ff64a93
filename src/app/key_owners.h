#pragma once

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "family/family.h"
#include "family/landmarks.h"
#include "model/pattern_group.h"
#include "survey/collector.h"

namespace headroom::app {

/// Whose each key is. Families are decided on the patterns of all names, so the keyspace is read once by
/// sink() before settle(), and again by whoever asks of(). Flat memory: it keeps patterns, not keys.
class KeyOwners {
 public:
  /// The families must outlive this. `every_key`: all details are wanted of each, as from a file, where they
  /// cost nothing; else of a sample, which tells the types.
  KeyOwners(std::span<const family::Family> families, bool every_key);
  KeyOwners(const KeyOwners&) = delete;
  KeyOwners& operator=(const KeyOwners&) = delete;

  RecordSink& sink() { return collector_; }
  void settle();
  /// Of a key that was named to sink(). Null when it is of a pattern of nobody's.
  const Attribution* of(std::uint32_t db, std::string_view key) const;
  /// The keys that it was counted with. Null when no such key was named: one that is newer is nobody's only
  /// for want of a look.
  const PatternGroup* group_of(std::uint32_t db, std::string_view key) const;

 private:
  std::span<const family::Family> families_;
  family::Landmarks landmarks_;
  survey::Collector collector_;
  std::vector<PatternGroup> groups_{};
  std::unordered_map<std::string, const PatternGroup*> by_pattern_{};
};

}  // namespace headroom::app
