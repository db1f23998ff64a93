#pragma once

#include <memory>
#include <span>
#include <vector>

#include "app/options.h"
#include "base/result.h"
#include "family/family.h"
#include "family/user_families.h"

namespace headroom::app {

/// The families of a run: those headroom knows, and the user's own from --policy, which come first so that a
/// user can overrule us.
class Families {
 public:
  /// Errors (Exit::usage): the policy file cannot be read, or says something wrong (with line and column).
  static Result<Families> load(const Options& options);
  std::span<const family::Family> all() const { return all_; }

 private:
  std::unique_ptr<family::UserFamilies> users_{};  // owns the texts that the user's families point to
  std::vector<family::Family> all_{};
};

}  // namespace headroom::app
