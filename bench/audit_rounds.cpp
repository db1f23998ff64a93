#include "audit_rounds.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "redis_socket.h"

namespace headroom::bench {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point began) {
  return std::chrono::duration<double>(Clock::now() - began).count();
}

double main_thread_cpu(RedisSocket& server) {
  const std::string info = server.call({"INFO", "cpu"});
  return info_number(info, "used_cpu_user_main_thread") + info_number(info, "used_cpu_sys_main_thread");
}

ProcessCost worse(const ProcessCost& a, const ProcessCost& b) {
  return {std::max(a.seconds, b.seconds), std::max(a.cpu_seconds, b.cpu_seconds),
          std::max(a.peak_resident, b.peak_resident), std::max(a.peak_anonymous, b.peak_anonymous)};
}

Sample run_tool(const RoundSettings& settings, const Tool& tool, std::size_t round) {
  Sample sample;
  sample.output = fmt::format("{}/{}-{}.out", settings.folder, round, tool.name);
  RedisSocket server(settings.socket_path);
  SteadyLoad load(settings.socket_path, settings.load_rate, settings.realtime);
  const double keys = std::stod(server.call({"DBSIZE"})), cpu_before = main_thread_cpu(server);
  const auto began = Clock::now();
  int runs = 0;
  do {
    if (tool.command.empty())
      std::this_thread::sleep_for(std::chrono::duration<double>(settings.window_seconds));
    else
      sample.cost = worse(sample.cost, run_measured(tool.command, sample.output));
    ++runs;
  } while (seconds_since(began) < settings.window_seconds);
  const double elapsed = seconds_since(began);
  sample.latency = summarise(load.stop());
  sample.seconds = elapsed / runs;
  sample.server_cpu_rate = (main_thread_cpu(server) - cpu_before) / elapsed;
  sample.keys_per_second = keys / sample.seconds;
  return sample;
}

}  // namespace

Round run_round(const RoundSettings& settings, const std::vector<Tool>& tools, std::size_t number) {
  Round round;
  for (std::size_t i = 0; i < tools.size(); ++i) {
    const Tool& tool = tools[(i + number) % tools.size()];
    round[tool.name] = run_tool(settings, tool, number);
  }
  const double idle_rate = round.at("control").server_cpu_rate;
  for (auto& [name, sample] : round)
    sample.server_us_per_key = (sample.server_cpu_rate - idle_rate) * 1e6 / sample.keys_per_second;
  return round;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

double median_of(const std::vector<Round>& rounds, const std::string& tool, const Figure& figure) {
  std::vector<double> values;
  for (const auto& round : rounds) values.push_back(figure(round.at(tool)));
  return median(std::move(values));
}

double median_ratio(const std::vector<Round>& rounds, const std::string& tool, const std::string& base,
                    const Figure& figure) {
  std::vector<double> ratios;
  for (const auto& round : rounds) ratios.push_back(figure(round.at(tool)) / figure(round.at(base)));
  return median(std::move(ratios));
}

}  // namespace headroom::bench
