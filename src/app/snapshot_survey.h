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
#include "model/survey.h"
#include "source/rdb/input.h"

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

/// Says where the bytes of a snapshot are, by the model of memory::KeyModel, and proves what is debris in it.
/// A file is read again where a proof asks for it. What is damaged gives what was read until then:
/// `scan.complete` is false and `faults` say where; nothing is proved then, because what is missing would be
/// taken for gone. Errors: it cannot be opened, it is no snapshot at all (Exit::usage), options out of range.
Result<Survey> survey_snapshot(const SnapshotTarget& target, std::span<const family::Family> families,
                               const Options& options);

}  // namespace headroom::app
