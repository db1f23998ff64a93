#include "act/identity.h"

#include <fmt/format.h>

#include <array>

#include "base/text.h"
#include "wire/info_text.h"
#include "wire/reactions.h"

namespace headroom::act {
namespace {

using namespace std::string_view_literals;

tl::unexpected<Error> refused(const wire::Reply& reply, std::string address) {
  const auto& row = wire::reaction_to(reply.text);
  return fail({fmt::format("INFO was answered with: {} ({})", printable(reply.text), row.why),
               std::move(address),
               row.remedy.empty() ? "allow it: ACL SETUSER NAME +info" : std::string(row.remedy)});
}

/// A replication id of zeros is none.
std::string replication_id(std::string_view text) {
  return text.find_first_not_of('0') == std::string_view::npos ? std::string() : std::string(text);
}

PlanServer from_info(const wire::InfoText& info, std::string address) {
  PlanServer found;
  found.address = std::move(address);
  found.run_id = info.text("run_id");
  found.replid = replication_id(info.text("master_replid"));
  found.replid2 = replication_id(info.text("master_replid2"));
  found.role = info.text("role") == "slave" ? "replica"sv : info.text("role");
  found.version = info.text("redis_version");
  found.maxmemory_policy = info.text("maxmemory_policy");
  found.replicas = static_cast<std::uint32_t>(info.number("connected_slaves").value_or(0));
  for (const Keyspace& db : info.keyspace()) found.keys += db.keys;
  found.used_memory = {info.number("used_memory").value_or(0)};
  found.maxmemory = {info.number("maxmemory").value_or(0)};
  return found;
}

}  // namespace

Result<PlanServer> identify(wire::Link& link, std::string address) {
  auto reply = link.call(std::array{"INFO"sv});
  if (!reply) return fail(reply.error());
  if (reply->is_error()) return refused(*reply, std::move(address));
  const wire::InfoText info(std::move(reply->text));
  if (info.number("loading").value_or(0) != 0)
    return fail({"the server is loading its data after a start", std::move(address),
                 "wait; INFO persistence tells loading_eta_seconds"});
  auto found = from_info(info, std::move(address));
  if (found.run_id.empty() || found.role.empty())
    return fail({"INFO does not tell run_id and role, so this server cannot be told from another one",
                 found.address, "connect to the server itself instead of a proxy", Exit::refused});
  return found;
}

std::string differs(const PlanServer& planned, const PlanServer& found) {
  if (found.role != planned.role)
    return fmt::format("the server is a {} now and was a {}", printable(found.role), printable(planned.role));
  if (found.run_id != planned.run_id)
    return fmt::format("another process answers: it was restarted, or is another server (run_id {}, not {})",
                       printable(found.run_id), printable(planned.run_id));
  if (found.replid != planned.replid && !found.replid2.empty())
    return fmt::format(
        "the server was a replica of another one meanwhile, so its data may be others (replication id {}, "
        "not {})",
        printable(found.replid), printable(planned.replid));
  return {};
}

}  // namespace headroom::act
