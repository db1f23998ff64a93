#include "app/session.h"

#include <fmt/format.h>

#include "app/interruption.h"
#include "wire/connection.h"
#include "wire/connection_options.h"
#include "wire/read_only_link.h"

namespace headroom::app {
namespace {

/// A connection and the door before it, kept together.
class GuardedLink final : public wire::Link {
 public:
  explicit GuardedLink(std::unique_ptr<wire::Link> real) : real_(std::move(real)), door_(*real_) {}
  Result<wire::Reply> call(wire::Command command) override { return door_.call(command); }
  void queue(wire::Command command) override { door_.queue(command); }
  Result<bool> flush() override { return door_.flush(); }
  Result<std::reference_wrapper<const wire::Reply>> read() override { return door_.read(); }
  std::size_t pending() const override { return door_.pending(); }

 private:
  std::unique_ptr<wire::Link> real_;
  wire::ReadOnlyLink door_;
};

std::optional<std::string> given(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional<std::string>(text);
}

Error bad_value(std::string_view option, std::string_view allowed) {
  return {fmt::format("the value of {} is not {}", option, allowed), "command line", "headroom help",
          Exit::usage};
}

Result<std::optional<std::uint32_t>> number(const std::string& text, std::string_view option,
                                            std::uint32_t most) {
  if (text.empty()) return std::optional<std::uint32_t>();
  std::uint32_t value = 0;
  if (!wire::read_number(text, most, value))
    return fail(bad_value(option, fmt::format("a number from 0 to {}", most)));
  return std::optional(value);
}

Result<wire::ConnectionOptions> connection_options(const Options& options, const std::string& target) {
  const auto port = number(options.port, "-p", 65535);
  if (!port) return fail(port.error());
  const auto db = number(options.db, "-n", 1'000'000);
  if (!db) return fail(db.error());
  wire::ConnectionOptions out;
  out.url = given(target.empty() ? options.url : target);
  out.host = given(options.host), out.port = *port, out.socket = given(options.socket);
  out.password = given(options.password), out.user = given(options.user), out.db = *db;
  out.tls = options.tls, out.insecure = options.insecure, out.cluster = options.cluster;
  out.ca_file = given(options.cacert), out.ca_folder = given(options.cacertdir);
  out.certificate = given(options.cert), out.key = given(options.key), out.server_name = given(options.sni);
  return out;
}

}  // namespace

Session::Session(wire::Endpoint endpoint, std::string_view command, double connect_timeout)
    : endpoint_(std::move(endpoint)), command_(command), connect_timeout_(connect_timeout) {}

Result<std::unique_ptr<wire::Link>> Session::open() const {
  wire::Deadlines deadlines;
  deadlines.connect = std::chrono::milliseconds(static_cast<std::int64_t>(connect_timeout_ * 1000));
  auto connection = wire::Connection::open(endpoint_, command_, deadlines, {}, interruption());
  if (!connection) return fail(connection.error());
  return std::make_unique<GuardedLink>(std::move(*connection));
}

Result<std::unique_ptr<wire::Link>> Session::open_for_changes(
    std::chrono::milliseconds patience, std::shared_ptr<wire::Cancellation> cancellation) const {
  wire::Deadlines deadlines;
  deadlines.connect = std::chrono::milliseconds(static_cast<std::int64_t>(connect_timeout_ * 1000));
  deadlines.command = patience;
  auto connection = wire::Connection::open(endpoint_, command_, deadlines, {}, std::move(cancellation));
  if (!connection) return fail(connection.error());
  return std::move(*connection);
}

std::string Session::host() const {
  return endpoint_.kind == wire::Endpoint::Kind::tcp ? fmt::format("{}:{}", endpoint_.host, endpoint_.port)
                                                     : endpoint_.path;
}

Result<Session> session(const Invocation& invocation, const std::string& target) {
  const auto& options = invocation.options;
  if (!(options.connect_timeout > 0 && options.connect_timeout <= 3600))
    return fail(bad_value("--connect-timeout", "between 0 and 3600 seconds"));
  if (options.cluster)
    return fail({"headroom does not follow a cluster by itself yet", "-c",
                 "name each master as a TARGET: headroom audit "
                 "redis://a:6379 redis://b:6379 (their reports are added up)",
                 Exit::usage});
  const auto wished = connection_options(options, target);
  if (!wished) return fail(wished.error());
  auto endpoint = wire::resolve_endpoint(
      *wished, [&](std::string_view name) { return invocation.environment(std::string(name)); });
  if (!endpoint) return fail(endpoint.error());
  return Session(std::move(*endpoint), invocation.command, options.connect_timeout);
}

Result<source::ScanOptions> scan_options(const Options& options, source::Pace pace) {
  if (options.max_load < 0 || options.max_load > 100)
    return fail(bad_value("--max-load", "a percentage from 1 to 100"));
  if (!(options.max_seconds >= 0 && options.max_seconds <= 1e9))
    return fail(bad_value("--max-seconds", "a number of seconds"));
  const auto db = number(options.db, "-n", 1'000'000);
  if (!db) return fail(db.error());
  source::ScanOptions out;
  out.db = *db;
  out.pace = options.fast ? source::fast() : pace;
  if (options.max_load > 0) out.pace.max_load_percent = static_cast<std::uint32_t>(options.max_load);
  if (options.max_seconds > 0)
    out.time_budget = std::chrono::milliseconds(static_cast<std::int64_t>(options.max_seconds * 1000));
  return out;
}

}  // namespace headroom::app
