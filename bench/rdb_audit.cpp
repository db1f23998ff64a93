// How fast is an audit of an RDB file, against the walls and the server's own tools on the same file?
// Makes two files with the installed redis-server and reads each, in alternating rounds, with
//   read      read(2), 1 MiB at a time, bytes untouched: the disk, or the page cache
//   sum       the same, and all 8-byte words added up: the least that anything which looks at the bytes can
//   cost check     redis-check-rdb load      redis-server until it answers audit     headroom audit:
//   families, owners, patterns, TTLs, bytes, biggest keys, proof of debris, checksum
// and, on the server that holds the mixed keys, what a replication snapshot costs its main thread.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstring>
#include <exception>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <thread>
#include <vector>

#include "audit_rounds.h"
#include "interval_check.h"
#include "kit/redis_server.h"
#include "measured_process.h"
#include "mixed_keys.h"
#include "redis_socket.h"

namespace {

using namespace headroom::bench;
using headroom::test::RedisServer;

constexpr double mib = 1024 * 1024;
// The targets.
constexpr double most_times_sum = 2, least_check_mixed = 8, least_check_tiny = 2.5, least_tiny_rate = 8e6;
constexpr double most_snapshot_us = 0.6, most_anonymous = 96 * mib;

struct Options {
  MixedKeys mix{};
  std::uint64_t tiny = 20'000'000;
  std::size_t rounds = 3;
  std::string folder = "/tmp/headroom-rdb-audit";
  std::string program = HEADROOM_PROGRAM;
  bool with_load = true, keep = false;
};

// --- the walls: this program, started again
int read_through(const std::string& path, bool sum) {
  const int fd = ::open(path.c_str(), O_RDONLY);
  std::vector<std::uint64_t> buffer(1024 * 1024 / 8);
  std::uint64_t total = 0;
  ssize_t got = 0;
  while ((got = ::read(fd, buffer.data(), buffer.size() * 8)) > 0)
    for (std::size_t i = 0; sum && i < static_cast<std::size_t>(got) / 8; ++i) total += buffer[i];
  ::close(fd);
  fmt::print("{}\n", total);  // so that the sum is not left out
  return got < 0 ? 1 : 0;
}

struct File {
  std::string name{}, path{};
  double keys = 0, bytes = 0;
};

File file_of(const std::string& name, const std::string& path, double keys) {
  return {name, path, keys, static_cast<double>(std::filesystem::file_size(path))};
}

void save_as(RedisSocket& server, const RedisServer& held, const std::string& path) {
  // The child that made the snapshot before may need a moment to end; SAVE is refused until then.
  while (info_number(server.call({"INFO", "persistence"}), "rdb_bgsave_in_progress") > 0)
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  server.call({"SAVE"});
  std::filesystem::rename(held.folder() + "/dump.rdb", path);
}

std::map<std::string, std::vector<std::string>> tools_of(const Options& options, const File& file) {
  const std::string self = std::filesystem::read_symlink("/proc/self/exe");
  std::map<std::string, std::vector<std::string>> tools{
      {"read", {self, "--read", file.path}},
      {"sum", {self, "--sum", file.path}},
      {"check", {"redis-check-rdb", file.path}},
      {"audit", {options.program, "audit", file.path, "--format", "json", "--quiet"}}};
  if (options.with_load) {
    // Loads, answers, and is told to leave by its own time-out: --save '' and no port, ended through
    // `timeout` when done.
    const std::filesystem::path path(file.path);
    tools["load"] = {self, "--load", file.path};
  }
  return tools;
}

/// Starts a server on the file and ends it as soon as it answers.
int load(const std::string& path) {
  const std::filesystem::path file(path);
  RedisServer server({"--dir", file.parent_path(), "--dbfilename", file.filename()});
  RedisSocket socket(server.socket_path());
  fmt::print("{}\n", socket.call({"DBSIZE"}));
  return 0;
}

using Costs = std::map<std::string, std::vector<ProcessCost>>;

Costs measure(const Options& options, const File& file) {
  const auto tools = tools_of(options, file);
  Costs costs;
  for (std::size_t round = 0; round < options.rounds; ++round) {
    fmt::print(stderr, "{}: round {} of {}\n", file.name, round + 1, options.rounds);
    for (const auto& [name, command] : tools) {
      // Loading takes ten times as long as all others together: once is enough.
      if (name == "load" && round > 0) continue;
      costs[name].push_back(run_measured(command, options.folder + "/" + file.name + "-" + name + ".out"));
    }
  }
  if (reported_keys(options.folder + "/" + file.name + "-audit.out") != file.keys)
    throw std::runtime_error("the audit does not speak of all keys");
  return costs;
}

double median_seconds(const std::vector<ProcessCost>& costs) {
  std::vector<double> seconds;
  for (const auto& cost : costs) seconds.push_back(cost.seconds);
  return median(seconds);
}

void print_costs(const File& file, const Costs& costs) {
  fmt::print("\n{}: {:.0f} keys, {:.0f} MB; medians\n{:<8}{:>9}{:>9}{:>11}{:>9}{:>10}{:>10}\n", file.name,
             file.keys, file.bytes / 1e6, "tool", "wall s", "CPU s", "Mkeys/s", "MB/s", "RSS MiB",
             "anon MiB");
  for (const std::string name : {"read", "sum", "check", "load", "audit"}) {
    if (!costs.contains(name)) continue;
    const auto& runs = costs.at(name);
    const double seconds = median_seconds(runs);
    fmt::print("{:<8}{:>9.2f}{:>9.2f}{:>11.2f}{:>9.0f}{:>10.1f}{:>10.1f}\n", name, seconds,
               runs.back().cpu_seconds, file.keys / seconds / 1e6, file.bytes / seconds / 1e6,
               static_cast<double>(runs.back().peak_resident) / mib,
               static_cast<double>(runs.back().peak_anonymous) / mib);
  }
}

bool verdict(const std::string& what, double value, bool met, const std::string& wanted) {
  fmt::print("{:<58}{:>9.2f}  {:<10}{}\n", what, value, wanted, met ? "met" : "MISSED");
  return met;
}

bool judge_mixed(const Costs& costs) {
  const auto ratio = [&](const std::string& a, const std::string& b) {
    return median_seconds(costs.at(a)) / median_seconds(costs.at(b));
  };
  const double to_sum = ratio("audit", "sum"), to_check = ratio("check", "audit");
  bool met = verdict("mixed: audit takes so many times reading and summing", to_sum, to_sum <= most_times_sum,
                     "<= 2");
  met &= verdict("mixed: times faster than redis-check-rdb", to_check, to_check >= least_check_mixed, ">= 8");
  return met;
}

bool judge_tiny(const File& file, const Costs& costs) {
  const double seconds = median_seconds(costs.at("audit")), rate = file.keys / seconds;
  const double to_check = median_seconds(costs.at("check")) / seconds;
  bool met = verdict("tiny: million keys a second", rate / 1e6, rate >= least_tiny_rate, ">= 8");
  met &= verdict("tiny: times faster than redis-check-rdb", to_check, to_check >= least_check_tiny, ">= 2.5");
  return met;
}

bool judge_memory(const File& file, const Costs& costs) {
  double most = 0;
  for (const auto& cost : costs.at("audit")) most = std::max(most, static_cast<double>(cost.peak_anonymous));
  return verdict(file.name + ": peak anonymous MiB of the audit", most / mib, most < most_anonymous, "< 96");
}

/// CPU of the server's main thread while it gives its snapshot, for each key.
bool judge_snapshot(const Options& options, const RedisServer& server, double keys) {
  RedisSocket socket(server.socket_path());
  socket.call({"CONFIG", "SET", "repl-diskless-sync-delay", "0"});
  const auto cpu = [&] {
    const auto info = socket.call({"INFO", "cpu"});
    return info_number(info, "used_cpu_user_main_thread") + info_number(info, "used_cpu_sys_main_thread");
  };
  const double before = cpu();
  const auto cost = run_measured({options.program, "audit", "-s", server.socket_path(), "--source",
                                  "snapshot", "--force", "--format", "json", "--quiet"},
                                 options.folder + "/snapshot.out");
  const double per_key = (cpu() - before) / keys * 1e6;
  if (reported_keys(options.folder + "/snapshot.out") != keys)
    throw std::runtime_error("the snapshot lacks keys");
  fmt::print("\nreplication snapshot: {:.1f} s, {:.2f} us of the main thread per key, {:.1f} MiB anonymous\n",
             cost.seconds, per_key, static_cast<double>(cost.peak_anonymous) / mib);
  return verdict("snapshot: us of the server's main thread per key", per_key, per_key <= most_snapshot_us,
                 "<= 0.6");
}

bool run(const Options& options) {
  std::filesystem::create_directories(options.folder);
  bool met = true;
  File mixed, tiny;
  {
    const RedisServer server;
    RedisSocket socket(server.socket_path());
    const auto made = fill(server.socket_path(), options.mix);
    fmt::print("{} mixed keys made in {:.0f} s\n", options.mix.keys, made.seconds);
    met &= judge_snapshot(options, server, static_cast<double>(options.mix.keys));
    save_as(socket, server, options.folder + "/mixed.rdb");
    mixed = file_of("mixed", options.folder + "/mixed.rdb", static_cast<double>(options.mix.keys));
  }
  {
    const RedisServer server({"--enable-debug-command", "yes"});
    RedisSocket socket(server.socket_path());
    socket.call({"DEBUG", "POPULATE", std::to_string(options.tiny), "key", "8"});
    save_as(socket, server, options.folder + "/tiny.rdb");
    tiny = file_of("tiny", options.folder + "/tiny.rdb", static_cast<double>(options.tiny));
  }
  const auto mixed_costs = measure(options, mixed), tiny_costs = measure(options, tiny);
  print_costs(mixed, mixed_costs);
  print_costs(tiny, tiny_costs);
  fmt::print("\n");
  met &= judge_mixed(mixed_costs);
  met &= judge_tiny(tiny, tiny_costs);
  met &= judge_memory(mixed, mixed_costs);
  met &= judge_memory(tiny, tiny_costs);
  if (!options.keep) std::filesystem::remove_all(options.folder);
  return met;
}

}  // namespace

int main(int count, char** arguments) {
  const std::vector<std::string> words(arguments + 1, arguments + count);
  try {
    // The walls run in processes of their own, as the tools do.
    if (words.size() == 2 && (words[0] == "--read" || words[0] == "--sum"))
      return read_through(words[1], words[0] == "--sum");
    if (words.size() == 2 && words[0] == "--load") return load(words[1]);
    CLI::App app("measures the audit of RDB files against redis-check-rdb, redis-server and plain reading");
    Options options;
    options.mix.value_size = 1.4;
    app.add_option("keys", options.mix.keys, "mixed keys; 5000000 is the size of record")
        ->default_val(5'000'000);
    app.add_option("--tiny", options.tiny, "tiny keys; 20000000 is the size of record")
        ->capture_default_str();
    app.add_option("--rounds", options.rounds)->capture_default_str()->check(CLI::PositiveNumber);
    app.add_option("--value-size", options.mix.value_size, "factor on value lengths")->capture_default_str();
    app.add_option("--program", options.program, "the headroom to measure")->capture_default_str();
    app.add_option("--folder", options.folder, "where the files are made")->capture_default_str();
    app.add_flag("!--no-load", options.with_load, "leave out loading the files into redis-server");
    app.add_flag("--keep", options.keep, "leave the files there");
    CLI11_PARSE(app, count, arguments);
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    run(options);
  } catch (const std::exception& error) {
    fmt::print(stderr, "rdb_audit: not measured: {}\n", error.what());
    return 2;
  }
  return 0;
}
