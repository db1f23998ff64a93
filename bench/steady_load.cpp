#include "steady_load.h"

#include <fmt/format.h>
#include <sched.h>
#include <sys/prctl.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <stdexcept>

#include "dice.h"
#include "redis_socket.h"

namespace headroom::bench {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::nanoseconds;

constexpr std::uint64_t load_keys = 1000;
const std::string load_value(
    100, 'v');  // always the same size: the keys' bytes do not change while they are audited

std::string load_key(std::uint64_t n) { return fmt::format("load:client:{}", n); }

}  // namespace

Latency summarise(std::vector<double> microseconds) {
  if (microseconds.empty()) return {};
  std::sort(microseconds.begin(), microseconds.end());
  const auto at = [&](double share) {
    return microseconds[static_cast<std::size_t>(share * static_cast<double>(microseconds.size() - 1))];
  };
  return {at(0.5), at(0.99), at(0.999), microseconds.back(), microseconds.size()};
}

void run_in_realtime(pid_t pid) {
  const sched_param priority{.sched_priority = 10};
  if (::sched_setscheduler(pid, SCHED_FIFO, &priority) != 0)
    throw std::runtime_error(
        "the system does not allow real-time scheduling: run as root, or without --realtime");
}

SteadyLoad::SteadyLoad(std::string socket_path, double requests_per_second, bool realtime) {
  RedisSocket server(socket_path);
  for (std::uint64_t i = 0; i < load_keys; ++i) server.call({"SET", load_key(i), load_value});
  thread_ = std::thread([this, path = std::move(socket_path), requests_per_second, realtime] {
    try {
      if (realtime) run_in_realtime(0);
      run(path, requests_per_second);
    } catch (...) {
      failure_ = std::current_exception();
    }
  });
}

SteadyLoad::~SteadyLoad() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

std::vector<double> SteadyLoad::stop() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
  if (failure_) std::rethrow_exception(failure_);
  return std::move(latencies_);
}

void SteadyLoad::run(std::string socket_path, double requests_per_second) {
  // Wake up when asked to: the default slack of 50 us is as large as the latencies.
  ::prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
  RedisSocket server(socket_path);
  Dice dice(7);
  const double period = 1e9 / requests_per_second;
  std::deque<Clock::time_point> outstanding;
  std::string reply;
  const auto began = Clock::now();
  // A random moment within each period: in step with the server's own 100 ms rhythm it would meet that always
  // or never.
  const auto moment = [&](std::uint64_t n) {
    return began + nanoseconds(static_cast<std::int64_t>((static_cast<double>(n) + dice.share()) * period));
  };
  std::uint64_t sent = 0;
  auto next = moment(sent);
  while (!stopping_ || !outstanding.empty()) {
    const auto now = Clock::now();
    while (next <= now && !stopping_) {
      const std::string key = load_key(dice.below(load_keys));
      if (dice.chance(0.2))
        server.queue({"SET", key, load_value});
      else
        server.queue({"GET", key});
      outstanding.push_back(next);
      next = moment(++sent);
    }
    if (server.queued_bytes() > 0) server.send();
    const auto patience = stopping_ ? nanoseconds(std::chrono::seconds(1)) : nanoseconds(next - Clock::now());
    if (!server.receive(std::max(patience, nanoseconds(0)))) continue;
    const auto arrived = Clock::now();
    while (server.take(reply)) {
      latencies_.push_back(std::chrono::duration<double, std::micro>(arrived - outstanding.front()).count());
      outstanding.pop_front();
    }
  }
}

}  // namespace headroom::bench
