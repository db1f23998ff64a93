// What does a live audit cost the server and its other clients, how fast is it, and are its intervals true?
// Fills a private redis-server, then runs in alternating rounds, each under a second client of 1000
// requests/s:
//   fast      headroom audit --fast            names of all keys, a sample of their sizes, as fast as it goes
//   exact     headroom audit --exact --fast    every key measured
//   gentle    headroom audit                   the default
//   memkeys   redis-cli --memkeys              every key measured, the yardstick
//   bigkeys   redis-cli --bigkeys
//   control   nothing but the second client
// Prints medians, ratios, the check of every pattern's interval against the exact audit, and a verdict per
// target.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <stdexcept>
#include <thread>

#include "audit_rounds.h"
#include "interval_check.h"
#include "kit/redis_server.h"
#include "mixed_keys.h"
#include "redis_socket.h"

namespace {

using namespace headroom::bench;

struct Options {
  MixedKeys mix{};
  std::size_t rounds = 3;
  RoundSettings settings{};
  std::string program = HEADROOM_PROGRAM;
  std::vector<std::string> only{};
  bool strict = false;
};

constexpr double mib = 1024 * 1024;

double speed(const Sample& s) { return s.keys_per_second; }
double p99(const Sample& s) { return s.latency.p99; }
double server_cost(const Sample& s) { return s.server_us_per_key; }
double resident(const Sample& s) { return static_cast<double>(s.cost.peak_resident) / mib; }

std::vector<Tool> tools_of(const Options& options) {
  const std::string& socket = options.settings.socket_path;
  const auto headroom = [&](std::vector<std::string> flags) {
    std::vector<std::string> command{options.program, "audit", "-s", socket, "--format", "json"};
    command.insert(command.end(), flags.begin(), flags.end());
    return command;
  };
  const std::vector<Tool> all{{"fast", headroom({"--fast"})},
                              {"exact", headroom({"--exact", "--fast"})},
                              {"gentle", headroom({})},
                              {"memkeys", {"redis-cli", "-s", socket, "--memkeys"}},
                              {"bigkeys", {"redis-cli", "-s", socket, "--bigkeys"}}};
  std::vector<Tool> chosen{{"control", {}}};
  for (const auto& tool : all)
    if (options.only.empty() ||
        std::find(options.only.begin(), options.only.end(), tool.name) != options.only.end())
      chosen.push_back(tool);
  const bool needs_headroom = std::any_of(chosen.begin(), chosen.end(), [&](const Tool& tool) {
    return !tool.command.empty() && tool.command[0] == options.program;
  });
  if (needs_headroom && ::access(options.program.c_str(), X_OK) != 0)
    throw std::runtime_error(fmt::format(
        "no program at {}: make it with ./dev build, or name another with --program", options.program));
  return chosen;
}

bool measured(const std::vector<Round>& rounds, const std::string& tool) {
  return rounds.front().contains(tool);
}

void print_table(const std::vector<Round>& rounds, const std::vector<Tool>& tools) {
  fmt::print("\nmedians of {} rounds; latencies of the second client in us\n", rounds.size());
  fmt::print("{:<9}{:>9}{:>11}{:>12}{:>9}{:>9}{:>9}{:>9}{:>10}{:>10}\n", "tool", "wall s", "keys/s",
             "server us/k", "p50", "p99", "p99.9", "max", "RSS MiB", "anon MiB");
  for (const auto& tool : tools) {
    const auto of = [&](const Figure& figure) { return median_of(rounds, tool.name, figure); };
    const bool control = tool.command.empty();
    fmt::print("{:<9}{:>9.2f}{:>11.0f}{:>12.2f}{:>9.0f}{:>9.0f}{:>9.0f}{:>9.0f}{:>10.1f}{:>10.1f}\n",
               tool.name, of([](const Sample& s) { return s.seconds; }), control ? 0 : of(speed),
               of(server_cost), of([](const Sample& s) { return s.latency.p50; }), of(p99),
               of([](const Sample& s) { return s.latency.p999; }),
               of([](const Sample& s) { return s.latency.max; }), of(resident),
               of([](const Sample& s) { return static_cast<double>(s.cost.peak_anonymous) / mib; }));
  }
}

void print_ratios(const std::vector<Round>& rounds, const std::vector<Tool>& tools) {
  fmt::print("\nratios, each within a round, medians\n{:<9}{:>18}{:>22}{:>18}\n", "tool", "speed : memkeys",
             "server CPU : memkeys", "p99 : control");
  for (const auto& tool : tools) {
    if (tool.command.empty()) continue;
    const auto against_memkeys = [&](const Figure& figure) {
      const bool there = measured(rounds, "memkeys");
      return there ? fmt::format("{:.2f}", median_ratio(rounds, tool.name, "memkeys", figure)) : "-";
    };
    fmt::print("{:<9}{:>18}{:>22}{:>18.2f}\n", tool.name, against_memkeys(speed),
               against_memkeys(server_cost), median_ratio(rounds, tool.name, "control", p99));
  }
}

// Every sampled report against the exact one of its round.
void print_intervals(const std::vector<Round>& rounds) {
  if (!measured(rounds, "exact")) return;
  fmt::print("\nintervals: is the exact size of every pattern inside what the audit by sample says?\n");
  for (const std::string name : {"fast", "gentle"}) {
    if (!measured(rounds, name)) continue;
    for (std::size_t i = 0; i < rounds.size(); ++i) {
      const IntervalCheck check = check_intervals(rounds[i].at(name).output, rounds[i].at("exact").output);
      fmt::print(
          "{:<7} round {}: {} inside (of them {} exact), {} outside, {} in one report only; total off by "
          "{:+.3f} %, mean half width {:.2f} %\n",
          name, i + 1, check.inside, check.exact, check.outside, check.missing, check.total_error * 100,
          check.mean_half_width * 100);
      for (const auto& line : check.misses) fmt::print("        {}\n", line);
    }
  }
}

// Speed is only speed when every key was seen. One in a thousand is room for keys that SCAN gives twice.
void check_whole(const std::vector<Round>& rounds) {
  for (const auto& round : rounds)
    for (const std::string name : {"fast", "exact", "gentle"}) {
      if (!round.contains(name)) continue;
      const Sample& sample = round.at(name);
      const double keys = sample.keys_per_second * sample.seconds, said = reported_keys(sample.output);
      if (std::abs(said - keys) > keys / 1000)
        throw std::runtime_error(
            fmt::format("{} speaks of {:.0f} keys, the server holds {:.0f}", sample.output, said, keys));
    }
}

struct Target {
  std::string text{};
  std::string unit{};
  double value = 0, limit = 0;
  bool at_least = false;
  bool met() const { return at_least ? value >= limit : value <= limit; }
};

std::vector<Target> targets(const std::vector<Round>& rounds) {
  std::vector<Target> out;
  const bool yardstick = measured(rounds, "memkeys");
  if (measured(rounds, "fast") && yardstick)
    out.push_back(
        {"--fast: keys/s against --memkeys", "x", median_ratio(rounds, "fast", "memkeys", speed), 3, true});
  if (measured(rounds, "exact") && yardstick)
    out.push_back(
        {"--exact: keys/s against --memkeys", "x", median_ratio(rounds, "exact", "memkeys", speed), 1, true});
  if (measured(rounds, "exact"))
    out.push_back({"--exact: server CPU per key", "us", median_of(rounds, "exact", server_cost), 5.5, false});
  if (measured(rounds, "gentle"))
    out.push_back({"default: p99 of the other client against control", "x",
                   median_ratio(rounds, "gentle", "control", p99), 1.3, false});
  for (const std::string name : {"fast", "exact", "gentle"}) {
    if (!measured(rounds, name)) continue;
    double peak = 0;
    for (const auto& round : rounds) peak = std::max(peak, resident(round.at(name)));
    out.push_back({name + ": peak memory", "MiB", peak, 64, false});
  }
  return out;
}

bool print_verdict(const std::vector<Round>& rounds) {
  bool all = true;
  fmt::print("\nverdict\n");
  for (const auto& target : targets(rounds)) {
    all = all && target.met();
    fmt::print("{:<7}{:<52}{:>8.2f} {:<4} (target {} {} {})\n", target.met() ? "met" : "MISSED", target.text,
               target.value, target.unit, target.at_least ? ">=" : "<=", target.limit, target.unit);
  }
  return all;
}

bool measure(Options options) {
  const headroom::test::RedisServer server;
  options.settings.socket_path = server.socket_path();
  if (options.settings.folder.empty()) options.settings.folder = server.folder();
  std::filesystem::create_directories(options.settings.folder);
  const auto tools = tools_of(options);
  if (options.settings.realtime) run_in_realtime(server.pid());
  const Made made = fill(server.socket_path(), options.mix);
  // The server goes on moving keys to its grown table for a while after the last write.
  std::this_thread::sleep_for(std::chrono::seconds(2));
  fmt::print("{} keys made in {:.1f} s ({:.0f} keys/s), used_memory {:.0f} MiB\n", options.mix.keys,
             made.seconds, static_cast<double>(options.mix.keys) / made.seconds,
             info_number(RedisSocket(server.socket_path()).call({"INFO", "memory"}), "used_memory") / mib);
  fmt::print("{}\n",
             options.settings.realtime
                 ? "server and second client in real time: latencies are waiting for Redis, not for a core"
                 : "ordinary scheduling: latencies hold waiting for a core too; --realtime leaves that out");
  std::vector<Round> rounds;
  for (std::size_t i = 0; i < options.rounds; ++i) {
    fmt::print(stderr, "round {} of {}\n", i + 1, options.rounds);
    rounds.push_back(run_round(options.settings, tools, i));
  }
  print_table(rounds, tools);
  print_ratios(rounds, tools);
  check_whole(rounds);
  print_intervals(rounds);
  return print_verdict(rounds);
}

}  // namespace

int main(int count, char** arguments) {
  CLI::App app("measures headroom's live audit against redis-cli on a private server");
  Options options;
  app.add_option("keys", options.mix.keys, "how many keys: 1000000 and 5000000 are the sizes of record")
      ->capture_default_str();
  app.add_option("--rounds", options.rounds)->capture_default_str()->check(CLI::PositiveNumber);
  app.add_option("--window", options.settings.window_seconds, "seconds each tool is watched at least")
      ->capture_default_str();
  app.add_option("--rate", options.settings.load_rate, "requests per second of the second client")
      ->capture_default_str();
  app.add_option("--seed", options.mix.seed)->capture_default_str();
  app.add_option("--value-size", options.mix.value_size, "factor on value lengths")->capture_default_str();
  app.add_option("--giants", options.mix.giants, "factor on the giants")->capture_default_str();
  app.add_option("--program", options.program, "the headroom to measure")->capture_default_str();
  app.add_option("--only", options.only, "tools to run besides control, by comma")
      ->delimiter(',')
      ->check(CLI::IsMember({"fast", "exact", "gentle", "memkeys", "bigkeys"}));
  app.add_option("--reports", options.settings.folder, "keep what the tools printed in this folder");
  app.add_flag("--realtime", options.settings.realtime,
               "server and second client before all ordinary processes: a busy machine then shows less");
  app.add_flag("--strict", options.strict, "exit 1 when a target is missed");
  CLI11_PARSE(app, count, arguments);
  std::setvbuf(stdout, nullptr, _IOLBF, 0);  // in step with the progress on stderr when both go to a file
  try {
    const bool met = measure(options);
    return options.strict && !met ? 1 : 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "live_audit: not measured: {}\n", error.what());
    return 2;
  }
}
