#include "wire/waiting.h"

#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>

namespace headroom::wire {
namespace {

using std::chrono::steady_clock;

/// For poll(): rounded up, or the last part of a millisecond would be spent in a busy loop.
int milliseconds_until(steady_clock::time_point at) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(at - steady_clock::now()).count();
  constexpr std::int64_t longest = 60'000;
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, longest));
}

}  // namespace

Cancellation::Cancellation() : wakes_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!wakes_) throw std::runtime_error("no file descriptor left for an eventfd");
}

void Cancellation::cancel() noexcept {
  const int kept = errno;  // a signal handler must not change it under the code it interrupted
  cancelled_.store(true, std::memory_order_release);
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wakes_.number(), &one, sizeof one);
  errno = kept;
}

Result<bool> still_allowed(const Deadline& deadline, const Cancellation& cancellation) {
  if (cancellation.cancelled()) return fail({"interrupted", "", "", Exit::partial});
  if (steady_clock::now() >= deadline.at) {
    return fail({std::string(deadline.what), "", std::string(deadline.remedy), deadline.exit});
  }
  return true;
}

Result<bool> wait_for(int fd, short events, const Deadline& deadline, const Cancellation& cancellation) {
  std::array<pollfd, 2> watched{pollfd{fd, events, 0}, pollfd{cancellation.descriptor(), POLLIN, 0}};
  while (true) {
    if (auto allowed = still_allowed(deadline, cancellation); !allowed) return allowed;
    const int ready = ::poll(watched.data(), watched.size(), milliseconds_until(deadline.at));
    if (ready < 0 && errno != EINTR)
      return fail({"poll() failed", "", "this is a fault of headroom; please report it"});
    if (ready > 0 && watched[0].revents != 0 && watched[1].revents == 0) return true;
  }
}

}  // namespace headroom::wire
