#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/server_facts.h"
#include "wire/link.h"

/// What the files in collectors/ share. Only this room includes it.
namespace headroom::facts {

/// One group of facts. `collect` fills fields that are still empty, whatever ran before it, and fails only
/// when the connection is of no more use.
struct Collector {
  Result<bool> (*collect)(wire::Link& link, ServerFacts& facts) = nullptr;
  /// Runs before the others: their long answers take buffers, 50 KB for MALLOC-STATS, which INFO would count
  /// as clients'.
  bool before_others = false;
  bool for_scans = false;  ///< of no use where a snapshot is read
};
/// All members of collectors/, in no meaningful order.
std::vector<Collector> known_collectors();

/// What a server that refuses a command makes us lose.
struct Loss {
  std::string_view command{};  ///< for people: "MEMORY USAGE"
  std::string_view what{};     ///< "the sizes of keys stay unknown"
};
/// Adds the sentence about `reply`, an error, to facts.missing.
void note_missing(ServerFacts& facts, const Loss& loss, const wire::Reply& reply);
/// Calls a command that may be refused. Empty when it was, and the sentence is in facts.missing.
Result<std::optional<wire::Reply>> call_if_allowed(wire::Link& link, ServerFacts& facts,
                                                   wire::Command command, const Loss& loss);

}  // namespace headroom::facts
