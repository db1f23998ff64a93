#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "wire/link.h"

namespace headroom::source {

/// The questions of one round trip. Each reply goes to what was given with its question, in order; one that
/// is an error of a single key (WRONGTYPE, NOPERM) or says that the server has no such command goes nowhere.
/// Any other error of the server ends the reading.
class Pipelined {
 public:
  using Heard = std::function<void(const wire::Reply&)>;
  explicit Pipelined(wire::Link& link) : link_(link) {}

  void ask(wire::Command command, Heard heard);
  void ask(std::initializer_list<std::string_view> words, Heard heard) {
    ask({words.begin(), words.size()}, std::move(heard));
  }
  /// Sends and reads all that was asked. Errors: the connection is lost; the server cannot answer now.
  Result<bool> read();

 private:
  wire::Link& link_;
  std::vector<Heard> heard_{};
};

/// SELECT. Errors: it is refused.
Result<bool> select(wire::Link& link, std::uint32_t db);

/// OBJECT IDLETIME as told; empty for a nil and under LFU.
std::optional<std::chrono::seconds> idle_in(const wire::Reply& reply);
/// A count that is not negative; 0 for all else.
std::uint64_t count_in(const wire::Reply& reply);

}  // namespace headroom::source
