#include "wire/connection_options.h"

#include <limits>

namespace headroom::wire {
namespace {

tl::unexpected<Error> wrong(std::string what, std::string where, std::string remedy) {
  return fail({std::move(what), std::move(where), std::move(remedy), Exit::usage});
}

std::optional<std::string> set_and_not_empty(const Environment& environment, std::string_view name) {
  auto value = environment(name);
  if (value && value->empty()) value.reset();
  return value;
}

Result<bool> check_places_agree(const ConnectionOptions& o) {
  if (o.url && (o.host || o.port || o.socket)) {
    return wrong("-u and one of -h, -p, -s both say where the server is", "the options",
                 "give the address in one way only");
  }
  if (o.socket && (o.host || o.port)) {
    return wrong("-s and one of -h, -p both say where the server is", "the options",
                 "give the address in one way only");
  }
  return true;
}

Result<bool> set_port(std::uint32_t port, std::string where, Endpoint& endpoint) {
  if (port == 0 || port > std::numeric_limits<std::uint16_t>::max()) {
    return wrong("the port is not a number from 1 to 65535", std::move(where),
                 "Redis listens on 6379 unless told otherwise");
  }
  endpoint.port = static_cast<std::uint16_t>(port);
  return true;
}

Result<bool> set_port_from_environment(const Environment& environment, Endpoint& endpoint) {
  const auto text = set_and_not_empty(environment, "REDIS_PORT");
  // Kubernetes sets REDIS_PORT=tcp://10.0.0.1:6379 in every pod beside a service named "redis"; nobody wrote
  // that for us.
  if (!text || text->starts_with("tcp://")) return true;
  std::uint32_t port = 0;
  if (!read_number(*text, std::numeric_limits<std::uint16_t>::max(), port)) port = 0;
  return set_port(port, "the environment variable REDIS_PORT", endpoint);
}

Result<Endpoint> host_and_port(const ConnectionOptions& o, const Environment& environment) {
  Endpoint endpoint;
  if (o.host) {
    endpoint.host = *o.host;
  } else if (auto host = set_and_not_empty(environment, "REDIS_HOST")) {
    endpoint.host = *std::move(host);
  }
  auto port = o.port ? set_port(*o.port, "-p", endpoint) : set_port_from_environment(environment, endpoint);
  if (!port) return fail(port.error());
  if (endpoint.host.empty()) return wrong("the host is empty", "-h", "leave -h out for 127.0.0.1");
  return endpoint;
}

Result<Endpoint> from_url(const std::string& url, std::string where) {
  auto endpoint = parse_endpoint(url);
  if (!endpoint) endpoint.error().where = std::move(where);
  return endpoint;
}

Result<Endpoint> place(const ConnectionOptions& o, const Environment& environment) {
  if (o.url) return from_url(*o.url, "the Redis address");
  if (o.socket) {
    Endpoint endpoint;
    endpoint.kind = Endpoint::Kind::unix_socket;
    endpoint.path = *o.socket;
    return endpoint;
  }
  if (!o.host && !o.port) {
    if (const auto url = set_and_not_empty(environment, "REDIS_URL"))
      return from_url(*url, "the environment variable REDIS_URL");
  }
  return host_and_port(o, environment);
}

void set_login(const ConnectionOptions& o, const Environment& environment, Endpoint& endpoint) {
  if (o.user) endpoint.user = *o.user;
  if (o.password) endpoint.password = *o.password;
  for (const std::string_view name : {"REDISCLI_AUTH", "REDIS_PASSWORD"}) {
    if (!endpoint.password.empty() || o.password) return;
    if (auto value = set_and_not_empty(environment, name)) endpoint.password = *std::move(value);
  }
}

Result<bool> check_login(const Endpoint& endpoint) {
  if (endpoint.user.empty() || !endpoint.password.empty()) return true;
  return wrong(
      "a user is given without a password", "the login",
      "set REDISCLI_AUTH to the password; an address with a password and no user is redis://:PASSWORD@HOST");
}

Result<bool> check_tls(const TlsSettings& tls, Endpoint::Kind kind) {
  if (tls.on && kind == Endpoint::Kind::unix_socket) {
    return wrong("TLS is not spoken over a Unix socket", "--tls", "leave --tls out");
  }
  const bool detailed = tls.insecure || !tls.ca_file.empty() || !tls.ca_folder.empty() ||
                        !tls.certificate.empty() || !tls.key.empty() || !tls.server_name.empty();
  if (detailed && !tls.on) {
    return wrong("TLS options are given, but the connection would not be encrypted", "the options",
                 "add --tls or use rediss://");
  }
  if (tls.certificate.empty() != tls.key.empty()) {
    return wrong("--cert and --key need each other", "the options", "give both, or neither");
  }
  return true;
}

Result<bool> set_tls(const ConnectionOptions& o, Endpoint& endpoint) {
  TlsSettings& tls = endpoint.tls;
  tls.on = tls.on || o.tls;
  tls.ca_file = o.ca_file.value_or("");
  tls.ca_folder = o.ca_folder.value_or("");
  tls.certificate = o.certificate.value_or("");
  tls.key = o.key.value_or("");
  tls.server_name = o.server_name.value_or("");
  tls.insecure = o.insecure;
  return check_tls(tls, endpoint.kind);
}

}  // namespace

Result<Endpoint> resolve_endpoint(const ConnectionOptions& options, const Environment& environment) {
  if (auto agreed = check_places_agree(options); !agreed) return fail(agreed.error());
  auto endpoint = place(options, environment);
  if (!endpoint) return endpoint;
  if (options.db) endpoint->db = *options.db;
  set_login(options, environment, *endpoint);
  if (auto login = check_login(*endpoint); !login) return fail(login.error());
  if (auto tls = set_tls(options, *endpoint); !tls) return fail(tls.error());
  return endpoint;
}

}  // namespace headroom::wire
