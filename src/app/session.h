#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "app/subcommand.h"
#include "source/live_scan.h"
#include "wire/endpoint.h"
#include "wire/link.h"
#include "wire/waiting.h"

namespace headroom::app {

/// The server a command looks at. Every connection but those of open_for_changes() stands behind
/// ReadOnlyLink: what it lets through changes nothing.
class Session {
 public:
  /// `command` names the program in CLIENT LIST: "headroom:audit".
  Session(wire::Endpoint endpoint, std::string_view command, double connect_timeout = 5);

  /// A new connection, logged in. Ctrl-C cancels whatever waits on it.
  Result<std::unique_ptr<wire::Link>> open() const;

  /// A new connection that may change the server: for apply, undo and sweep alone. Ctrl-C does not reach it,
  /// since what is under way must come to its end. `patience` is how long a command may take.
  Result<std::unique_ptr<wire::Link>> open_for_changes(
      std::chrono::milliseconds patience = std::chrono::seconds(30),
      std::shared_ptr<wire::Cancellation> cancellation = nullptr) const;

  /// The address for people: no password, no user.
  std::string address() const { return endpoint_.redacted(); }
  /// "host:6379", or the path of the socket: what a phrase names it by.
  std::string host() const;
  /// How to reach it; holds the password.
  const wire::Endpoint& endpoint() const { return endpoint_; }

 private:
  wire::Endpoint endpoint_;
  std::string command_;
  double connect_timeout_;
};

/// The server that `target` (an address; empty: none was given), the options and the environment name. Opens
/// nothing. Errors: Exit::usage.
Result<Session> session(const Invocation& invocation, const std::string& target);

/// What the options say about how to scan. Errors (Exit::usage): a number out of its range.
Result<source::ScanOptions> scan_options(const Options& options, source::Pace pace = source::gentle());

}  // namespace headroom::app
