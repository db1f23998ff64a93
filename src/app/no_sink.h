#pragma once

#include "model/key_record.h"

namespace headroom::app {

/// Hears names and wants nothing: for readings that are about something else than keys.
class NoSink final : public RecordSink {
 public:
  Interest look(std::uint32_t, std::string_view) override { return {}; }
  void take(const KeyRecord&) override {}
  void restart() override {}
};

}  // namespace headroom::app
