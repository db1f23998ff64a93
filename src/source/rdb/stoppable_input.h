#pragma once

#include <atomic>
#include <functional>

#include "source/rdb/input.h"

namespace headroom::source::rdb {

/// An input that ends, with an error (Exit::partial), when it is told to: by `stop`, which is asked before
/// every read and while nothing comes, and may be empty, or by `left`, which any thread may set. Borrows
/// both.
class StoppableInput final : public Input {
 public:
  StoppableInput(Input& input, const std::function<bool()>& stop) : input_(input), stop_(stop) {}
  Result<std::size_t> read(std::span<char> room) override {
    if (asked_to_leave()) return fail({"stopped", "", "", Exit::partial});
    return input_.read(room);
  }
  std::uint64_t size() const override { return input_.size(); }
  bool ready(std::chrono::milliseconds patience) override {
    return asked_to_leave() || input_.ready(patience);
  }
  bool changed() const override { return input_.changed(); }
  std::atomic<bool> left = false;

 private:
  bool asked_to_leave() const { return left || (stop_ && stop_()); }
  Input& input_;
  const std::function<bool()>& stop_;
};

}  // namespace headroom::source::rdb
