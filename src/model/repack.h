#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

/// What limits of a server would make of the data it has: values that lie in tables, and would be one blob
/// each under a higher limit. Types of `headroom repack`.
namespace headroom {

/// A kind of value with limits of its own.
enum class Repacked : std::uint8_t {
  hash,             ///< hash-max-listpack-value and -entries
  zset,             ///< zset-max-listpack-value and -entries
  set_of_integers,  ///< set-max-intset-entries
  set,              ///< set-max-listpack-value and -entries (from 7.2 on)
  list,             ///< list-max-listpack-size
};
inline constexpr std::size_t repacked_count = 5;

/// The limits that are tried: every value with every number of entries. The first of each is the lowest that
/// servers come with, so that the first rung tells what would be saved if all were only made anew.
struct Ladder {
  std::span<const std::int64_t> values{};   ///< longest string in bytes; of lists: the size of a node
  std::span<const std::int64_t> entries{};  ///< most pairs, members
  std::size_t first = 0;                    ///< place of its first rung among those of all ladders
  constexpr std::size_t rungs() const { return values.size() * entries.size(); }
  constexpr std::size_t place(std::size_t value, std::size_t entry) const {
    return first + value * entries.size() + entry;
  }
};

namespace ladders {
inline constexpr std::array<std::int64_t, 7> lengths{64, 128, 256, 512, 1024, 2048, 4096};
inline constexpr std::array<std::int64_t, 3> entries{128, 512, 1024};
inline constexpr std::array<std::int64_t, 4> integers{512, 1024, 2048, 4096};
inline constexpr std::array<std::int64_t, 4> node_sizes{-2, -3, -4, -5};  ///< 8, 16, 32, 64 KiB
inline constexpr std::array<std::int64_t, 1> no_limit{0};
}  // namespace ladders

constexpr Ladder ladder(Repacked kind) {
  constexpr auto pairs = ladders::lengths.size() * ladders::entries.size();
  switch (kind) {
    case Repacked::hash:
      return {ladders::lengths, ladders::entries, 0};
    case Repacked::zset:
      return {ladders::lengths, ladders::entries, pairs};
    case Repacked::set:
      return {ladders::lengths, ladders::entries, 2 * pairs};
    case Repacked::set_of_integers:
      return {ladders::no_limit, ladders::integers, 3 * pairs};
    default:
      return {ladders::node_sizes, ladders::no_limit, 3 * pairs + ladders::integers.size()};
  }
}
inline constexpr std::size_t repack_places = ladder(Repacked::list).first + ladder(Repacked::list).rungs();

/// What one key would save from one rung on. A key costs the same under all limits that let it be a blob, so
/// one rung tells it all; a list has one gain for each size of node, on top of the smaller ones.
struct RepackGain {
  std::uint8_t place = 0;  ///< of the lowest rung under which it is so
  std::uint32_t keys = 1;  ///< 0 when another gain has counted the key
  std::int64_t bytes = 0;
};

struct RepackSum {
  std::uint64_t keys = 0;
  std::int64_t bytes = 0;
  constexpr void add(const RepackSum& other) { keys += other.keys, bytes += other.bytes; }
};

/// Gains of many keys, by rung. 1.2 KiB.
class RepackSums {
 public:
  void add(std::size_t place, const RepackSum& sum) { sums_[place].add(sum); }
  void add(const RepackSums& other) {
    for (std::size_t i = 0; i < sums_.size(); ++i) sums_[i].add(other.sums_[i]);
  }
  /// What is saved under the limits of this rung: the gains from all rungs below are in it.
  RepackSum under(Repacked kind, std::size_t value, std::size_t entry) const {
    RepackSum sum;
    for (std::size_t v = 0; v <= value; ++v)
      for (std::size_t e = 0; e <= entry; ++e) sum.add(sums_[ladder(kind).place(v, e)]);
    return sum;
  }

 private:
  std::array<RepackSum, repack_places> sums_{};
};

/// Keys and bytes as they are, and what they would save.
struct RepackShare {
  std::uint64_t keys = 0;
  double bytes = 0;
  RepackSums sums{};
};
struct RepackOwner {
  std::string_view family{};
  std::string owner{};
  std::uint32_t db = 0;
  RepackShare all{};
  RepackShare jobs{};  ///< the part whose role is "job"
};

/// The advice for one kind of value.
struct RepackChoice {
  Repacked kind{};
  std::size_t value = 0, entry = 0;  ///< steps of the ladder
  bool worth = false;                ///< saves enough of all bytes to be advised
  RepackSum saved{};                 ///< under the rung chosen
  RepackSum made_anew{};             ///< of these: what needs no other limits, only that keys are made anew
  RepackSum most{};                  ///< under the highest limits tried
};

/// The answer of `headroom repack`, with what the survey of the same reading says of the server.
struct RepackAdvice {
  std::vector<RepackOwner> owners{};  ///< largest saving first; what is nobody's we know has no owner
  RepackShare total{};
  std::array<RepackChoice, repacked_count> choices{};
  /// Most elements that were seen in one blob: the server's limit is not lower.
  std::array<std::uint64_t, repacked_count> packed_elements{};
};

}  // namespace headroom
