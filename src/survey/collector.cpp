#include "survey/collector.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace headroom::survey {
namespace {

constexpr std::uint64_t first_plan = 512, between_plans = 4096;
// Small servers are simply measured whole; on large ones this is a twentieth of a second of their time.
constexpr std::uint64_t asked_anyway = 10'000;
// Quotas are made for what was seen so far, and are to hold a little longer.
constexpr double margin = 0.9;
/// The first keys of a pattern that are always asked about: fewer when there are many patterns.
std::uint64_t first_keys(std::size_t patterns) {
  return std::clamp<std::uint64_t>(16'384 / std::max<std::size_t>(patterns, 1), 16, 1024);
}
constexpr std::uint64_t always_one_in = 256;
constexpr std::uint64_t rare_share = 100, rare_budget = 20;  // 1 % and 5 %, as parts of all keys
constexpr double notable_share = 0.001;
constexpr std::uint64_t least_of_notable = 400;

bool smaller(const BigKey& a, const BigKey& b) {
  return a.bytes > b.bytes;
}  // of a heap with the smallest in front

}  // namespace

Collector::Collector(CollectorOptions options)
    : options_(std::move(options)), table_(options_.infrastructure) {
  next_plan_ = first_plan;
}

void Collector::restart() {
  table_ = PatternTable(options_.infrastructure);
  quotas_.clear();
  heap_.clear();
  keys_ = measured_ = rare_asked_ = 0;
  next_plan_ = first_plan;
}

Interest Collector::look(std::uint32_t db, std::string_view key) {
  if (++keys_ >= next_plan_) plan();
  const auto number = table_.place(db, key);
  auto& cell = table_.at(number);
  cell.count();
  if (!wants(number, cell)) return {Look::name, number};
  cell.ask();
  return {Look::details, number};
}

bool Collector::wants(std::uint32_t number, const Cell& cell) {
  if (options_.exact || keys_ <= asked_anyway) return true;
  if (cell.asked() < first_keys(table_.size()) || cell.keys() % always_one_in == 0) return true;
  if (number >= quotas_.size()) return false;
  const auto& quota = quotas_[number];
  if (quota.all || cell.asked() < quota.keys) return true;
  const bool rare =
      quota.collections && cell.keys() * rare_share < keys_ && rare_asked_ * rare_budget < keys_;
  rare_asked_ += rare ? 1 : 0;
  return rare;
}

void Collector::plan() {
  next_plan_ =
      keys_ < between_plans ? keys_ * 2 : keys_ + std::max<std::uint64_t>(between_plans, 8 * table_.size());
  if (options_.exact) return;
  double total = 0;
  table_.each([&](std::uint32_t, const Cell& cell) { total += cell.bytes().value; });
  table_.each([&](std::uint32_t number, const Cell& cell) {
    if (number >= quotas_.size()) quotas_.resize(number + 1);
    auto& quota = quotas_[number];
    quota.keys = cell.needed(margin * options_.precision * total);
    if (cell.bytes().value > notable_share * total) quota.keys = std::max(quota.keys, least_of_notable);
    quota.collections = cell.holds_collections();
    quota.all = quota.all || cell.heavy_tailed();
  });
}

void Collector::take(const KeyRecord& record) {
  ++measured_;
  table_.at(record.ticket).take(record);
  remember(record);
}

void Collector::remember(const KeyRecord& record) {
  if (!record.bytes || options_.biggest == 0) return;
  const bool full = heap_.size() >= options_.biggest;
  if (full && *record.bytes <= heap_.front().bytes) return;
  // SCAN may name a key twice; the few that are kept here are compared.
  const auto known = std::any_of(heap_.begin(), heap_.end(), [&](const BigKey& big) {
    return big.db == record.db && big.key == record.key;
  });
  if (known) return;
  if (full) {
    std::pop_heap(heap_.begin(), heap_.end(), smaller);
    heap_.pop_back();
  }
  heap_.push_back({std::string(record.key), record.db, record.type, *record.bytes, record.bytes_sampled,
                   record.elements});
  std::push_heap(heap_.begin(), heap_.end(), smaller);
}

std::vector<BigKey> Collector::biggest() const {
  auto sorted = heap_;
  std::sort(sorted.begin(), sorted.end(), [](const BigKey& a, const BigKey& b) {
    return a.bytes != b.bytes ? a.bytes > b.bytes : a.key < b.key;
  });
  return sorted;
}

std::vector<PatternGroup> Collector::groups() const {
  std::vector<PatternGroup> out;
  table_.each([&](std::uint32_t, const Cell& cell) { out.push_back(cell.group()); });
  return out;
}

std::uint64_t Collector::other_keys() const {
  std::uint64_t sum = 0;
  table_.each([&](std::uint32_t, const Cell& cell) {
    if (cell.pattern() == PatternTable::other) sum += cell.keys();
  });
  return sum;
}

std::string Collector::guarantee() const {
  std::uint64_t sampled_patterns = 0;
  double unseen = 0;
  table_.each([&](std::uint32_t, const Cell& cell) {
    const auto group = cell.group();
    if (group.measured >= group.keys || group.measured == 0) return;
    ++sampled_patterns;
    unseen += static_cast<double>(group.keys - group.measured) *
              std::min(1.0, std::log(1 / (1 - confidence)) / static_cast<double>(group.measured));
  });
  if (sampled_patterns == 0) return "Every key was measured: none larger exists.";
  return fmt::format(
      "{} patterns were measured by a sample: at {:.1f} % confidence at most {:.0f} of their keys are larger "
      "than the largest seen of "
      "the same pattern. --exact measures every key.",
      sampled_patterns, confidence * 100, std::ceil(unseen));
}

}  // namespace headroom::survey
