#pragma once

#include <memory>
#include <string>
#include <vector>

#include "act/executor.h"
#include "act/lease.h"
#include "act/pressure.h"
#include "act/state_folder.h"
#include "app/session.h"
#include "app/status_line.h"
#include "app/subcommand.h"
#include "app/wishes.h"
#include "plan/policy.h"

namespace headroom::app {

/// What a command that changes a server is about.
struct RunGround {
  Session session;
  act::StateFolder state;
  std::string secret{};
  plan::Policy policy{};
  Options options{};
  Wishes wishes{};
  /// As it was typed, or as the plan or journal remembers it; empty: options or environment name the server.
  std::string target{};

  /// A line to type about the same server, state folder and policy.
  std::string line(std::string_view command, std::vector<std::string> words) const;
};

/// Gives a lease back, whatever way its run ended: nobody has to wait for it to expire.
struct ReleaseLease {
  void operator()(act::LeaseKeeper* lease) const {
    lease->release();
    delete lease;
  }
};

/// What a run holds while it changes a server: nobody else changes it meanwhile, and it goes no faster than
/// allowed. Given back by the destructor, in the right order.
struct RunMeans {
  act::LocalLock lock;
  std::unique_ptr<act::LeaseKeeper, ReleaseLease> lease{};
  std::unique_ptr<StatusLine> status{};
  /// Where the pace puts its own too, from its thread: of meaning once the run is over.
  std::unique_ptr<std::vector<std::string>> notes{};
  std::unique_ptr<act::Pace> pace{};  ///< borrows the lease and the status line
  act::ApplyTarget target{};
};

/// Takes lock and lease and starts to watch the server. `server`: what connections are compared with. Error
/// (Exit::refused): another run is at work, and whose.
Result<RunMeans> run_means(const RunGround& ground, const std::string& run, const PlanServer& server);

/// The server as it is now, and its clock. Errors: it cannot be reached, or does not say who it is.
struct ServerNow {
  PlanServer server{};
  std::chrono::milliseconds time{};
};
Result<ServerNow> server_now(const Session& session);

/// The TARGET of a command: `typed`, if it is; else, without anything in the options and the environment,
/// that of `address`, which a plan or journal names. Error (Exit::usage): it is no address.
Result<std::string> target_of(const Invocation& invocation, const std::string& typed,
                              const std::string& address);

}  // namespace headroom::app
