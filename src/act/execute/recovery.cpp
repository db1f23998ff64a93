#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <thread>

#include "act/execute/run.h"
#include "base/text.h"
#include "wire/reactions.h"

// The part of Run that deals with what goes wrong.
namespace headroom::act {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using namespace std::string_view_literals;
using wire::Reaction;

namespace {

constexpr milliseconds patience{60'000};  ///< for one cause, without a batch that went through
constexpr milliseconds shortest_rest{50}, longest_rest{1'000};

}  // namespace

void Run::stop(std::string why) {
  if (!stopped()) stopped_by_ = why.empty() ? "stopped" : std::move(why);
}

/// False: patience is at its end, and the run with it.
bool Run::rest(std::string_view reason, milliseconds length) {
  std::this_thread::sleep_for(length);
  pace_.waited(reason, length);
  return true;
}

bool Run::recover(Lane& lane, const Trouble& trouble) {
  return trouble.kind == Trouble::Kind::lost ? reconnect(lane, trouble.text) : react(trouble.text);
}

/// Sends again at once what was not done, once; waits where waiting helps; else stops, and says what has to
/// be done. A server that never does it (ASK: the keys went ahead of their slot) is not asked without end.
bool Run::react(const std::string& text) {
  const auto& row = wire::reaction_to(text);
  const bool resend = row.reaction == Reaction::resend;
  if (!resend && row.reaction != Reaction::wait_and_retry && row.reaction != Reaction::pause) {
    stop(fmt::format("{} ({}){}{}", row.why, printable(text), row.remedy.empty() ? "" : "; ", row.remedy));
    return false;
  }
  const auto now = steady_clock::now();
  const bool first = !trouble_since_;
  if (first) trouble_since_ = now;
  if (resend && first) return true;
  if (now - *trouble_since_ > patience) {
    stop(fmt::format("{} for more than a minute ({})", row.why, printable(text)));
    return false;
  }
  const auto so_far = std::chrono::duration_cast<milliseconds>(now - *trouble_since_);
  rest(row.why, std::clamp(so_far, shortest_rest, longest_rest));
  return permitted();
}

/// The connection again, with pauses that grow and differ; the run stops when it is another server, or none
/// for a minute. `why` is empty for a first opening.
bool Run::reconnect(Lane& lane, const std::string& why) {
  const auto until = steady_clock::now() + patience;
  const bool again = !why.empty();
  auto pause = shortest_rest;
  while (true) {
    const auto opened = lane.open();
    if (opened) break;
    if (opened.error().exit == Exit::refused || opened.error().exit == Exit::partial) {
      stop(opened.error().what);
    } else if (steady_clock::now() > until) {
      stop(fmt::format("the server was not to be reached for a minute: {}", opened.error().what));
    }
    if (stopped()) {
      if (again) journal_.note(fmt::format("what was removed last may have come back: {}", stopped_by_));
      return false;
    }
    const milliseconds jitter(random_() % static_cast<unsigned>(pause.count()));
    rest("the server is not to be reached", pause / 2 + jitter);
    if (pace_.has_to_end()) stop(pace_.why_stopped());
    pause = std::min(pause * 2, longest_rest);
  }
  if (again) {
    journal_.add(JournalStart{plan_.id,
                              "apply",
                              {},
                              target_.address,
                              target_.server.run_id,
                              target_.server.replid,
                              0,
                              milliseconds(clock_.now()),
                              {}});
  }
  if (means_.scripts) {
    if (const auto taught = teach_script(lane.link())) return recover(lane, taught);
  }
  return true;
}

/// WAIT on the connection of the last change: what came before it on others came before it there too.
bool Run::replicas_have_it(Lane& lane) {
  const auto wanted = std::min(options_.wait_replicas, lane.replicas());
  if (wanted == 0) return true;
  const auto until = steady_clock::now() + patience;
  while (!stopped()) {
    std::int64_t reached = 0;
    std::string refused;
    const auto began = steady_clock::now();
    Pipeline pipeline(lane.link());
    pipeline.ask({"WAIT", std::to_string(wanted), std::to_string(options_.replica_timeout.count())},
                 [&](const wire::Reply& reply) {
                   reached = reply.integer;
                   if (reply.is_error()) refused = reply.text;
                 });
    if (const auto trouble = pipeline.run()) return reconnect(lane, trouble.text);
    if (!refused.empty()) return react(refused);
    if (reached >= wanted) return true;
    pace_.waited("replicas", std::chrono::duration_cast<milliseconds>(steady_clock::now() - began));
    if (steady_clock::now() > until) stop("the replicas did not confirm the last changes for a minute");
    permitted();
  }
  return false;
}

}  // namespace headroom::act
