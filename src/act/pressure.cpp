#include "act/pressure.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>

#include "act/control_socket.h"
#include "act/duty.h"
#include "act/lookout.h"
#include "base/quantity.h"
#include "base/text.h"

namespace headroom::act {
namespace {

using namespace std::chrono_literals;
using namespace std::string_view_literals;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr nanoseconds moment = 50ms;  // of waiting, between two looks for a reason to stop

class Pressure final : public Pace {
 public:
  Pressure(PressureLimits limits, PressureParts parts, std::unique_ptr<Lookout> lookout)
      : limits_(std::move(limits)),
        parts_(std::move(parts)),
        lookout_(std::move(lookout)),
        duty_(limits_.duty, limits_.batch_target, limits_.batch_most, limits_.first_batch, now()),
        begun_(now()) {
    open_control();
  }

  Result<Go> permit() override;
  bool rest_due() const override { return duty_.rest_due(); }
  bool has_to_end() override;
  std::size_t batch() const override { return duty_.batch(); }
  void served(const Served& request) override;
  void waited(std::string_view reason, milliseconds length) override;
  std::string why_stopped() const override { return stopped_; }
  std::vector<RunWait> waits() const override;

 private:
  std::chrono::steady_clock::time_point now() const { return parts_.clock.now(); }
  void open_control();
  bool stop(std::string why);
  bool has_to_stop();
  bool stop_file();
  bool out_of_patience();
  Reason reason();
  void wait_a_moment(const Reason& reason, nanoseconds length);
  void tell(const Reason& reason);
  void add_wait(std::string_view kind, nanoseconds length);
  std::string obey(std::string_view line);
  std::string set(std::string_view name, std::string_view value);
  std::string status();

  PressureLimits limits_;
  PressureParts parts_;
  std::unique_ptr<Lookout> lookout_;
  Duty duty_;
  std::unique_ptr<ControlSocket> control_{};
  std::chrono::steady_clock::time_point begun_;
  std::optional<std::chrono::steady_clock::time_point> waiting_since_{};
  Lookout::View view_{};
  Reason waiting_for_{};
  bool paused_ = false;
  std::string stopped_{};
  std::vector<std::pair<std::string, nanoseconds>> waits_{};
};

void Pressure::open_control() {
  if (parts_.control_socket.empty()) return;
  auto opened = ControlSocket::open(parts_.control_socket);
  if (opened)
    control_ = *std::move(opened);
  else if (parts_.on_note)
    parts_.on_note(opened.error().what);
}

Result<Pace::Go> Pressure::permit() {
  for (;;) {
    if (has_to_stop()) return Go::stop;
    if (auto why = reason()) {
      if (!waiting_since_) waiting_since_ = now();
      tell(why);
      if (out_of_patience()) return Go::stop;
      wait_a_moment(why, moment);
      continue;
    }
    waiting_since_.reset();
    tell({});
    const nanoseconds rest = duty_.rest(now());
    if (rest == nanoseconds{}) return Go::on;
    wait_a_moment({"resting between batches", {}}, std::min(rest, moment));
  }
}

bool Pressure::stop(std::string why) {
  stopped_ = std::move(why);
  return true;
}

bool Pressure::has_to_end() {
  if (!stopped_.empty()) return true;
  if (control_) control_->serve([&](std::string_view line) { return obey(line); });
  if (!stopped_.empty()) return true;
  if (parts_.interrupted && parts_.interrupted()) return stop("interrupted");
  if (stop_file()) return true;
  if (limits_.run_time && now() - begun_ >= *limits_.run_time)
    return stop("the run time of " + human_duration(*limits_.run_time) + " is over");
  return false;
}

bool Pressure::has_to_stop() {
  if (has_to_end()) return true;
  if (parts_.lease != nullptr) {
    const auto kept = parts_.lease->keep();
    if (!kept || !*kept) return stop("the lease was lost: another run may be at work");
  }
  view_ = lookout_->view();
  if (view_.signals.replica) return stop("the server has become a replica");
  if (view_.last_two > limits_.abort_round_trip)
    return stop("the server took more than " + human_duration(limits_.abort_round_trip) +
                " for an answer, twice in a row");
  return false;
}

/// A file that cannot be looked at may be there.
bool Pressure::stop_file() {
  for (const auto& path : parts_.stop_files) {
    struct stat there {};
    if (::lstat(path.c_str(), &there) == 0) return stop("there is the stop file " + printable(path));
    if (errno != ENOENT && errno != ENOTDIR)
      return stop(
          fmt::format("the stop file {} cannot be looked for: {}", printable(path), std::strerror(errno)));
  }
  return false;
}

Reason Pressure::reason() {
  if (paused_) return {"paused over the control socket", {}, true};
  const std::time_t wall = std::chrono::system_clock::to_time_t(parts_.clock.wall());
  std::tm local{};
  ::localtime_r(&wall, &local);
  if (!in_window(limits_.windows, local.tm_hour * 60 + local.tm_min))
    return {"outside the time window", fmt::format("it is {:02}:{:02}", local.tm_hour, local.tm_min)};
  return why_wait(view_.signals, view_.buffer_limit, view_.p99, limits_);
}

bool Pressure::out_of_patience() {
  if (waiting_for_.asked_for) waiting_since_ = now();
  if (now() - *waiting_since_ < limits_.longest_wait) return false;
  return stop("waited for " + human_duration(limits_.longest_wait) +
              ", last because of: " + waiting_for_.words());
}

void Pressure::wait_a_moment(const Reason& reason, nanoseconds length) {
  const auto before = now();
  parts_.clock.sleep(length);
  add_wait(reason.kind, now() - before);
}

void Pressure::tell(const Reason& reason) {
  const bool news = reason.words() != waiting_for_.words();
  waiting_for_ = reason;
  if (news && parts_.on_wait) parts_.on_wait(reason.words());
}

void Pressure::add_wait(std::string_view kind, nanoseconds length) {
  const auto same = [&](const auto& wait) { return wait.first == kind; };
  auto at = std::find_if(waits_.begin(), waits_.end(), same);
  if (at == waits_.end()) at = waits_.emplace(at, kind, nanoseconds{});
  at->second += length;
}

void Pressure::served(const Served& request) {
  duty_.served(std::max(request.at_work, request.waited - view_.least), request.units);
}

void Pressure::waited(std::string_view reason, milliseconds length) { add_wait(reason, length); }

std::vector<RunWait> Pressure::waits() const {
  std::vector<RunWait> all;
  for (const auto& [kind, length] : waits_)
    all.push_back({kind, std::chrono::duration_cast<milliseconds>(length)});
  return all;
}

std::string Pressure::status() {
  const std::string state = waiting_for_ ? "waiting: " + waiting_for_.words() : "running";
  return fmt::format(
      "{}; duty {:.0f} %; batch {}; replica lag {} of {} allowed; round trip p99 {} us of {} ms allowed, "
      "abort above {} ms",
      printable(state), duty_.share() * 100, duty_.batch(),
      view_.signals.lag ? human_bytes({*view_.signals.lag}) : "not known",
      human_bytes({limits_.most_replica_lag}), view_.p99.count(), limits_.most_round_trip.count(),
      limits_.abort_round_trip.count());
}

std::string Pressure::obey(std::string_view line) {
  const auto space = std::min(line.find(' '), line.size());
  const auto word = line.substr(0, space);
  const auto value = line.substr(std::min(space + 1, line.size()));
  if (!value.empty()) return set(word, value);
  if (word == "status") return status();
  if (word == "pause" || word == "resume") {
    paused_ = word == "pause";
    return paused_ ? "paused" : "going on";
  }
  if (word == "stop") {
    stop("asked to stop over the control socket");
    return "stopping";
  }
  if (word == "help")
    return "status, pause, resume, stop, duty PERCENT, lag BYTES, round-trip MS, abort-round-trip MS";
  return "error: unknown command; help lists them";
}

std::string Pressure::set(std::string_view name, std::string_view value) {
  const auto amount = read_bytes(value);  // a plain number is one too
  if (!amount || amount->count == 0) return "error: not a number above 0: " + printable(value);
  if (name == "duty" && amount->count <= 100)
    duty_.set_share(static_cast<double>(amount->count) / 100);
  else if (name == "lag")
    limits_.most_replica_lag = amount->count;
  else if (name == "round-trip" && amount->count <= 3'600'000)
    limits_.most_round_trip = milliseconds(amount->count);
  else if (name == "abort-round-trip" && amount->count <= 3'600'000)
    limits_.abort_round_trip = milliseconds(amount->count);
  else
    return "error: no such setting, or too much; help lists them";
  return status();
}

}  // namespace

Result<std::unique_ptr<Pace>> press(const PressureLimits& limits, PressureParts parts) {
  auto lookout = Lookout::begin(parts.open, parts.cancellation);
  if (!lookout) return fail(lookout.error());
  return std::unique_ptr<Pace>(std::make_unique<Pressure>(limits, std::move(parts), *std::move(lookout)));
}

}  // namespace headroom::act
