#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace headroom::app {

/// A redis-server of ours in a new folder (0700), on a Unix socket and no port, that begins with the keys of
/// an RDB image. Ended by pid and its folder removed with the object, unless keep() was called.
class PrivateServer {
 public:
  static Result<std::unique_ptr<PrivateServer>> start(std::string_view rdb_image);
  ~PrivateServer();
  PrivateServer(const PrivateServer&) = delete;
  PrivateServer& operator=(const PrivateServer&) = delete;

  std::string socket() const { return folder_ + "/redis.sock"; }
  const std::string& folder() const { return folder_; }
  pid_t pid() const { return pid_; }
  void keep() { kept_ = true; }

 private:
  explicit PrivateServer(std::string folder) : folder_(std::move(folder)) {}
  Result<bool> launch();
  std::string folder_;
  pid_t pid_ = -1;
  bool kept_ = false;
};

}  // namespace headroom::app
