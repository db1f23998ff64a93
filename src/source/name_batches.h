#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/key_record.h"

namespace headroom::source {

/// Takes the names that are wanted out of a scan and hands them on in batches, so that they can be looked up
/// on another connection with few round trips. Nothing of a key but its name is asked of the scan. Holds one
/// batch of names.
class NameBatches final : public RecordSink {
 public:
  using Wanted = std::function<bool(std::string_view key)>;
  /// All names of a batch are of one database. An error ends it: no batch is handed on any more.
  using Hand = std::function<Result<bool>(std::uint32_t db, std::span<const std::string> names)>;

  NameBatches(std::size_t size, Wanted wanted, Hand hand)
      : size_(size), wanted_(std::move(wanted)), hand_(std::move(hand)) {}

  Interest look(std::uint32_t db, std::string_view key) override {
    if (error_ || !wanted_(key)) return {};
    if (db != db_) hand_on();
    db_ = db;
    if (used_ == names_.size()) names_.emplace_back();
    names_[used_++] = key;
    if (used_ == size_) hand_on();
    return {};
  }
  void take(const KeyRecord&) override {}
  /// What was handed on cannot be taken back.
  void restart() override {
    if (!error_)
      error_ = {"the server restarted while it was read", "SCAN", "make the plan again", Exit::partial};
  }

  /// Hands on the last names. The first error of a batch, or that the server restarted.
  Result<bool> finish() {
    hand_on();
    if (error_) return fail(*error_);
    return true;
  }

 private:
  void hand_on() {
    if (used_ > 0 && !error_)
      if (const auto done = hand_(db_, std::span(names_).first(used_)); !done) error_ = done.error();
    used_ = 0;
  }

  std::size_t size_;
  Wanted wanted_;
  Hand hand_;
  std::uint32_t db_ = 0;
  std::vector<std::string> names_{};  // keep their room
  std::size_t used_ = 0;
  std::optional<Error> error_{};
};

}  // namespace headroom::source
