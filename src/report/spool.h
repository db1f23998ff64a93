#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include "report/render.h"

namespace headroom::report {

/// Collects output and hands it on in large pieces. What is in it when it goes away is lost: call flush().
class Spool {
 public:
  explicit Spool(Sink sink) : sink_(std::move(sink)) { text_.reserve(full + full / 4); }
  std::string& text() { return text_; }
  /// Hands the text on when there is much of it: to be called between pieces.
  void settle() {
    if (text_.size() >= full) flush();
  }
  void flush() {
    if (!text_.empty()) sink_(text_);
    text_.clear();
  }

 private:
  static constexpr std::size_t full = 256 * 1024;
  Sink sink_;
  std::string text_{};
};

}  // namespace headroom::report
