#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "wire/endpoint.h"

namespace headroom::wire {

/// What the user typed, flag by flag as in redis-cli; empty: not given.
struct ConnectionOptions {
  std::optional<std::string> url{};          ///< -u, or the TARGET
  std::optional<std::string> host{};         ///< -h
  std::optional<std::uint32_t> port{};       ///< -p
  std::optional<std::string> socket{};       ///< -s
  std::optional<std::string> password{};     ///< -a
  std::optional<std::string> user{};         ///< --user
  std::optional<std::uint32_t> db{};         ///< -n
  bool tls = false;                          ///< --tls
  std::optional<std::string> ca_file{};      ///< --cacert
  std::optional<std::string> ca_folder{};    ///< --cacertdir
  std::optional<std::string> certificate{};  ///< --cert
  std::optional<std::string> key{};          ///< --key
  std::optional<std::string> server_name{};  ///< --sni
  bool insecure = false;                     ///< --insecure
  bool cluster = false;  ///< -c: read by whoever routes; one endpoint does not depend on it
};

/// A look-up of one environment variable; empty when it is not set. Passed in so that this room reads no
/// environment itself.
using Environment = std::function<std::optional<std::string>(std::string_view name)>;

/// One endpoint from flags, environment and defaults. A variable that is set but empty counts as not set.
///
/// Place: -u, else -s, else -h and -p, each else REDIS_HOST and REDIS_PORT, else 127.0.0.1:6379. REDIS_URL
/// stands in for -u when none of -u, -h, -p, -s is given; otherwise it is not read at all, so that its
/// password never goes to a server it was not written for. Password: -a, else the address's own, else
/// REDISCLI_AUTH (what redis-cli does), else REDIS_PASSWORD. -n, --user, --tls win over the address.
/// Database: -n, else the address's, else 0.
///
/// Errors (Exit::usage): what cannot be true together (-u with -h; --cacert or --insecure without TLS, which
/// would read as "encrypted" and is not; --cert without --key; TLS over a Unix
/// socket; a user without a password, which may be a password in the place of the user), and values out of
/// range. None of them holds a password.
Result<Endpoint> resolve_endpoint(const ConnectionOptions& options, const Environment& environment);

}  // namespace headroom::wire
