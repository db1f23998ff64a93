#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/report.h"
#include "model/survey.h"

/// `headroom audit --summary`: the few lines that a daily mail or a log holds (A14 of acceptance.md).
namespace headroom::report {

/// From where on the summary says something.
struct SummaryThresholds {
  double memory_share = 0.80;        ///< of maxmemory (A15)
  std::uint64_t bull_keys = 10'000;  ///< A16
  std::uint64_t evicted_keys = 1;    ///< since the server started (A17)
};

struct SummaryWarning {
  std::string id{};       ///< "memory-high", "many-bull-keys", "keys-evicted"; part of the JSON contract
  std::string message{};  ///< a sentence with the numbers and what to type next
};

/// The thresholds that `survey` reaches, in the order above. A number the server did not give reaches none.
std::vector<SummaryWarning> summary_warnings(const Survey& survey, const SummaryThresholds& thresholds = {});

/// The report "headroom.summary/1": date, memory, keys, Bull and Celery keys, limit, policy, health,
/// warnings. Bull keys are those of the families bull and bullmq; Celery keys are its results. As CSV it is
/// one row.
Report summary_report(const Survey& survey, const SummaryThresholds& thresholds = {});

}  // namespace headroom::report
