#pragma once

#include <deque>
#include <span>
#include <string_view>

#include "wire/link.h"

namespace headroom::wire {

/// A command that changes nothing, for all that is known: no data, no configuration, no other client, no
/// waiting. Upper case; commands that hold others are listed by subcommand: "CONFIG|GET". Sorted. That it may
/// reset the idle time of a key is another question (safety.md 2.2) and the caller's.
std::span<const std::string_view> harmless_commands();

/// True when the command is in harmless_commands(), whatever its case.
bool is_harmless(Command command);

/// A door that lets only harmless commands through. A dry run uses this Link and no other, so that it cannot
/// write even by mistake. Every other command, known or not, is answered here with the error Reply
/// "READONLYLINK ..." and nothing of it is sent.
class ReadOnlyLink final : public Link {
 public:
  /// `real` is borrowed and must outlive this. Needs: real.pending() == 0, and nobody else uses it meanwhile.
  explicit ReadOnlyLink(Link& real) : real_(real) {}

  Result<Reply> call(Command command) override;
  void queue(Command command) override;
  Result<bool> flush() override { return real_.flush(); }
  Result<std::reference_wrapper<const Reply>> read() override;
  std::size_t pending() const override { return pending_; }

 private:
  Result<std::reference_wrapper<const Reply>> read_real();

  Link& real_;
  std::deque<Reply> refusals_{};      ///< of the commands refused and not read yet
  std::deque<std::size_t> places_{};  ///< their numbers in the order of all commands queued
  std::size_t queued_ = 0;
  std::size_t answered_ = 0;
  std::size_t pending_ = 0;
  Reply last_refusal_{};
};

}  // namespace headroom::wire
