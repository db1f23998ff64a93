// What the survey costs per key of a snapshot: Collector::look and Collector::take as app composes them, with
// exact measuring and the landmarks of the known families. No server, no file, no thread: names are made in
// batches outside of the clock, as a decoder would hand them over. Counted is CPU time, in slices of some 2
// ms and in alternating rounds; the best tenth of the slices is what it costs when nobody else empties the
// caches.
//   survey_speed [--keys N] [--rounds N] [--only KIND] [--sampled]
#include <fmt/format.h>
#include <sys/resource.h>
#include <time.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "dice.h"
#include "family/family.h"
#include "family/landmarks.h"
#include "survey/collector.h"

namespace headroom::bench {
namespace {

constexpr std::size_t batch_size = 512;

struct Kind {
  std::string_view name{};
  double budget_ns = 0;  ///< 0: none was set
  std::function<void(std::string&, std::uint64_t number, Dice&)> write{};
};

void append_hex(std::string& out, std::size_t digits, Dice& dice) {
  for (std::size_t i = 0; i < digits; ++i) out += "0123456789abcdef"[dice.below(16)];
}

void append_number(std::string& out, std::uint64_t number) { out += std::to_string(number); }

void celery(std::string& out, std::uint64_t, Dice& dice) {
  out += "celery-task-meta-";
  out += dice.uuid();
}
void bull(std::string& out, std::uint64_t number, Dice&) {
  out += "bull:mail:";
  append_number(out, number);
}
void django(std::string& out, std::uint64_t number, Dice&) {
  out += ":1:views.page.";
  append_number(out, number);
}
void session(std::string& out, std::uint64_t number, Dice& dice) {
  out += "user:";
  append_number(out, number);
  out += ":session:";
  out += dice.uuid();
}

std::vector<Kind> kinds() {
  constexpr double tiny_budget = 60, mixed_budget = 120;
  return {
      {"key:{8 digits}", tiny_budget,
       [](std::string& out, std::uint64_t number, Dice&) {
         out += "key:";
         append_number(out, 10'000'000 + number);
       }},
      {"celery-task-meta-{uuid}", mixed_budget, celery},
      {"bull:mail:{n}", mixed_budget, bull},
      {":1:views.page.{n}", mixed_budget, django},
      {"user:{n}:session:{uuid}", mixed_budget, session},
      {"mixed, a quarter of each", mixed_budget,
       [](std::string& out, std::uint64_t number, Dice& dice) {
         constexpr std::array writers{celery, bull, django, session};
         writers[dice.below(writers.size())](out, number, dice);
       }},
      {"sess:{hex}", 0,
       [](std::string& out, std::uint64_t, Dice& dice) {
         out += "sess:";
         append_hex(out, 32, dice);
       }},
      {"bull:mail:{custom id}", 0,
       [](std::string& out, std::uint64_t, Dice& dice) {
         out += "bull:mail:order-";
         for (int i = 0; i < 8; ++i) out += static_cast<char>('a' + dice.below(26));
       }},
  };
}

/// What a decoder would have ready: names one behind the other, and their records.
class Batch {
 public:
  void fill(const Kind& kind, std::uint64_t first, std::size_t count, Dice& dice) {
    bytes_.clear(), ends_.clear(), records_.clear();
    for (std::size_t i = 0; i < count; ++i) {
      kind.write(bytes_, first + i, dice);
      ends_.push_back(bytes_.size());
      records_.push_back(record(dice));
    }
    for (std::size_t i = 0, begin = 0; i < count; begin = ends_[i++])
      records_[i].key = std::string_view(bytes_).substr(begin, ends_[i] - begin);
  }
  std::vector<KeyRecord>& records() { return records_; }

 private:
  static KeyRecord record(Dice& dice) {
    KeyRecord out;
    out.type = dice.below(8) == 0 ? KeyType::hash : KeyType::string;
    out.encoding = out.type == KeyType::hash ? Encoding::listpack : Encoding::embstr;
    out.bytes = Bytes{56 + 8 * dice.below(64)};
    out.expires = dice.below(2) == 0 ? Expires::never : Expires::at;
    if (out.expires == Expires::at) out.ttl = std::chrono::milliseconds(dice.below(40ULL * 86'400'000));
    return out;
  }

  std::string bytes_{};
  std::vector<std::size_t> ends_{};
  std::vector<KeyRecord> records_{};
};

std::vector<Batch> batches(const Kind& kind, Dice& dice) {
  // A few in turn: the same names again and again would be learned by the branch predictor.
  std::vector<Batch> out(64);
  for (std::size_t i = 0; i < out.size(); ++i) out[i].fill(kind, i * batch_size * 7919, batch_size, dice);
  return out;
}

/// CPU time of this thread: what other processes do meanwhile is not in it, but for the caches they empty.
double cpu_ns() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

void hand_over(Batch& batch, RecordSink& sink) {
  for (auto& record : batch.records()) {
    const auto interest = sink.look(record.db, record.key);
    if (interest.look == Look::name) continue;
    record.ticket = interest.ticket;
    sink.take(record);
  }
}

/// Of each slice of some 30 000 keys.
void measure(const Kind& kind, std::uint64_t keys, bool exact, const family::Landmarks& landmarks,
             std::vector<double>& ns_per_key) {
  survey::CollectorOptions options;
  options.exact = exact;
  options.infrastructure = [&](std::string_view key) { return landmarks(key); };
  survey::Collector collector(std::move(options));
  Dice dice(1);
  auto ready = batches(kind, dice);
  const auto slice = static_cast<double>(ready.size() * batch_size);
  for (std::uint64_t done = 0; done < keys; done += ready.size() * batch_size) {
    const auto began = cpu_ns();
    for (auto& batch : ready) hand_over(batch, collector);
    ns_per_key.push_back((cpu_ns() - began) / slice);
  }
  std::uint64_t counted = 0;
  for (const auto& group : collector.groups()) counted += group.keys;
  if (counted < keys) throw std::runtime_error("the collector lost keys");
}

double quantile(std::vector<double> values, double q) {
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(q * static_cast<double>(values.size()));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

struct Wanted {
  std::uint64_t keys = 4'000'000, rounds = 5;
  std::string only{};
  bool sampled = false;
};

std::uint64_t peak_kilobytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss);
}

int run(const Wanted& how) {
  const auto families = family::known_families();
  const family::Landmarks landmarks(families);
  auto chosen = kinds();
  std::erase_if(chosen, [&](const Kind& kind) { return kind.name.find(how.only) == std::string_view::npos; });
  std::vector<std::vector<double>> slices(chosen.size());
  for (std::uint64_t round = 0; round < how.rounds; ++round)
    for (std::size_t i = 0; i < chosen.size(); ++i)
      measure(chosen[i], how.keys, !how.sampled, landmarks, slices[i]);
  fmt::print("{:<26} {:>10} {:>8} {:>12} {:>12}\n", "names", "best 10 %", "median", "M keys/s", "budget");
  bool met = true;
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    const auto budget = chosen[i].budget_ns, ns = quantile(slices[i], 0.1);
    fmt::print("{:<26} {:>10.1f} {:>8.1f} {:>12.2f} {:>12}\n", chosen[i].name, ns, quantile(slices[i], 0.5),
               1000 / ns, budget == 0 ? "-" : fmt::format("{} {}", budget, ns <= budget ? "met" : "MISSED"));
    met = met && (budget == 0 || ns <= budget);
  }
  fmt::print("peak memory {:.1f} MiB, batches of names included\n",
             static_cast<double>(peak_kilobytes()) / 1024);
  return met ? 0 : 1;
}

}  // namespace
}  // namespace headroom::bench

int main(int count, char** arguments) {
  CLI::App app("what the survey costs per key of a snapshot");
  headroom::bench::Wanted how;
  app.add_option("--keys", how.keys, "of each kind of name")->capture_default_str();
  app.add_option("--rounds", how.rounds, "of all kinds, in turn")->capture_default_str();
  app.add_option("--only", how.only, "kinds with this in their name");
  app.add_flag("--sampled", how.sampled, "let the collector choose what is measured, as a live audit does");
  CLI11_PARSE(app, count, arguments);
  try {
    return headroom::bench::run(how);
  } catch (const std::exception& error) {
    fmt::print(stderr, "survey_speed: {}\n", error.what());
    return 2;
  }
}
