#include "act/lookout.h"

#include <fmt/format.h>

#include <array>

#include "base/text.h"
#include "wire/reactions.h"

namespace headroom::act {
namespace {

using namespace std::chrono_literals;
using namespace std::string_view_literals;
using RealClock = std::chrono::steady_clock;

constexpr auto between_looks = 100ms;
constexpr auto too_old = 1s;

std::string refusal(std::string_view command, const wire::Reply& reply) {
  const auto& row = wire::reaction_to(reply.text);
  return fmt::format("{} was answered with: {} ({})", command, truncate_middle(printable(reply.text), 120),
                     row.why);
}

}  // namespace

Lookout::Lookout(Open open, std::shared_ptr<wire::Cancellation> cancellation)
    : open_(std::move(open)), cancellation_(std::move(cancellation)) {}

Result<std::unique_ptr<Lookout>> Lookout::begin(Open open, std::shared_ptr<wire::Cancellation> cancellation) {
  std::unique_ptr<Lookout> lookout(new Lookout(std::move(open), std::move(cancellation)));
  if (auto connected = lookout->connect(); !connected) return fail(connected.error());
  lookout->look();
  lookout->thread_ = std::thread([l = lookout.get()] { l->watch(); });
  return lookout;
}

Lookout::~Lookout() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  ends_.notify_all();
  if (cancellation_) cancellation_->cancel();
  if (thread_.joinable()) thread_.join();
}

Lookout::View Lookout::view() const {
  const std::lock_guard lock(mutex_);
  View view = view_;
  const auto age = RealClock::now() - seen_;
  if (age > too_old && view.signals.missing.empty())
    view.signals.missing =
        fmt::format("no answer for {} s", std::chrono::duration_cast<std::chrono::seconds>(age).count());
  return view;
}

void Lookout::watch() {
  std::unique_lock lock(mutex_);
  while (!ends_.wait_for(lock, between_looks, [&] { return ended_; })) {
    lock.unlock();
    look();
    lock.lock();
  }
}

Result<bool> Lookout::connect() {
  auto opened = open_();
  if (!opened) return fail(opened.error());
  link_ = *std::move(opened);
  const auto setting = link_->call(std::array{"CONFIG"sv, "GET"sv, "client-output-buffer-limit"sv});
  if (!setting) return fail(setting.error());
  buffer_limit_ = setting->items.size() == 2 ? replica_buffer_limit(setting->items[1].text)
                                             : usual_replica_buffer_limit;  // CONFIG is often not allowed
  return true;
}

void Lookout::look() {
  Signals signals;
  auto asked = link_ ? Result<bool>(true) : connect();
  auto found = asked ? ask() : fail(asked.error());
  auto pinged = found ? ping(trips_) : fail(found.error());
  if (pinged) {
    signals = *std::move(found);
    if (signals.missing.empty()) signals.missing = *std::move(pinged);
  } else {
    signals.missing = pinged.error().what;
    link_.reset();
  }
  const std::lock_guard lock(mutex_);
  view_ = {std::move(signals), buffer_limit_, trips_.p99(), trips_.least(), trips_.last_two()};
  seen_ = RealClock::now();
}

Result<Signals> Lookout::ask() {
  constexpr std::array sections{"replication"sv, "persistence"sv, "memory"sv};
  for (const auto section : sections) link_->queue(std::array{"INFO"sv, section});
  std::array<wire::InfoText, 3> texts;
  Signals refused;
  for (std::size_t i = 0; i < sections.size(); ++i) {
    const auto reply = link_->read();
    if (!reply) return fail(reply.error());
    if (reply->get().is_error()) refused.missing = refusal("INFO", *reply);
    texts[i] = wire::InfoText(reply->get().text);
  }
  if (!refused.missing.empty()) return refused;
  return read_signals(texts[0], texts[1], texts[2]);
}

/// The error that PING was answered with; empty: none.
Result<std::string> Lookout::ping(RoundTrips& trips) {
  const auto sent = RealClock::now();
  const auto reply = link_->call(std::array{"PING"sv});
  if (!reply) return fail(reply.error());
  const auto back = RealClock::now();
  trips.add(back, std::chrono::duration_cast<RoundTrips::Span>(back - sent));
  return reply->is_error() ? refusal("PING", *reply) : std::string();
}

}  // namespace headroom::act
