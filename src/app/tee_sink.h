#pragma once

#include <algorithm>

#include "model/key_record.h"

namespace headroom::app {

/// One reading of the keyspace for two listeners: each is asked about every key and gets the records it asked
/// for. When both want something of a key, the source is asked for the more, and both get it. Tickets of the
/// first must stay below 2^30; the second's are not kept. Borrows both.
class TeeSink final : public RecordSink {
 public:
  TeeSink(RecordSink& first, RecordSink& second) : first_(first), second_(second) {}

  Interest look(std::uint32_t db, std::string_view key) override {
    const auto one = first_.look(db, key), other = second_.look(db, key);
    auto ticket = one.ticket & ticket_mask;
    if (one.look != Look::name) ticket |= for_first;
    if (other.look != Look::name) ticket |= for_second;
    return {std::max(one.look, other.look), ticket};
  }

  void take(const KeyRecord& record) override {
    auto own = record;
    own.ticket = record.ticket & ticket_mask;
    if ((record.ticket & for_first) != 0) first_.take(own);
    if ((record.ticket & for_second) != 0) second_.take(own);
  }

  void restart() override {
    first_.restart();
    second_.restart();
  }

 private:
  static constexpr std::uint32_t for_first = 1U << 31U, for_second = 1U << 30U, ticket_mask = for_second - 1;
  RecordSink& first_;
  RecordSink& second_;
};

}  // namespace headroom::app
