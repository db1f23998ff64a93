#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "app/options.h"
#include "app/private_server.h"
#include "app/session.h"
#include "base/result.h"
#include "source/snapshot.h"

namespace headroom::app {

/// The data of a server as they were at one moment, in a redis-server of our own, so that whoever reads a
/// server can read them. It stands still, but for keys whose TTL ends; it knows no idle times (it runs under
/// an LFU policy, so that nobody takes the time since it was loaded for one), and of who is connected
/// nothing. It takes as much memory of this machine as the data took of the server's, and ends with the
/// object, or with us; the next one removes the files of one that was killed.
class FrozenCopy {
 public:
  /// Loads the RDB file at `path`; one that is packed, and "-", are written out below TMPDIR first. Errors:
  /// it cannot be opened or is no RDB file (Exit::usage); it is damaged or changes meanwhile (Exit::partial);
  /// the machine has not got the memory and `options.force` is not given (Exit::refused); redis-server is not
  /// there, or cannot load it (Exit::unreachable).
  static Result<FrozenCopy> of_file(const std::string& path, const Session& target, const Options& options);
  /// Takes a snapshot of `target`, or of a replica of it, as `audit --source snapshot` does, and loads that.
  static Result<FrozenCopy> of_snapshot(const Session& target, const Options& options);

  const Session& session() const { return session_; }  ///< to read the copy
  const source::SnapshotFacts& facts() const { return facts_; }
  /// When it was made, by the clock of who wrote it; of files from before Redis 3.2 the file system's.
  std::chrono::milliseconds written() const { return written_; }

 private:
  FrozenCopy(std::unique_ptr<PrivateServer> server, Session session)
      : server_(std::move(server)), session_(std::move(session)) {}
  static Result<FrozenCopy> prepare(const Session& target);
  Result<bool> take_in(const std::string& name, const Options& options);
  Result<bool> check(const std::string& name, const Options& options);
  Result<bool> load(const std::string& name, const Options& options);

  std::unique_ptr<PrivateServer> server_;
  Session session_;
  source::SnapshotFacts facts_{};
  std::chrono::milliseconds written_{};
};

}  // namespace headroom::app
