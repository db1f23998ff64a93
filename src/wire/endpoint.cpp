#include "wire/endpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/text.h"

namespace headroom::wire {
namespace {

constexpr std::string_view example =
    "write it as redis://[user:password@]host[:port][/db], rediss://... for TLS, or unix:///path?db=0";

tl::unexpected<Error> wrong(std::string what, std::string_view remedy = example) {
  return fail({std::move(what), "the Redis address", std::string(remedy), Exit::usage});
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Result<std::string> percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out.push_back(text[i]);
      continue;
    }
    const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
    if (high < 0 || low < 0)
      return wrong("a '%' is not followed by two hexadecimal digits", "write a '%' itself as %25");
    out.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return out;
}

/// Decoded, and safe to show and to hand to the system: no control bytes, no NUL that would cut it short.
Result<std::string> decoded_place(std::string_view text, std::string_view part) {
  auto out = percent_decoded(text);
  if (!out) return out;
  if (printable(*out) != *out)
    return wrong(fmt::format("the {} holds a character that cannot be seen", part));
  return out;
}

Result<bool> read_login(std::string_view login, Endpoint& endpoint) {
  const auto colon = login.find(':');
  auto user = percent_decoded(login.substr(0, colon));
  if (!user) return fail(user.error());
  endpoint.user = *std::move(user);
  if (colon == std::string_view::npos) return true;
  auto password = percent_decoded(login.substr(colon + 1));
  if (!password) return fail(password.error());
  endpoint.password = *std::move(password);
  return true;
}

Result<bool> read_port(std::string_view text, Endpoint& endpoint) {
  std::uint32_t port = 0;
  if (!read_number(text, std::numeric_limits<std::uint16_t>::max(), port) || port == 0) {
    return wrong("the port is not a number from 1 to 65535",
                 "if the password holds @ : / ? # or %, write those as %40 %3A %2F %3F %23 %25");
  }
  endpoint.port = static_cast<std::uint16_t>(port);
  return true;
}

Result<bool> read_host_and_port(std::string_view text, Endpoint& endpoint) {
  std::string_view host = text;
  std::string_view rest;
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos) return wrong("the IPv6 address has no closing bracket");
    host = text.substr(1, close - 1);
    rest = text.substr(close + 1);
    if (!rest.empty() && rest[0] != ':') return wrong("something other than a port follows the IPv6 address");
  } else if (const auto colon = text.find(':'); colon != std::string_view::npos) {
    host = text.substr(0, colon);
    rest = text.substr(colon);
    if (rest.find(':', 1) != std::string_view::npos) {
      return wrong("there is more than one ':' after the login",
                   "write an IPv6 address in brackets: redis://[::1]:6379");
    }
  }
  if (rest.size() > 1) {
    if (auto port = read_port(rest.substr(1), endpoint); !port) return port;
  }
  if (host.empty()) return true;  // redis://:6380 means the host of our default, as in redis-py and ioredis
  auto decoded = decoded_place(host, "host");
  if (!decoded) return fail(decoded.error());
  endpoint.host = *std::move(decoded);
  return true;
}

Result<bool> read_db(std::string_view text, Endpoint& endpoint) {
  if (text.empty()) return true;
  // Redis keeps the number of databases in an int.
  if (!read_number(text, std::numeric_limits<std::int32_t>::max(), endpoint.db)) {
    return wrong("the database is not a number", "end the address with the number: redis://host:6379/0");
  }
  return true;
}

Result<bool> read_parameter(std::string_view name, std::string_view value, Endpoint& endpoint) {
  if (name == "db") return read_db(value, endpoint);
  const bool login = endpoint.kind == Endpoint::Kind::unix_socket &&
                     (name == "user" || name == "username" || name == "password");
  if (!login) {
    return wrong(
        "the address has a parameter that is not known after '?'",
        "known are db, and user and password for unix://; TLS is set by --cacert, --cert, --key, --insecure");
  }
  auto decoded = percent_decoded(value);
  if (!decoded) return fail(decoded.error());
  (name == "password" ? endpoint.password : endpoint.user) = *std::move(decoded);
  return true;
}

Result<bool> read_parameters(std::string_view query, Endpoint& endpoint) {
  while (!query.empty()) {
    const auto pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const auto equals = pair.find('=');
    const auto value = equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1);
    if (auto done = read_parameter(pair.substr(0, equals), value, endpoint); !done) return done;
  }
  return true;
}

std::string_view cut_query(std::string_view& rest) {
  const auto mark = rest.find('?');
  if (mark == std::string_view::npos) return {};
  const auto query = rest.substr(mark + 1);
  rest = rest.substr(0, mark);
  return query;
}

Result<Endpoint> parse_tcp(std::string_view rest, bool tls) {
  Endpoint endpoint;
  endpoint.tls.on = tls;
  const auto query = cut_query(rest);
  const auto slash = rest.find('/');
  auto authority = rest.substr(0, slash);
  // The last '@', because people paste passwords with a raw '@' and no host holds one.
  if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
    if (auto login = read_login(authority.substr(0, at), endpoint); !login) return fail(login.error());
    authority.remove_prefix(at + 1);
  }
  if (auto place = read_host_and_port(authority, endpoint); !place) return fail(place.error());
  const auto db = slash == std::string_view::npos ? std::string_view{} : rest.substr(slash + 1);
  if (auto done = read_db(db, endpoint); !done) return fail(done.error());
  if (auto done = read_parameters(query, endpoint); !done) return fail(done.error());
  return endpoint;
}

Result<Endpoint> parse_unix(std::string_view rest) {
  Endpoint endpoint;
  endpoint.kind = Endpoint::Kind::unix_socket;
  const auto query = cut_query(rest);
  // Only a login before the first '/' is one: a path may hold '@'.
  if (const auto at = rest.substr(0, rest.find('/')).rfind('@'); at != std::string_view::npos) {
    if (auto login = read_login(rest.substr(0, at), endpoint); !login) return fail(login.error());
    rest.remove_prefix(at + 1);
  }
  auto path = decoded_place(rest, "socket path");
  if (!path) return fail(path.error());
  if (path->empty())
    return wrong("the address names no socket", "write it as unix:///run/redis/redis.sock?db=0");
  endpoint.path = *std::move(path);
  if (auto done = read_parameters(query, endpoint); !done) return fail(done.error());
  return endpoint;
}

}  // namespace

bool read_number(std::string_view text, std::uint32_t most, std::uint32_t& number) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value > most) return false;
  number = value;
  return true;
}

Result<Endpoint> parse_endpoint(std::string_view address) {
  const auto mark = address.find("://");
  if (mark == std::string_view::npos)
    return wrong("the address has no scheme (redis://, rediss:// or unix://)");
  const auto scheme = address.substr(0, mark);
  const auto rest = address.substr(mark + 3);
  if (rest.find('#') != std::string_view::npos) return wrong("the address holds a '#'", "write a '#' as %23");
  if (scheme == "redis") return parse_tcp(rest, false);
  if (scheme == "rediss") return parse_tcp(rest, true);
  if (scheme == "unix") return parse_unix(rest);
  return wrong("the scheme of the address is not redis, rediss or unix");
}

BareAddress without_login(std::string_view address) {
  const auto endpoint = parse_endpoint(address);
  if (!endpoint) return {};
  const auto begin = address.find("://") + 3;
  auto rest = address.substr(begin);
  const auto query = cut_query(rest);
  const bool socket = endpoint->kind == Endpoint::Kind::unix_socket;
  const auto login = rest.substr(0, rest.find('/'));
  if (const auto at = login.rfind('@'); at != std::string_view::npos) rest.remove_prefix(at + 1);
  BareAddress bare{std::string(address.substr(0, begin)) + std::string(rest), endpoint->user,
                   !endpoint->password.empty()};
  if (socket && endpoint->db != 0)
    bare.address += fmt::format("?db={}", endpoint->db);
  else if (!socket && !query.empty())
    bare.address += fmt::format("?{}", query);
  return bare;
}

std::string Endpoint::redacted() const {
  if (kind == Kind::unix_socket)
    return fmt::format("unix://{}{}", printable(path), db == 0 ? "" : fmt::format("?db={}", db));
  const bool six = host.find(':') != std::string::npos;
  return fmt::format("{}://{}{}{}:{}/{}{}", tls.on ? "rediss" : "redis", six ? "[" : "", printable(host),
                     six ? "]" : "", port, db, tls.on && tls.insecure ? " (certificate not checked)" : "");
}

}  // namespace headroom::wire
