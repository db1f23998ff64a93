#pragma once

#include <vector>

#include "wire/link.h"
#include "wire/resp_reader.h"

namespace headroom::wire {

/// Makes a Reply of the events of one reply. Keeps its Replies and fills them again, so that a stream of like
/// replies allocates nothing.
class ReplyBuilder final : public RespEvents {
 public:
  /// The reply whose last event has come. Valid until the next event; may be moved from.
  Reply& reply() { return *top_; }

  void nil() override { next(Reply::Kind::nil); }
  void integer(std::int64_t value) override { next(Reply::Kind::integer).integer = value; }
  void real(double value) override { next(Reply::Kind::real).real = value; }
  void text(std::string_view bytes) override { next(Reply::Kind::text).text = bytes; }
  void status(std::string_view line) override { next(Reply::Kind::status).text = line; }
  void error(std::string_view message) override { next(Reply::Kind::error).text = message; }
  void array_begins() override;
  void array_ends() override;

 private:
  struct Open {
    Reply* array;
    std::size_t filled;  ///< of array->items; what lies behind is left over from an earlier reply
  };
  Reply& next(Reply::Kind kind);
  Reply& slot(Reply::Kind kind);

  // Two, so that the numbers between two SCAN pages do not throw the page's thousand strings away.
  Reply single_{};
  Reply array_{};
  Reply* top_ = &single_;
  std::vector<Open> open_{};
};

}  // namespace headroom::wire
