#pragma once

#include <span>
#include <string>

#include "model/report.h"

/// `headroom families`: what headroom knows of each library, as it is held to by its tests.
namespace headroom::report {

/// One kind of key of one library. Texts as the family table has them; `types` and `care` in the words of
/// names.h.
struct FamilyRow {
  std::string family{};  ///< "bullmq"
  std::string title{};   ///< "BullMQ 1-6"
  std::string shape{};   ///< "{root}:{id}"
  std::string types{};   ///< "hash", "list, zset"
  std::string role{};    ///< "job"
  std::string care{};
  std::string why{};     ///< of the care
  std::string debris{};  ///< kind; empty: never by itself
};

/// The report "headroom.families/1": table `shapes`, a row per kind of key, in the order given.
Report families_report(std::span<const FamilyRow> rows);

}  // namespace headroom::report
