#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"

namespace headroom::plan::keys {

/// Which of many keys are the most recently used that fit into a budget, found in two looks at each and some
/// 1 500 numbers of memory: the first look adds every key to the bin of its age, the second asks. Ages (time
/// since the last use) above a minute are told apart to about 1 %; of the bin in which the budget ends, keys
/// stay in the order in which they are asked about.
class Recency {
 public:
  void add(std::chrono::seconds age, Bytes bytes);
  /// All were added; what breaks either budget goes.
  void settle(std::optional<Bytes> bytes, std::optional<std::uint64_t> count);
  bool stays(std::chrono::seconds age, Bytes bytes);

 private:
  struct Bin {
    std::uint64_t keys = 0, bytes = 0;
  };
  std::vector<Bin> bins_{};
  std::size_t last_ = 0;  ///< the bin in which the budget ends
  Bin left_{};            ///< of the budget, for that bin
};

}  // namespace headroom::plan::keys
