#pragma once

#include <map>
#include <string>
#include <string_view>
#include <tuple>

#include "plan/step_sink.h"

namespace headroom::plan {

/// Counts what a planner met and left alone, by rule, owner and reason. Keeps at most `most` groups: whoever
/// makes up names cannot make us remember them all; what comes later is counted without its owner.
class LeftTally {
 public:
  static constexpr std::size_t most = 1000;

  void add(std::string_view rule, std::string_view owner, std::string_view why, std::string_view key,
           Bytes bytes);
  /// Without a key: a rule that cannot run at all.
  void note(std::string_view rule, std::string_view owner, std::string_view why);
  /// Hands all groups over and forgets them.
  void tell(StepSink& steps);

 private:
  LeftAlone& group(std::string_view rule, std::string_view owner, std::string_view why);
  std::map<std::tuple<std::string, std::string, std::string>, LeftAlone, std::less<>> groups_{};
};

}  // namespace headroom::plan
