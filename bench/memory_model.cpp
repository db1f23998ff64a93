// Are the bytes of the model true? For every shape of memory_shapes.h: makes the keys on a private
// redis-server, takes by what used_memory grew, and reads the file that the server writes of them into the
// model. Then lets the server load that file and compares again. Prints both beside MEMORY USAGE, and a
// verdict per target; at the end the mixed keys of the other benchmarks, and which allocator fits their file.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <exception>
#include <map>
#include <stdexcept>
#include <thread>

#include "kit/redis_server.h"
#include "memory/calibrate.h"
#include "memory/key_model.h"
#include "memory/key_tables.h"
#include "memory_shapes.h"
#include "mixed_keys.h"
#include "source/rdb/decoder.h"
#include "source/rdb/file_input.h"

namespace {

using namespace headroom;
using namespace headroom::bench;

struct Options {
  std::string only{};
  std::uint64_t mixed = 200'000;
  bool strict = false;
  std::string program = "redis-server";
  std::string allocator{};
};

/// Sums of one file: what the model says of its keys in both states, and under the other allocators.
struct Modelled {
  std::uint64_t keys = 0, expires = 0;
  double live = 0, packed = 0;
  memory::KeySums by_quantum{};
};

class ModelOfFile final : public source::rdb::Events {
 public:
  explicit ModelOfFile(const memory::ServerModel& server)
      : live_(server),
        packed_(with(server, server.allocator, memory::Held::packed)),
        quantum_8_(with(server, memory::Allocator::jemalloc_8, memory::Held::live)),
        quantum_16_(with(server, memory::Allocator::jemalloc_16, memory::Held::live)) {}
  Reading key(const StoredKey&) override { return Reading::nothing; }
  void parts(const StoredKey& key, std::span<const Part> parts) override {
    for (auto* model : models()) model->parts(key, parts);
  }
  void node(const StoredKey& key, std::uint64_t length, bool plain) override {
    for (auto* model : models()) model->node(key, length, plain);
  }
  void piece(const StreamPiece& piece) override {
    for (auto* model : models()) model->piece(piece);
  }
  void ends(const StoredKey& key, const ValueSize& size) override {
    ++sum_.keys;
    sum_.expires += key.expires;
    sum_.live += static_cast<double>(live_.finish(key, size).count);
    sum_.packed += static_cast<double>(packed_.finish(key, size).count);
    sum_.by_quantum.quantum_8 += quantum_8_.finish(key, size);
    sum_.by_quantum.quantum_16 += quantum_16_.finish(key, size);
  }
  const Modelled& sum() const { return sum_; }

 private:
  static memory::ServerModel with(memory::ServerModel server, memory::Allocator allocator,
                                  memory::Held held) {
    server.allocator = allocator;
    server.held = held;
    return server;
  }
  std::array<memory::KeyModel*, 4> models() { return {&live_, &packed_, &quantum_8_, &quantum_16_}; }
  memory::KeyModel live_, packed_, quantum_8_, quantum_16_;
  Modelled sum_;
};

Modelled model_of(const std::string& file, const memory::ServerModel& server) {
  auto input = source::rdb::open_file(file);
  if (!input) throw std::runtime_error(input.error().what);
  const auto chunks = source::rdb::read_ahead(**input);
  ModelOfFile model(server);
  const auto decoded = source::rdb::decode(*chunks, model);
  if (!decoded.complete) throw std::runtime_error("the file was not read to its end: " + decoded.fault);
  return model.sum();
}

/// Without latency-tracking: it takes 24 KB for every command that comes for the first time.
const std::vector<std::string> settings{"--enable-debug-command", "yes", "--latency-tracking", "no"};

/// The server that is measured. Every question has a connection of its own, so that their buffers do not add
/// up.
class Measured {
 public:
  Measured(const std::string& program, const std::string& allocator) : server_(settings, program) {
    // Valkey says of itself that it is Redis 7.2.4, too.
    const auto info = call({"INFO", "server"});
    if (info.find("\nvalkey_version:") != std::string::npos) facts_.flavour = "valkey";
    const auto name = "\n" + facts_.flavour + "_version:";
    const auto from = info.find(name) + name.size();
    facts_.version = info.substr(from, info.find('\r', from) - from);
    const auto stats = call({"MEMORY", "MALLOC-STATS"});
    const bool by_16 =
        allocator.empty() ? stats.find("Quantum size: 16") != std::string::npos : allocator == "16";
    facts_.quantum = by_16 ? 16 : 8;
    if (allocator == "libc") facts_.allocator = allocator;
    model_ = memory::server_model(facts_, memory::Held::live);
  }
  std::string call(std::initializer_list<std::string_view> words) const {
    return RedisSocket(server_.socket_path()).call(words);
  }
  std::string path() const { return server_.socket_path(); }
  std::string file() const { return server_.folder() + "/dump.rdb"; }
  const ServerFacts& facts() const { return facts_; }
  const memory::ServerModel& model() const { return model_; }

  /// used_memory when the server has moved its tables and let go of the buffers of those who left, and of
  /// what scripts left behind, which Redis 8 counts in it.
  double used_at_rest() const {
    call({"SCRIPT", "FLUSH", "SYNC"});
    double before = -1;
    for (int tries = 0; tries < 100; ++tries) {
      const auto info = call({"INFO", "memory"});
      const double now = info_number(info, "used_memory");
      const bool moving = info.find("\nmem_overhead_db_hashtable_rehashing:") != std::string::npos &&
                          info_number(info, "mem_overhead_db_hashtable_rehashing") > 0;
      if (now == before && !moving) return now;
      before = now;
      std::this_thread::sleep_for(std::chrono::milliseconds(120));
    }
    throw std::runtime_error("used_memory does not come to rest");
  }
  double tables(std::uint64_t keys, std::uint64_t expires) const {
    const auto tables = memory::key_tables(model_, Keyspace{0, keys, expires});
    return static_cast<double>((tables.main + tables.expires).count);
  }
  double memory_usage() const {
    const auto sum =
        call({"EVAL",
              "local sum, cursor = 0, '0' repeat local r = redis.call('scan', cursor, 'count', 1000) "
              "cursor = r[1] for _, k in ipairs(r[2]) do sum = sum + redis.call('memory', 'usage', k, "
              "'samples', 0) end until cursor == '0' return string.format('%.0f', sum)",
              "0"});
    return std::stod(sum);
  }

 private:
  test::RedisServer server_;
  ServerFacts facts_;
  memory::ServerModel model_;
};

struct Line {
  std::string name{}, type{};
  std::uint64_t keys = 0;
  double real = 0, model = 0, usage = 0;     // bytes of the keys, without the tables that find them
  double real_loaded = 0, model_loaded = 0;  // the same after the server has loaded its file
};

double error_of(double said, double real) { return 100 * (said - real) / real; }

Line measure(const Measured& server, const Shape& shape) {
  server.call({"FLUSHALL", "SYNC"});
  const double empty = server.used_at_rest();
  {
    Commands send(server.path());
    for (std::uint64_t n = 0; n < shape.keys; ++n) shape.make(send, key_name(n, shape.key_length), n);
    send.finish();
  }
  const double full = server.used_at_rest();
  server.call({"SAVE"});
  const auto model = model_of(server.file(), server.model());
  const double tables = server.tables(model.keys, model.expires);
  Line line{shape.name, shape.type, shape.keys, full - empty - tables, model.live, server.memory_usage()};
  server.call({"DEBUG", "RELOAD"});
  line.real_loaded = server.used_at_rest() - empty - tables;
  line.model_loaded = model.packed;
  return line;
}

void print(const Line& line) {
  const auto keys = static_cast<double>(line.keys);
  fmt::print("{:<34}{:>7}{:>13.1f}{:>13.1f}{:>8.2f}{:>13.1f}{:>8.2f}{:>14.1f}{:>8.2f}\n", line.name,
             line.keys, line.real / keys, line.model / keys, error_of(line.model, line.real),
             line.usage / keys, error_of(line.usage, line.real), line.real_loaded / keys,
             error_of(line.model_loaded, line.real_loaded));
}

Line sum_of(const std::vector<Line>& lines, const std::string& type) {
  Line sum{type.empty() ? "all" : "all of type " + type};
  for (const auto& line : lines) {
    if (!type.empty() && line.type != type) continue;
    sum.keys += line.keys;
    sum.real += line.real;
    sum.model += line.model;
    sum.usage += line.usage;
    sum.real_loaded += line.real_loaded;
    sum.model_loaded += line.model_loaded;
  }
  return sum;
}

bool say(const std::string& target, double value, double limit) {
  const bool met = std::abs(value) <= limit;
  fmt::print("{:<7}{:<60}{:>8.2f} %  (target at most {:.2f} %)\n", met ? "met" : "MISSED", target, value,
             limit);
  return met;
}

bool print_verdict(const std::vector<Line>& lines) {
  const auto all = sum_of(lines, "");
  std::map<std::string, Line> types;
  for (const auto& line : lines) types[line.type] = sum_of(lines, line.type);
  for (const auto& [type, sum] : types) print(sum);
  print(all);
  fmt::print("\nverdict\n");
  const auto live = [](const Line& line) { return error_of(line.model, line.real); };
  const auto loaded = [](const Line& line) { return error_of(line.model_loaded, line.real_loaded); };
  bool met = say("total", live(all), 1);
  met &= say("total after a restart", loaded(all), 1);
  for (const auto& [type, sum] : types) {
    met &= say("type " + type, live(sum), 3);
    met &= say("type " + type + " after a restart", loaded(sum), 3);
  }
  const auto worst = [&](const auto& error) {
    return *std::max_element(lines.begin(), lines.end(), [&](const Line& a, const Line& b) {
      return std::abs(error(a)) < std::abs(error(b));
    });
  };
  met &= say("worst shape: " + worst(live).name, live(worst(live)), 8);
  met &= say("worst shape after a restart: " + worst(loaded).name, loaded(worst(loaded)), 8);
  met &= say("total, against MEMORY USAGE SAMPLES 0", live(all), std::abs(error_of(all.usage, all.real)));
  return met;
}

/// The mix of the other benchmarks: no shape has its own line, but the file says which allocator it comes
/// from.
bool measure_mix(const Measured& server, std::uint64_t keys) {
  server.call({"FLUSHALL", "SYNC"});
  const double empty = server.used_at_rest();
  MixedKeys mix;
  mix.keys = keys;
  fill(server.path(), mix);
  const double full = server.used_at_rest();
  server.call({"SAVE"});
  const auto model = model_of(server.file(), server.model());
  const double real = full - empty - server.tables(model.keys, model.expires);
  Line line{"mixed keys", "", model.keys, real, model.live, server.memory_usage()};
  server.call({"DEBUG", "RELOAD"});
  line.real_loaded = server.used_at_rest() - empty - server.tables(model.keys, model.expires);
  line.model_loaded = model.packed;
  print(line);
  const Keyspace db{0, model.keys, model.expires};
  const auto fit =
      memory::calibrate(server.model(), model.by_quantum, {&db, 1}, {static_cast<std::uint64_t>(full)});
  fmt::print(
      "\nallocator from the file: quantum {}{} (it is {}), unattributed {:.2f} % of used_memory, {:.2f} % "
      "with the "
      "other\n",
      fit->quantum, fit->clear ? "" : ", not clear", server.facts().quantum, fit->residual_percent,
      fit->other_percent);
  bool met = say("mixed keys", error_of(line.model, line.real), 1);
  met &= say("mixed keys after a restart", error_of(line.model_loaded, line.real_loaded), 1);
  met &= say("mixed keys, against MEMORY USAGE SAMPLES 0", error_of(line.model, line.real),
             std::abs(error_of(line.usage, line.real)));
  return met;
}

bool measure_all(const Options& options) {
  const Measured server(options.program, options.allocator);
  server.memory_usage();  // the script stays in the server's memory
  const bool libc = server.model().allocator == memory::Allocator::libc;
  fmt::print("{} {}, {}; bytes per key without the tables that find keys\n", server.facts().flavour,
             server.facts().version,
             libc ? "libc" : fmt::format("jemalloc with a quantum of {}", server.facts().quantum));
  fmt::print("{:<34}{:>7}{:>13}{:>13}{:>8}{:>13}{:>8}{:>14}{:>8}\n", "shape", "keys", "real", "model", "%",
             "MEM USAGE", "%", "real, loaded", "model %");
  std::vector<Line> lines;
  for (const auto& shape : memory_shapes()) {
    if (shape.name.find(options.only) == std::string::npos) continue;
    lines.push_back(measure(server, shape));
    print(lines.back());
  }
  if (lines.empty()) throw std::runtime_error("no shape of that name");
  bool met = print_verdict(lines);
  if (options.mixed > 0) met &= measure_mix(server, options.mixed);
  return met;
}

}  // namespace

int main(int count, char** arguments) {
  CLI::App app("measures what keys really cost against the model of them");
  Options options;
  app.add_option("--only", options.only, "shapes whose name has this in it");
  app.add_option("--mixed", options.mixed, "keys of the mix at the end; 0: none")->capture_default_str();
  app.add_option("--server", options.program, "the redis-server to measure on")->capture_default_str();
  app.add_option("--allocator", options.allocator,
                 "of that server: 8, 16 (jemalloc's quantum) or libc; else it is asked")
      ->check(CLI::IsMember({"8", "16", "libc"}));
  app.add_flag("--strict", options.strict, "exit 1 when a target is missed");
  CLI11_PARSE(app, count, arguments);
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  try {
    const bool met = measure_all(options);
    return options.strict && !met ? 1 : 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "memory_model: not measured: {}\n", error.what());
    return 2;
  }
}
