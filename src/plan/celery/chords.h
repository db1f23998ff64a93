#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "plan/left_tally.h"
#include "plan/owner_rules.h"

/// Chords that can never run their body (celery-kombu-and-others.md 9.4). Each part that returns adds itself
/// to .j and compares the number there with .s plus .t; when they are equal it starts the body and deletes
/// all three, unless a part failed: then they stay. Pure.
namespace headroom::plan::celery {

/// Where the prefix of the name of a chord's parts ends (`app1_` in `app1_celery-taskset-meta-ID.j`); npos
/// when it is none.
std::size_t chord_prefix(std::string_view key);

/// `[1, "TASK", "STATE", RESULT]`, in a state that makes its chord fail.
bool part_failed(std::string_view part);

struct Chord {
  std::uint32_t db = 0;
  std::string_view parts_key{}, size_key{}, more_key{};
  std::string_view type{};                     ///< of the parts: "zset" or "list"
  std::optional<std::chrono::seconds> idle{};  ///< of the parts, before they were looked at
  Bytes bytes{};
  bool looked_at = false;
  std::uint64_t returned = 0;
  std::optional<std::string_view> size{}, more{};
  bool failed = false;
};

/// Not looked at: chords in which a part returned within the last minute (the body may be starting), and such
/// as are too large to be journaled.
inline constexpr std::chrono::seconds chord_rest{60};
inline constexpr std::uint64_t largest_chord = 8U << 20U;

class ChordRules {
 public:
  explicit ChordRules(StepSink& steps);
  /// Of a chord all of whose parts have returned and one of them failed, the three keys go in one step, if
  /// there are no more parts than now and the same numbers. All others are left alone and told.
  Result<bool> decide(const Chord& chord);
  void finish() { left_.tell(steps_); }

 private:
  StepSink& steps_;
  OwnerRules rules_;
  LeftTally left_{};
};

}  // namespace headroom::plan::celery
