#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace headroom::wire {

/// How to prove who the server is. Files are PEM. Without `ca_file` and `ca_folder` the system's authorities
/// are trusted.
struct TlsSettings {
  bool on = false;
  std::string ca_file{};
  std::string ca_folder{};
  std::string certificate{};  ///< ours, with its chain, for servers that ask for one
  std::string key{};  ///< of `certificate`; a key locked with a passphrase is an error, we never prompt
  std::string server_name{};  ///< sent as SNI and expected in the certificate; empty: the host of the address
  bool insecure = false;      ///< nothing about the certificate is checked; shown in every redacted address
};

/// One Redis server and the login to it. A plain value; holds a password, so it is never printed: use
/// redacted().
struct Endpoint {
  enum class Kind : std::uint8_t { tcp, unix_socket };
  Kind kind = Kind::tcp;
  std::string host = "127.0.0.1";  ///< name or address, IPv6 without brackets; of tcp
  std::uint16_t port = 6379;       ///< of tcp
  std::string path{};              ///< of unix_socket
  std::uint32_t db = 0;
  std::string user{};      ///< empty: the server's default user
  std::string password{};  ///< empty: no login
  TlsSettings tls{};

  /// The address for people, logs and reports: "redis://host:6379/0", "unix:///run/redis.sock?db=1".
  /// Names neither password nor user: redis-cli reads `redis://x@host` as a password, so a user may be one.
  std::string redacted() const;
};

/// Reads `redis://[user[:password]@]host[:port][/db][?db=N]`, the same with `rediss://` (TLS), and
/// `unix://[user[:password]@]path[?db=N&user=U&password=P]`. Parts are percent-decoded; IPv6 stands in
/// brackets. Errors (Exit::usage) name what is wrong but quote nothing of the address: any part of a mistyped
/// address may be the password.
Result<Endpoint> parse_endpoint(std::string_view address);

/// An address without what logs in, for lines that are shown.
struct BareAddress {
  std::string address{};
  std::string user{};     ///< decoded; empty: none
  bool password = false;  ///< it held one
};
/// All else of the address stays as it was written. Of what parse_endpoint() takes; what it does not take
/// becomes an empty address.
BareAddress without_login(std::string_view address);

/// A decimal number from 0 to `most` and nothing else, as databases and ports are written. Empty: not such a
/// number.
bool read_number(std::string_view text, std::uint32_t most, std::uint32_t& number);

}  // namespace headroom::wire
