#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>

#include "memory/key_model.h"
#include "model/repack.h"

namespace headroom::memory {

/// Measures as a KeyModel does, and tells of every key in a table what it would save in one blob, and from
/// which limits on it would be one (t_hash.c hashTypeTryConversion, t_zset.c zsetTypeMaybeConvert, t_set.c
/// setTypeMaybeConvert: a blob as long as no string is longer than *-max-listpack-value and no more elements
/// are in it than *-max-listpack-entries; sets of integers have set-max-intset-entries).
///
/// Of lists the nodes are put together while they fit into larger ones, whole: the server would cut between
/// any two elements, so the truth is a little more.
///
/// Borrows the model. One thread; no allocation.
class RepackModel final : public ValueMeter {
 public:
  /// `key` counts the calls of finish() before this one.
  using OnGain = std::function<void(std::uint64_t key, const RepackGain& gain)>;
  RepackModel(KeyModel& model, OnGain on_gain) : model_(model), on_gain_(std::move(on_gain)) {}

  void parts(const StoredKey& key, std::span<const Part> parts) override { model_.parts(key, parts); }
  void node(const StoredKey& key, std::uint64_t length, bool plain) override;
  void piece(const StreamPiece& piece) override { model_.piece(piece); }
  Bytes finish(const StoredKey& key, const ValueSize& size) override;

  /// Most elements of a value that was one blob, by kind; a server that packs so many has no lower limit.
  const std::array<std::uint64_t, repacked_count>& packed_elements() const { return packed_elements_; }

 private:
  struct Regrouped {
    std::uint64_t open = 0;   ///< length of the node being filled; 0: none
    std::uint64_t bytes = 0;  ///< of the nodes before it
  };
  void table(const StoredKey& key, const ValueSize& size, const TableShape& shape, Bytes now);
  void list();
  void close(Regrouped& nodes) const;

  KeyModel& model_;
  OnGain on_gain_;
  std::uint64_t keys_ = 0;
  std::array<Regrouped, ladders::node_sizes.size()> lists_{};  // the first as it is, then in larger nodes
  std::array<std::uint64_t, repacked_count> packed_elements_{};
};

/// Chooses the limits for one kind: the smallest that save 95 % of the most that is to be had below 1024
/// bytes, 512 entries, 4096 integers, and nodes of 16 KiB. Beyond these every operation on a blob, which
/// walks it from its beginning, takes longer than the memory is worth. Smallest: of the longest blob that may
/// come of it. `packed_elements`: as RepackModel tells it; never less is chosen. Worth it: 1 % of all bytes.
RepackChoice choose(Repacked kind, const RepackSums& sums, std::uint64_t packed_elements, double all_bytes);

}  // namespace headroom::memory
