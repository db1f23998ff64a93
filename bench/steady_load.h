#pragma once

#include <sys/types.h>

#include <atomic>
#include <exception>
#include <string>
#include <thread>
#include <vector>

namespace headroom::bench {

/// Times from the moment a request should have been sent to its reply, in microseconds.
struct Latency {
  double p50 = 0, p99 = 0, p999 = 0, max = 0;
  std::size_t requests = 0;
};
Latency summarise(std::vector<double> microseconds);

/// Lets the process `pid` (0: the calling thread) run before all ordinary ones, so that waiting for a core
/// does not show as waiting for Redis. Throws std::runtime_error where the system forbids it (it takes
/// CAP_SYS_NICE).
void run_in_realtime(pid_t pid);

/// A second client of the server while something else works on it: 80 % GET, 20 % SET on its own keys, at
/// moments fixed beforehand. Open loop: it does not wait for replies, and a late reply makes the requests
/// behind it late too, as it does for real users. Its thread runs from construction to stop() or destruction.
class SteadyLoad {
 public:
  /// Its keys are in place when this returns, so that the number of keys is steady from then on.
  /// `realtime`: the thread comes before all ordinary processes, see run_in_realtime().
  SteadyLoad(std::string socket_path, double requests_per_second, bool realtime);
  ~SteadyLoad();
  SteadyLoad(const SteadyLoad&) = delete;
  SteadyLoad& operator=(const SteadyLoad&) = delete;

  /// Stops after the outstanding replies and returns every latency, in microseconds. Throws what the thread
  /// met.
  std::vector<double> stop();

 private:
  void run(std::string socket_path, double requests_per_second);
  std::atomic<bool> stopping_{false};
  std::vector<double> latencies_;
  std::exception_ptr failure_;
  std::thread thread_;
};

}  // namespace headroom::bench
