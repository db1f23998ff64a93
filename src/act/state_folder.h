#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/result.h"

namespace headroom::act {

/// Where runs, journals and the key that authenticates them live: --state DIR, else HEADROOM_STATE_DIR, else
/// $XDG_STATE_HOME/headroom, else ~/.local/state/headroom, else /var/lib/headroom. Layout:
///   key               32 random bytes, 0600: authenticates plans and journals of this folder
///   lock              flock()ed by whoever changes a server (LEASE-1); a stale file never blocks
///   stop              while it exists, every run stops after its batch (THR-4)
///   runs/ID/          0700: journal, plan (the applied file), state.json, report.json, stop, control
/// Folders 0700, files 0600, opened O_NOFOLLOW | O_CLOEXEC (SEC-2).
class StateFolder {
 public:
  using Environment = std::function<std::optional<std::string>(const std::string&)>;
  /// Makes what is missing. Errors: it cannot be made (Exit::usage; without room Exit::partial); it is
  /// somebody else's, or others may read or write it (Exit::refused).
  static Result<StateFolder> open(const std::string& asked, const Environment& environment);

  const std::string& path() const { return path_; }
  std::string run(const std::string& id) const { return path_ + "/runs/" + id; }
  /// Before a run: whether it can leave its journal here. Error (Exit::usage): this user may not write here,
  /// or the disk is mounted read-only.
  Result<bool> writable() const;
  /// The secret of this folder, made at first use.
  Result<std::string> secret() const;

 private:
  explicit StateFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

}  // namespace headroom::act
