#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "model/plan.h"

/// A plan on disk, all numbers little-endian:
///
///   "HRPLAN1\n"
///   blocks:  u8 'S' (steps) or 'H' (the header, once, last), u32 bytes of the content as it stands here,
///            u32 unpacked, u64 checksum of the content (hash_bytes), the content, packed by zstd
///   seal:    u8 'E', 8 bytes that name the secret, 32 bytes HMAC-SHA-256 under it of a digest of all before
///
/// Binary safe, streamed: a plan of millions of keys takes no memory. Header and step stand as
/// act/plan_codec.h says. Whoever does not know the secret of the state folder cannot make one.
namespace headroom::act {

/// Writes beside `path` and renames at the end, 0600, so that half a plan is never taken for one. After an
/// error it cannot be finished.
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
  /// sealed under another secret; each with its own words. (Exit::usage): there is no such file.
  static Result<PlanReader> open(const std::string& path, const std::string& secret);
  PlanReader(PlanReader&&) noexcept;
  PlanReader& operator=(PlanReader&&) noexcept;
  ~PlanReader();

  const PlanHeader& header() const;
  /// The next step into `step` (its strings keep their room). False: that was the last. Errors: the file was
  /// changed since it was opened.
  Result<bool> next(Step& step);
  /// Begins again.
  Result<bool> rewind();

 private:
  struct File;
  explicit PlanReader(std::unique_ptr<File> file);
  std::unique_ptr<File> file_;
};

}  // namespace headroom::act
