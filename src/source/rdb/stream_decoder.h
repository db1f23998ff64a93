#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "source/rdb/value_decoder.h"

namespace headroom::source::rdb {

/// Reads a stream, whose layout grew from version to version: nodes of entries, then its counters, then
/// consumer groups with what each consumer has not acknowledged.
class StreamDecoder {
 public:
  explicit StreamDecoder(ValueDecoder& value) : value_(value), in_(value.in_), events_(value.events_) {}
  void read();

 private:
  void read_nodes();
  void read_node();
  bool tell_entries(std::string_view id, std::string_view listpack);
  void read_counters();
  void read_group();
  std::chrono::milliseconds read_time();
  void read_pending(StreamPiece::Kind kind, bool with_times);
  void read_consumer();
  void read_idempotence();

  ValueDecoder& value_;
  Cursor& in_;
  Events& events_;
  std::vector<std::string> names_{}, texts_{};
  std::vector<std::string_view> fields_{};
};

}  // namespace headroom::source::rdb
