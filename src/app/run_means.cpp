#include "app/run_means.h"

#include <fmt/format.h>

#include "act/identity.h"
#include "act/private_file.h"
#include "app/interruption.h"
#include "app/typed_line.h"
#include "app/until_pace.h"
#include "facts/server_time.h"

namespace headroom::app {
namespace {

using std::chrono::seconds;

act::PressureLimits limits_of(const RunGround& ground) {
  const auto& pace = ground.policy.pace;
  const auto& options = ground.options;
  act::PressureLimits limits;
  limits.duty = options.fast ? 1.0 : pace.duty;
  if (options.fast)
    limits.batch_target = std::chrono::milliseconds(1), limits.batch_most = std::chrono::milliseconds(4);
  limits.first_batch = pace.first_batch;
  limits.run_time = pace.run_time;
  if (ground.wishes.duty) limits.duty = *ground.wishes.duty;
  if (ground.wishes.run_time) limits.run_time = *ground.wishes.run_time;
  for (const auto& text : pace.windows)
    if (const auto window = plan::read_window(text)) limits.windows.push_back({window->from, window->to});
  return limits;
}

bool names_a_server(const Invocation& invocation) {
  const auto& options = invocation.options;
  if (!options.url.empty() || !options.host.empty() || !options.port.empty() || !options.socket.empty())
    return true;
  for (const auto* name : {"REDIS_URL", "REDIS_HOST", "REDIS_PORT"})
    if (const auto value = invocation.environment(name); value && !value->empty()) return true;
  return false;
}

}  // namespace

Result<RunMeans> run_means(const RunGround& ground, const std::string& run, const PlanServer& server) {
  const auto limits = limits_of(ground);
  interruption();  // from here on a signal ends the run after its batch
  if (const auto folder = act::private_folder(ground.state.run(run)); !folder) return fail(folder.error());
  auto lock = act::LocalLock::take(ground.state.path(), run);
  if (!lock) return fail(lock.error());
  const auto& session = ground.session;
  auto lease = act::LeaseKeeper::take([&session] { return session.open_for_changes(seconds(1)); }, run);
  if (!lease) return fail(lease.error());
  RunMeans means{std::move(*lock), std::unique_ptr<act::LeaseKeeper, ReleaseLease>(lease->release()),
                 std::make_unique<StatusLine>(ground.options), std::make_unique<std::vector<std::string>>()};
  if (const auto note = means.lease->note(); !note.empty()) means.notes->push_back(note);

  act::PressureParts parts;
  parts.cancellation = std::make_shared<wire::Cancellation>();
  parts.open = [&session, cancellation = parts.cancellation] {
    return session.open_for_changes(seconds(5), cancellation);
  };
  parts.stop_files = {ground.state.path() + "/stop", ground.state.run(run) + "/stop"};
  parts.control_socket = ground.state.run(run) + "/control";
  parts.interrupted = [] { return interruption()->cancelled(); };
  parts.lease = means.lease.get();
  parts.on_wait = [status = means.status.get()](std::string_view reason) { status->waits(reason); };
  parts.on_note = [notes = means.notes.get()](std::string_view note) { notes->emplace_back(note); };
  auto pace = act::press(limits, std::move(parts));
  if (!pace) return fail(pace.error());
  means.pace = std::move(*pace);
  if (ground.wishes.until) {
    auto stopping = UntilPace::over(std::move(means.pace), *ground.wishes.until,
                                    [&session] { return session.open_for_changes(seconds(5)); });
    if (!stopping) return fail(stopping.error());
    means.pace = std::move(*stopping);
  }
  means.target = {[&session] { return session.open_for_changes(); }, session.address(), server};
  return means;
}

Result<ServerNow> server_now(const Session& session) {
  auto link = session.open_for_changes();
  if (!link) return fail(link.error());
  auto server = act::identify(**link, session.address());
  if (!server) return fail(server.error());
  const auto time = facts::server_time(**link);
  if (!time) return fail(time.error());
  return ServerNow{std::move(*server), *time};
}

Result<std::string> target_of(const Invocation& invocation, const std::string& typed,
                              const std::string& address) {
  if (!typed.empty() && typed.find("://") == std::string::npos)
    return fail({"this is no address of a server", typed,
                 fmt::format("headroom {} ... redis://HOST:PORT", invocation.command), Exit::usage});
  if (!typed.empty() || names_a_server(invocation)) return typed;
  // What is behind a blank is for people: "(certificate not checked)".
  return address.substr(0, address.find(' '));
}

std::string RunGround::line(std::string_view command, std::vector<std::string> words) const {
  if (!target.empty()) words.push_back(target);
  return line_about(command, std::move(words), options);
}

}  // namespace headroom::app
