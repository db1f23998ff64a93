#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "measured_process.h"
#include "steady_load.h"

namespace headroom::bench {

/// Something that looks through all keys of a server. An empty command is the control: nothing but the second
/// client.
struct Tool {
  std::string name{};
  std::vector<std::string> command{};
};

/// One tool in one round, under the second client. Short runs are repeated until the window is full.
struct Sample {
  double seconds = 0;  ///< one run, wall clock
  double keys_per_second = 0;
  double server_cpu_rate = 0;  ///< main thread, CPU seconds per second
  double server_us_per_key =
      0;  ///< main thread, without what the second client costs (the control's rate of the same round)
  Latency latency{};
  ProcessCost cost{};    ///< the costliest run
  std::string output{};  ///< file with what the tool printed last
};
using Round = std::map<std::string, Sample>;  ///< by name of the tool

struct RoundSettings {
  std::string socket_path{};
  std::string folder{};       ///< where the outputs go
  double load_rate = 1000;    ///< requests per second of the second client
  bool realtime = false;      ///< the second client before all ordinary processes
  double window_seconds = 5;  ///< at least so long is each tool watched
};

/// Runs `tools` one after the other; the round's number turns their order, so that none is always first.
/// Needs one tool named "control". Throws std::runtime_error when a tool fails or the server goes away.
Round run_round(const RoundSettings& settings, const std::vector<Tool>& tools, std::size_t number);

double median(std::vector<double> values);
using Figure = std::function<double(const Sample&)>;
/// The median of a figure over the rounds. Needs: every round has the tool.
double median_of(const std::vector<Round>& rounds, const std::string& tool, const Figure& figure);
/// The median of the ratios tool : base, each of one round: noise that lasts longer than a round falls out.
double median_ratio(const std::vector<Round>& rounds, const std::string& tool, const std::string& base,
                    const Figure& figure);

}  // namespace headroom::bench
