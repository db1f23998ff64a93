#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "model/plan.h"

/// A plan on disk: magic and version, steps in blocks (length, CRC), then the header, then an HMAC-SHA-256
/// over everything before it under the secret of the state folder. Binary safe, streamed: a plan of millions
/// of keys takes no memory. Header and step stand as act/plan_codec.h says.
namespace headroom::act {

/// Writes beside `path` and renames at the end, 0600, so that half a plan is never taken for one.
class PlanWriter {
 public:
  static Result<PlanWriter> create(const std::string& path);
  PlanWriter(PlanWriter&&) noexcept;
  PlanWriter& operator=(PlanWriter&&) noexcept;
  ~PlanWriter();  ///< removes what was not finished

  Result<bool> add(const Step& step);
  std::uint64_t steps() const;
  /// Seals the plan. `header.steps` is set here.
  Result<bool> finish(PlanHeader header, const std::string& secret);

 private:
  struct File;
  explicit PlanWriter(std::unique_ptr<File> file);
  std::unique_ptr<File> file_;
};

class PlanReader {
 public:
  /// Reads the whole file once to prove it. Errors (Exit::refused): it is no plan, was cut, was edited, or
  /// sealed under another secret; each with its own words.
  static Result<PlanReader> open(const std::string& path, const std::string& secret);
  PlanReader(PlanReader&&) noexcept;
  PlanReader& operator=(PlanReader&&) noexcept;
  ~PlanReader();

  const PlanHeader& header() const;
  /// The next step into `step` (its strings keep their room). False: that was the last.
  Result<bool> next(Step& step);
  /// Begins again.
  Result<bool> rewind();

 private:
  struct File;
  explicit PlanReader(std::unique_ptr<File> file);
  std::unique_ptr<File> file_;
};

}  // namespace headroom::act
