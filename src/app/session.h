#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "app/subcommand.h"
#include "source/live_scan.h"
#include "wire/endpoint.h"
#include "wire/link.h"

namespace headroom::app {

/// The server a command looks at. Every connection of a session stands behind ReadOnlyLink: what it lets
/// through changes nothing.
class Session {
 public:
  /// `command` names the program in CLIENT LIST: "headroom:audit".
  Session(wire::Endpoint endpoint, std::string_view command, double connect_timeout = 5);

  /// A new connection, logged in. Ctrl-C cancels whatever waits on it.
  Result<std::unique_ptr<wire::Link>> open() const;

  /// The address for people: no password, no user.
  std::string address() const { return endpoint_.redacted(); }
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
Result<source::ScanOptions> scan_options(const Options& options);

}  // namespace headroom::app
