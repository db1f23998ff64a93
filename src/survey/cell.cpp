#include "survey/cell.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace headroom::survey {
namespace {

constexpr double z = 4.0;
constexpr double unseen = 24;

constexpr std::size_t longest_example = 1024;
constexpr std::uint64_t smallest_sketched = 8;

/// How many of the edges the value reached. All are compared: a search would guess wrong half the time.
template <std::size_t n>
std::size_t bucket_of(std::uint64_t value, const std::array<std::uint64_t, n>& edges) {
  std::size_t bucket = 0;
  for (const auto edge : edges) bucket += value >= edge ? 1 : 0;
  return bucket;
}
constexpr std::uint64_t minute = 60, hour = 60 * minute, day = 24 * hour;
constexpr std::array<std::uint64_t, ttl_bucket_count - 1> ttl_edges{
    1000 * minute, 1000 * 10 * minute, 1000 * hour,    1000 * 6 * hour,
    1000 * day,    1000 * 7 * day,     1000 * 30 * day};  // ms
constexpr std::array<std::uint64_t, idle_bucket_count - 1> idle_edges{minute,  hour,     day,
                                                                      7 * day, 30 * day, 90 * day};

Estimate around(double value, double half) { return {value, std::max(0.0, value - half), value + half}; }
Estimate exactly(double value) { return {value, value, value}; }
Estimate sum(const Estimate& a, const Estimate& b) {
  return {a.value + b.value, a.low + b.low, a.high + b.high};
}

}  // namespace

Moments ByteSums::moments() const {
  if (count_ == 0) return {};
  // Around a whole number next to the mean every term is exact; only the way from there to the mean is
  // rounded. Terms may wrap: what is left of them fits.
  const auto near = sum_ / count_, rest = sum_ % count_;
  const auto squares = static_cast<double>(squares_ - 2 * near * sum_ + near * near * count_);
  const auto n = static_cast<double>(count_), apart = static_cast<double>(rest);
  return {count_, mean(), std::max(0.0, squares - apart * apart / n)};
}

double half_width(const Moments& sample, double largest, std::uint64_t population) {
  if (sample.count == 0 || sample.count >= population) return 0;
  const auto n = static_cast<double>(sample.count), all = static_cast<double>(population);
  const double left = 1 - n / all;
  return all * (z * std::sqrt(sample.variance() * left / n) + left * std::min(1.0, unseen / n) * largest);
}

Estimate proportion(std::uint64_t hits, std::uint64_t n, std::uint64_t population) {
  const auto all = static_cast<double>(population);
  if (n == 0) return {0, 0, all};
  const auto sample = static_cast<double>(n);
  const double p = static_cast<double>(hits) / sample;
  if (n >= population) return exactly(static_cast<double>(hits));
  const double spread = z * z / sample, middle = (p + spread / 2) / (1 + spread);
  const double half = z / (1 + spread) * std::sqrt(p * (1 - p) / sample + spread / (4 * sample));
  // What was seen is certain, whatever the rest is like.
  const double least = static_cast<double>(hits), most = all - static_cast<double>(n - hits);
  return {std::clamp(p * all, least, most), std::max(least, (middle - half) * all),
          std::min(most, (middle + half) * all)};
}

/// 4 log2(bytes), rounded down: four times the exponent of the number, and as many quarters as its fraction
/// passed.
void SizeSketch::add(double bytes) { add(bytes, 1); }

void SizeSketch::add(double bytes, std::uint32_t times) {
  constexpr int fraction_bits = 52, bias = 1023;
  constexpr auto fraction_of = [](double number) {
    return std::bit_cast<std::uint64_t>(number) & ((std::uint64_t{1} << fraction_bits) - 1);
  };
  // 2^(1/4), 2^(1/2), 2^(3/4)
  constexpr std::array quarters{fraction_of(1.189207115002721), fraction_of(1.4142135623730951),
                                fraction_of(1.681792830507429)};
  const auto number = std::max(bytes, 1.0);
  const auto fraction = fraction_of(number);
  std::size_t bucket = 4 * ((std::bit_cast<std::uint64_t>(number) >> fraction_bits) - bias);
  for (const auto quarter : quarters) bucket += fraction >= quarter ? 1 : 0;
  counts_[std::min(bucket, buckets - 1)] += times;
  total_ += times;
}

void SizeSketch::add(const SizeSketch& other) {
  for (std::size_t i = 0; i < buckets; ++i) counts_[i] += other.counts_[i];
  total_ += other.total_;
}

void SizeSketch::add(std::span<const std::uint32_t> counts) {
  for (std::size_t i = 0; i < std::min(counts.size(), buckets); ++i)
    counts_[i] += counts[i], total_ += counts[i];
}

std::vector<std::uint32_t> SizeSketch::counts() const {
  const auto last = std::find_if(counts_.rbegin(), counts_.rend(), [](auto count) { return count != 0; });
  return {counts_.begin(), last.base()};
}

double SizeSketch::quantile(double q, double least, double most) const {
  const auto rank = static_cast<std::uint64_t>(std::ceil(q * static_cast<double>(total_)));
  std::uint64_t passed = 0;
  for (std::size_t i = 0; i < buckets; ++i) {
    passed += counts_[i];
    if (passed >= rank) return std::clamp(std::exp2((static_cast<double>(i) + 0.5) / 4), least, most);
  }
  return most;
}

Cell::Cell(std::uint32_t db, std::string pattern, std::string_view example)
    : db_(db), pattern_(std::move(pattern)), example_(example.substr(0, longest_example)) {}

void Cell::take(const KeyRecord& record) {
  ++measured_, ++open_measured_;
  ++types_[static_cast<std::size_t>(record.type)];
  ++encodings_[static_cast<std::size_t>(record.encoding)];
  take_age(record);
  if (!record.bytes) return;
  const auto count = record.bytes->count;
  const auto bytes = static_cast<double>(count);
  smallest_ = bytes_.count() == 0 ? bytes : std::min(smallest_, bytes);
  largest_ = std::max(largest_, bytes);
  type_bytes_[static_cast<std::size_t>(record.type)] += bytes;
  if (!sizes_ && bytes_.count() + 1 >= smallest_sketched) begin_sketch();
  bytes_.add(count);
  without_ttl_bytes_.add(record.expires == Expires::never ? count : 0);
  if (sizes_) sizes_->add(bytes);
}

void Cell::take_age(const KeyRecord& record) {
  ++(record.expires == Expires::unknown ? ttl_unknown_ : deadlines_known_);
  if (record.expires == Expires::never) ++never_;
  if (record.expires == Expires::at) take_ttl(record);
  if (!record.idle) return;
  const auto idle = static_cast<std::uint64_t>(std::max<std::int64_t>(0, record.idle->count()));
  ++idle_[bucket_of(idle, idle_edges)];
  least_idle_ = idle_seen_ ? std::min(least_idle_, idle) : idle;
  idle_seen_ = true;
}

void Cell::take_ttl(const KeyRecord& record) {
  if (record.ttl.count() < 0) {
    ++expired_;
    expired_bytes_ += record.bytes ? record.bytes->count : 0;
    return;
  }
  ++ttl_[bucket_of(static_cast<std::uint64_t>(record.ttl.count()), ttl_edges)];
}

Estimate Cell::grown(const ByteSums& sample) const {
  if (sample.count() > 0 && sample.count() == open_keys_) return exactly(sample.sum());
  return around(sample.mean() * static_cast<double>(open_keys_),
                half_width(sample.moments(), largest_, open_keys_));
}

Estimate Cell::bytes() const { return sum(settled_bytes_, grown(bytes_)); }

std::uint64_t Cell::needed(double allowed) const {
  std::uint64_t least = bytes_.count(), most = open_keys_;
  auto guess = bytes_.moments();
  guess.squares = guess.variance();  // kept as the variance itself while n varies
  while (least < most) {
    const auto middle = least + (most - least) / 2;
    auto sample = guess;
    sample.count = middle;
    sample.squares = guess.squares * static_cast<double>(middle > 0 ? middle - 1 : 0);
    if (middle > 0 && half_width(sample, largest_, open_keys_) <= allowed)
      most = middle;
    else
      least = middle + 1;
  }
  return least;
}

bool Cell::heavy_tailed() const {
  if (bytes_.count() < 16) return false;
  const auto sample = bytes_.moments();
  return largest_ > 20 * sample.mean || sample.variance() > 9 * sample.mean * sample.mean;
}

/// Settles what was asked about and what never will be. Keys whose answer is still on its way stay open:
/// their answers will come here.
bool Cell::holds_collections() const {
  const auto strings = types_[static_cast<std::size_t>(KeyType::string)];
  return 2 * strings < measured_;
}

void Cell::settle() {
  const auto awaited = std::max(asked_, open_measured_) - open_measured_;
  open_keys_ -= awaited;
  const auto whole = group();
  settled_bytes_ = whole.bytes;
  settled_without_ttl_ = whole.without_ttl_keys;
  settled_without_ttl_bytes_ = whole.without_ttl_bytes;
  settled_keys_ += open_keys_;
  asked_ = open_keys_ = awaited;
  open_measured_ = never_ = deadlines_known_ = 0;
  bytes_ = without_ttl_bytes_ = {};
}

void Cell::merge(Cell other) {
  for (auto* cell : {this, &other})
    if (!cell->sizes_) cell->begin_sketch();  // from the sizes that settling forgets
  if (!asked_about_all() || !other.asked_about_all()) settle(), other.settle();
  bytes_.add(other.bytes_);
  without_ttl_bytes_.add(other.without_ttl_bytes_);
  asked_ += other.asked_, open_keys_ += other.open_keys_, open_measured_ += other.open_measured_;
  never_ += other.never_, deadlines_known_ += other.deadlines_known_;
  settled_bytes_ = sum(settled_bytes_, other.settled_bytes_);
  settled_without_ttl_ = sum(settled_without_ttl_, other.settled_without_ttl_);
  settled_without_ttl_bytes_ = sum(settled_without_ttl_bytes_, other.settled_without_ttl_bytes_);
  settled_keys_ += other.settled_keys_;
  merge_descriptions(other);
}

void Cell::merge_descriptions(const Cell& other) {
  if (other.measured_ > 0)
    smallest_ = measured_ == 0 ? other.smallest_ : std::min(smallest_, other.smallest_);
  largest_ = std::max(largest_, other.largest_);
  sizes_->add(*other.sizes_);
  if (other.idle_seen_)
    least_idle_ = idle_seen_ ? std::min(least_idle_, other.least_idle_) : other.least_idle_;
  idle_seen_ |= other.idle_seen_;
  measured_ += other.measured_, ttl_unknown_ += other.ttl_unknown_;
  const auto add = [](auto& mine, const auto& more) {
    std::transform(mine.begin(), mine.end(), more.begin(), mine.begin(),
                   [](auto a, auto b) { return a + b; });
  };
  add(types_, other.types_), add(type_bytes_, other.type_bytes_), add(encodings_, other.encodings_);
  add(ttl_, other.ttl_), add(idle_, other.idle_);
  expired_ += other.expired_, expired_bytes_ += other.expired_bytes_;
}

/// The few sizes before there is a sketch are taken to be like their mean; their extremes are kept beside.
SizeSketch Cell::few_sizes() const {
  SizeSketch sketch;
  sketch.add(bytes_.mean(), static_cast<std::uint32_t>(bytes_.count()));
  return sketch;
}

void Cell::begin_sketch() { sizes_ = std::make_unique<SizeSketch>(few_sizes()); }

PatternGroup Cell::group() const {
  PatternGroup out;
  out.db = db_, out.pattern = pattern_, out.example = example_;
  out.keys = keys(), out.measured = measured_;
  out.bytes = bytes();
  out.without_ttl_keys = sum(settled_without_ttl_, proportion(never_, deadlines_known_, open_keys_));
  out.without_ttl_bytes = sum(settled_without_ttl_bytes_, grown(without_ttl_bytes_));
  out.without_ttl_bytes.high = std::min(out.without_ttl_bytes.high, out.bytes.high);
  out.measured_ttl_unknown = ttl_unknown_;
  const auto quantile = [&](double q) {
    return Bytes{
        static_cast<std::uint64_t>(sizes_ ? sizes_->quantile(q, smallest_, largest_) : bytes_.mean())};
  };
  out.p50 = quantile(0.5), out.p99 = sizes_ ? quantile(0.99) : Bytes{static_cast<std::uint64_t>(largest_)};
  out.max = Bytes{static_cast<std::uint64_t>(largest_)},
  out.min = Bytes{static_cast<std::uint64_t>(smallest_)};
  out.sizes = sizes_ ? sizes_->counts() : few_sizes().counts();
  out.measured_types = types_, out.type_bytes = type_bytes_, out.measured_encodings = encodings_;
  out.expired = expired_, out.expired_bytes = Bytes{expired_bytes_};
  out.measured_ttl = ttl_, out.measured_idle = idle_, out.min_idle_seconds = least_idle_;
  return out;
}

}  // namespace headroom::survey
