#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "wire/fd.h"

namespace headroom::app {

/// How a server of ours is started.
struct PrivateStart {
  std::vector<std::string> arguments{};  ///< added to the command line of redis-server
  /// Until it answers; empty: as long as it lives, which it does while it loads.
  std::optional<std::chrono::seconds> patience{std::chrono::seconds(5)};
  std::function<bool()> stop{};  ///< asked while we wait; may be empty
  /// Also when we are killed: more exactly, when the thread ends that called launch().
  bool ends_with_us = false;
};

/// A redis-server of ours in a new folder (0700), on a Unix socket and no port, that begins with the keys of
/// the file dump.rdb in its folder and never saves. Ended by pid and its folder removed with the object,
/// unless keep() was called. The folder is locked (flock) as long as we live, so that what a killed run left
/// can be told from what is in use.
class PrivateServer {
 public:
  /// The folder alone, for the caller to put image() there. `name`: of the folder, below TMPDIR.
  static Result<std::unique_ptr<PrivateServer>> prepare(std::string_view name);
  /// Removes folders of this name, below TMPDIR and of our user, whose owners have ended without doing so.
  /// Not for servers that are kept.
  static void remove_left_behind(std::string_view name);
  /// A folder with this image, and the server running.
  static Result<std::unique_ptr<PrivateServer>> start(std::string_view rdb_image);
  ~PrivateServer();
  PrivateServer(const PrivateServer&) = delete;
  PrivateServer& operator=(const PrivateServer&) = delete;

  /// Returns when it answers, with all its keys. Errors: redis-server is not installed (Exit::unreachable),
  /// or ended, with the last that it said; stopped (Exit::partial).
  Result<bool> launch(const PrivateStart& how = {});

  std::string socket() const { return folder_ + "/redis.sock"; }
  std::string image() const { return folder_ + "/dump.rdb"; }
  const std::string& folder() const { return folder_; }
  pid_t pid() const { return pid_; }
  void keep() { kept_ = true; }

 private:
  PrivateServer(std::string folder, wire::Fd lock) : folder_(std::move(folder)), lock_(std::move(lock)) {}
  std::optional<Error> ended();
  std::string folder_;
  wire::Fd lock_;
  pid_t pid_ = -1;
  bool kept_ = false;
};

}  // namespace headroom::app
