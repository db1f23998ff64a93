#pragma once

#include <memory>
#include <string_view>

#include "app/families.h"
#include "app/key_owners.h"
#include "app/rdb/key_filter.h"
#include "app/snapshot_survey.h"

namespace headroom::app {

/// Whose each key of a snapshot is. Families are decided on the patterns of all names, so this reads the
/// snapshot once by itself. Flat memory: it keeps patterns, not keys.
class KeyFamilies {
 public:
  /// Errors: the snapshot cannot be opened.
  static Result<std::unique_ptr<KeyFamilies>> read(const SnapshotTarget& target, const Options& options,
                                                   Families families);
  /// Of a key that was in the snapshot; null when it is of a pattern of nobody's.
  const Attribution* of(std::uint32_t db, std::string_view key) const { return owners_.of(db, key); }

 private:
  explicit KeyFamilies(Families families) : families_(std::move(families)), owners_(families_.all(), true) {}
  Families families_;
  KeyOwners owners_;
};

/// What the filter needs to know of families: null when it asks for none. Errors (Exit::usage): there is no
/// family of that name, the snapshot is a pipe.
Result<std::unique_ptr<KeyFamilies>> families_for(const KeyFilter& filter, const SnapshotTarget& target,
                                                  const Options& options);

}  // namespace headroom::app
