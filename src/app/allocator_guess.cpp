#include "app/allocator_guess.h"

#include <algorithm>

#include "memory/key_model.h"
#include "source/rdb/decoder.h"

namespace headroom::app {
namespace {

constexpr std::uint64_t enough = std::uint64_t{16} << 20U;

/// Ends after the first `enough` bytes.
class Beginning final : public source::rdb::Input {
 public:
  explicit Beginning(source::rdb::Input& whole) : whole_(whole) {}
  Result<std::size_t> read(std::span<char> room) override {
    if (given_ >= enough) return 0;
    const auto got = whole_.read(room);
    if (got) given_ += *got;
    return got;
  }

 private:
  source::rdb::Input& whole_;
  std::uint64_t given_ = 0;
};

/// Measures every key twice.
class BothQuanta final : public source::rdb::Events {
 public:
  void aux(std::string_view name, std::string_view value) override;
  void begins(unsigned, bool valkey) override { server.flavour = valkey ? "valkey" : "redis"; }
  void announces(std::uint32_t db, std::uint64_t keys, std::uint64_t expires) override {
    dbs.push_back({db, keys, expires});
  }
  Reading key(const StoredKey&) override {
    if (!eight_) start();
    return Reading::nothing;
  }
  void parts(const StoredKey& key, std::span<const Part> parts) override {
    eight_->parts(key, parts);
    sixteen_->parts(key, parts);
  }
  void node(const StoredKey& key, std::uint64_t length, bool plain) override {
    eight_->node(key, length, plain);
    sixteen_->node(key, length, plain);
  }
  void piece(const StreamPiece& piece) override {
    eight_->piece(piece);
    sixteen_->piece(piece);
  }
  void ends(const StoredKey& key, const ValueSize& size) override {
    sums.quantum_8 += eight_->finish(key, size);
    sums.quantum_16 += sixteen_->finish(key, size);
  }

  ServerFacts server{};
  std::vector<Keyspace> dbs{};
  memory::KeySums sums{};

 private:
  void start();
  std::optional<memory::KeyModel> eight_{}, sixteen_{};
};

void BothQuanta::aux(std::string_view name, std::string_view value) {
  if (name == "redis-ver" || name == "valkey-ver") server.version = value;
  if (name != "used-mem") return;
  std::uint64_t number = 0;
  for (const char c : value)
    number = c >= '0' && c <= '9' ? number * 10 + static_cast<std::uint64_t>(c - '0') : 0;
  server.used_memory = Bytes{number};
}

void BothQuanta::start() {
  server.quantum = 8;
  eight_.emplace(memory::server_model(server, memory::Held::live));
  server.quantum = 16;
  sixteen_.emplace(memory::server_model(server, memory::Held::live));
}

Bytes scaled(Bytes sum, double factor) {
  return {static_cast<std::uint64_t>(static_cast<double>(sum.count) * factor)};
}

}  // namespace

std::optional<memory::Calibration> guess_allocator(
    const std::function<Result<std::unique_ptr<source::rdb::Input>>()>& open) {
  const auto input = open();
  if (!input) return std::nullopt;
  Beginning beginning(**input);
  BothQuanta both;
  const auto chunks = source::rdb::stepped_chunks(beginning, std::size_t{512} << 10U);
  const auto decoded = source::rdb::decode(*chunks, both);
  if (!both.server.used_memory || decoded.keys == 0) return std::nullopt;
  std::uint64_t announced = 0;
  for (const auto& db : both.dbs) announced += db.keys;
  if (!decoded.complete) {
    // Bytes of the file are the better measure where its size is known: giants weigh in both.
    const auto whole = static_cast<double>((*input)->size());
    const bool packed = whole < static_cast<double>(decoded.bytes);
    const auto factor = packed || whole == 0
                            ? static_cast<double>(announced) / static_cast<double>(decoded.keys)
                            : whole / static_cast<double>(decoded.bytes);
    both.sums = {scaled(both.sums.quantum_8, factor), scaled(both.sums.quantum_16, factor)};
  }
  auto calibration = memory::calibrate(memory::server_model(both.server, memory::Held::live), both.sums,
                                       both.dbs, *both.server.used_memory);
  if (calibration && !calibration->clear) calibration.reset();
  return calibration;
}

void set_allocator(const Options& options, const std::optional<memory::Calibration>& guess,
                   ServerFacts& server) {
  if (options.allocator == "jemalloc-8") server.quantum = 8;
  if (options.allocator == "jemalloc-16") server.quantum = 16;
  if (options.allocator == "libc") server.allocator = "libc", server.quantum = 0;
  if (options.allocator == "auto" && guess) server.quantum = guess->quantum;
}

}  // namespace headroom::app
