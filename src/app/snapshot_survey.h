#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "app/options.h"
#include "base/result.h"
#include "family/family.h"
#include "memory/key_model.h"
#include "model/survey.h"
#include "source/rdb/input.h"
#include "survey/collector.h"

namespace headroom::app {

/// A snapshot, and how it is opened.
struct SnapshotTarget {
  std::string name{};  ///< for people: the path, the address without its password
  std::string_view source = "rdb";
  std::function<Result<std::unique_ptr<source::rdb::Input>>()> open{};
  bool again = false;                   ///< a file: it can be opened more than once
  std::optional<ServerFacts> server{};  ///< of the running server that makes it
  std::chrono::milliseconds written{};  ///< when, as far as the file system knows; since the epoch
};

/// The file at `path`; "-" is standard input.
SnapshotTarget snapshot_file(const std::string& path);

/// Reads a snapshot along with a survey of it, for what a survey does not tell.
class SnapshotCompanion {
 public:
  virtual ~SnapshotCompanion() = default;
  /// Who measures instead of `model`; asks that, which outlives the reading. Called from the thread that
  /// decodes, as the meter is.
  virtual ValueMeter& meter(memory::KeyModel& model) = 0;
  /// Every key, once `collector` has it: in the order in which the meter finished them, some time after it
  /// did. Called from the caller's thread.
  virtual void take(const KeyRecord& record, const survey::Collector& collector) = 0;
  /// The end: `survey` is what `collector` has found.
  virtual void finish(const survey::Collector& collector, const Survey& survey) = 0;
};

/// Says where the bytes of a snapshot are, by the model of memory::KeyModel, and proves what is debris in it.
/// A file is read again where a proof asks for it. What is damaged gives what was read until then:
/// `scan.complete` is false and `faults` say where; nothing is proved then, because what is missing would be
/// taken for gone. With a companion nothing is proved, because it reads once. Errors: it cannot be opened, it
/// is no snapshot at all (Exit::usage), options out of range.
Result<Survey> survey_snapshot(const SnapshotTarget& target, std::span<const family::Family> families,
                               const Options& options, SnapshotCompanion* companion = nullptr);

}  // namespace headroom::app
