#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/plan.h"
#include "model/run.h"

namespace headroom::app {

/// What an interrupted run did, from its journal: five bytes a step (PLAN-7).
class EarlierPart {
 public:
  /// Nothing was done yet.
  EarlierPart() = default;
  /// Errors: the journal cannot be read, or is damaged (Exit::refused).
  static Result<EarlierPart> read(const std::string& folder, const std::string& secret);

  /// Whether the step has an end that stands.
  bool ended(std::uint64_t number) const;
  /// Adds the step to the report, by how it ended; as pending when it did not.
  void count(std::uint64_t number, const Step& step, RunReport& report) const;

 private:
  struct Visitor;
  std::vector<StepOutcome> outcomes_{};
  std::vector<std::uint32_t> keys_{};  ///< that the journal has of a step
};

/// Adds what another part of the same plan did. Needs: rules in the same order.
void add_part(RunReport& sum, const RunReport& part);

}  // namespace headroom::app
