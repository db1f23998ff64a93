#include "source/replica_snapshot.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "wire/read_only_link.h"

namespace headroom::source {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds most_lag{10};
constexpr std::size_t most_tries = 3;
constexpr milliseconds replica_deadline{2'000};

/// The stream behind the door that the decoder knows.
class StreamInput final : public rdb::Input {
 public:
  explicit StreamInput(std::unique_ptr<wire::ReplicationStream> stream) : stream_(std::move(stream)) {}
  Result<std::size_t> read(std::span<char> room) override { return stream_->read(room); }
  std::uint64_t size() const override { return stream_->start().length.value_or(0); }

 private:
  std::unique_ptr<wire::ReplicationStream> stream_;
};

Result<SnapshotRisk> risk_of(const wire::Endpoint& endpoint, const ReplicaSnapshotOptions& options,
                             const wire::Deadlines& deadlines) {
  auto connection = wire::Connection::open(endpoint, options.command, deadlines, {}, options.cancellation);
  if (!connection) return fail(connection.error());
  wire::ReadOnlyLink door(**connection);
  return assess(door);
}

/// The host is a stranger's word, and goes to the resolver.
bool is_plain_host(std::string_view host) {
  const auto fits = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
           c == ':' || c == '-' || c == '_';
  };
  return !host.empty() && host.size() <= 255 && std::all_of(host.begin(), host.end(), fits);
}

bool is_this_machine(std::string_view host) {
  return host.starts_with("127.") || host == "::1" || host == "localhost";
}

/// Why a listed replica is not even tried; empty: it is.
std::string_view objection(const ListedReplica& replica, const wire::Endpoint& target) {
  if (!replica.online) return "not online";
  if (replica.port == 0 || !is_plain_host(replica.host)) return "no address to connect to";
  if (!replica.lag || *replica.lag > most_lag) return "lags too far behind";
  if (target.kind == wire::Endpoint::Kind::unix_socket && !is_this_machine(replica.host))
    return "on another machine, and the login of a Unix socket stays here";
  return {};
}

wire::Endpoint at(const ListedReplica& replica, const wire::Endpoint& target) {
  wire::Endpoint endpoint = target;
  endpoint.kind = wire::Endpoint::Kind::tcp;
  endpoint.host = replica.host, endpoint.port = replica.port;
  endpoint.path.clear(), endpoint.db = 0;
  return endpoint;
}

/// Why a replica that answered does not serve; empty: it does.
std::string objection(const SnapshotRisk& replica, const SnapshotRisk& master) {
  if (replica.role != SnapshotRisk::Role::replica || !replica.linked_to_master)
    return "is no replica with a link to its master";
  if (replica.replication_id.empty() || replica.replication_id != master.replication_id)
    return "is a replica of something else";
  const auto reason = danger(replica, "");
  return reason ? reason->what : std::string();
}

std::vector<ListedReplica> candidates(const SnapshotPlan& plan, std::vector<std::string>& passed_over) {
  std::vector<ListedReplica> found;
  for (const auto& replica : plan.risk.replicas) {
    const auto why = objection(replica, plan.source);
    if (why.empty())
      found.push_back(replica);
    else
      passed_over.push_back(fmt::format("{}:{}: {}", escaped(replica.host), replica.port, why));
  }
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
    return a.lag != b.lag ? a.lag < b.lag : a.offset > b.offset;
  });
  return found;
}

}  // namespace

Result<SnapshotPlan> plan_snapshot(const wire::Endpoint& target, const ReplicaSnapshotOptions& options) {
  SnapshotPlan plan;
  plan.source = target, plan.source.db = 0;
  auto risk = risk_of(plan.source, options, options.replication.deadlines);
  if (!risk) return fail(risk.error());
  plan.risk = *std::move(risk);
  if (plan.risk.role != SnapshotRisk::Role::master || !options.prefer_replica) return plan;

  wire::Deadlines short_time = options.replication.deadlines;
  short_time.connect = std::min(short_time.connect, replica_deadline);
  short_time.handshake = std::min(short_time.handshake, replica_deadline);
  short_time.command = std::min(short_time.command, replica_deadline);
  std::size_t tries = 0;
  for (const auto& replica : candidates(plan, plan.passed_over)) {
    if (++tries > most_tries) break;
    auto endpoint = at(replica, target);
    auto found = risk_of(endpoint, options, short_time);
    if (!found && found.error().exit == Exit::partial) return fail(found.error());  // interrupted
    const std::string why = found ? objection(*found, plan.risk) : found.error().what;
    if (why.empty()) {
      plan.source = std::move(endpoint), plan.risk = *std::move(found), plan.from_target = false;
      return plan;
    }
    plan.passed_over.push_back(fmt::format("{}: {}", endpoint.redacted(), why));
  }
  return plan;
}

Result<Snapshot> open_snapshot(const SnapshotPlan& plan, const ReplicaSnapshotOptions& options) {
  if (!options.force) {
    if (auto reason = danger(plan.risk, plan.source.redacted())) return fail(*std::move(reason));
  }
  auto attached =
      wire::ReplicationStream::open(plan.source, options.command, options.replication, options.cancellation);
  if (!attached) return fail(attached.error());
  if (!attached->stream) return Snapshot{nullptr, {}, std::move(attached->refusal)};
  auto start = attached->stream->start();
  return Snapshot{std::make_unique<StreamInput>(std::move(attached->stream)), std::move(start), {}};
}

}  // namespace headroom::source
