#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "family/proof/prover.h"

/// Snapshots made by hand, for proofs to listen to in any order.
namespace headroom::test {

inline constexpr std::chrono::milliseconds moment{1'800'000'000'000};  // of every such snapshot

class Snapshot {
 public:
  struct Piece {
    std::string name{}, value{};
    double score = 0;
  };
  struct Key {
    std::string name{};
    KeyType type{};
    std::vector<Piece> pieces{};
    std::uint32_t db = 0;
    std::optional<std::chrono::milliseconds> expires_at{};
    std::optional<std::chrono::seconds> idle{};
    std::uint64_t bytes = 100;
  };

  Key& add(std::string name, KeyType type, std::vector<Piece> pieces = {}) {
    keys_.push_back({std::move(name), type, std::move(pieces)});
    return keys_.back();
  }
  Key& job(std::string name) {
    return add(std::move(name), KeyType::hash,
               {{"name", "email"}, {"data", "{}"}, {"opts", "{}"}, {"timestamp", "1795000000000"}});
  }
  Key& hash(std::string name, std::vector<Piece> fields) {
    return add(std::move(name), KeyType::hash, std::move(fields));
  }
  Key& string(std::string name, std::string value) {
    return add(std::move(name), KeyType::string, {{std::move(value)}});
  }
  Key& list(std::string name, const std::vector<std::string>& items) {
    return members(std::move(name), KeyType::list, items);
  }
  Key& set(std::string name, const std::vector<std::string>& items) {
    return members(std::move(name), KeyType::set, items);
  }
  /// All with one score.
  Key& zset(std::string name, const std::vector<std::string>& items, double score = 1'795'000'000'000) {
    Key& key = members(std::move(name), KeyType::zset, items);
    for (Piece& piece : key.pieces) piece.score = score;
    return key;
  }
  /// What every queue of BullMQ has. `version` as in `meta`.
  void queue(const std::string& root, const std::string& counter = "1000",
             const std::string& version = "bullmq:5.81.5") {
    string(root + ":id", counter);
    hash(root + ":meta", {{"opts.maxLenEvents", "10000"}, {"version", version}});
    add(root + ":events", KeyType::stream, {{"1799999000000-0"}});
  }
  /// What tells a queue of Bull.
  void bull_queue(const std::string& root, const std::string& counter = "1000") {
    string(root + ":id", counter);
    string(root + ":stalled-check", "1").expires_at = moment + std::chrono::seconds(20);
  }

  void reverse() { std::reverse(keys_.begin(), keys_.end()); }
  void shuffle(unsigned seed) { std::shuffle(keys_.begin(), keys_.end(), std::mt19937(seed)); }
  std::vector<Key>& keys() { return keys_; }

  /// Passes by once.
  void tell(ValueListener& listener) const {
    for (const Key& key : keys_) tell(key, listener);
  }
  /// As often as the prover asks for, at most `most` times; counts them in `passes`.
  family::Prover::Proved prove(const std::vector<family::ProofGroup>& groups,
                               family::ProofLimits limits = {}) const {
    family::Prover prover(groups, limits);
    passes = 0;
    do {
      prover.begin(moment, ++passes);
      tell(prover);
    } while (prover.another_pass() && passes < 200);
    return prover.finish();
  }
  mutable unsigned passes = 0;

 private:
  Key& members(std::string name, KeyType type, const std::vector<std::string>& items) {
    Key& key = add(std::move(name), type);
    for (const std::string& item : items) key.pieces.push_back({item});
    return key;
  }
  static void tell(const Key& key, ValueListener& listener) {
    // Views die with the calls, so each call gets a copy of its own.
    const auto stored = [&key](const std::string& name) {
      return StoredKey{.key = name,
                       .db = key.db,
                       .type = key.type,
                       .expires = key.expires_at.has_value(),
                       .expires_at = key.expires_at.value_or(std::chrono::milliseconds{}),
                       .idle = key.idle};
    };
    Reading reading{};
    {
      const std::string name = key.name;
      reading = listener.wants(stored(name));
    }
    if (reading == Reading::nothing) return;
    for (std::size_t i = 0; reading > Reading::size && i < key.pieces.size(); ++i) {
      const bool whole = reading == Reading::elements || key.type != KeyType::hash;
      const Piece piece = key.pieces[i];
      if (!listener.element(
              {piece.name, whole ? std::string_view(piece.value) : std::string_view(), piece.score}))
        break;
    }
    const std::string name = key.name;
    listener.ends(stored(name), {}, Bytes{key.bytes});
  }

  std::vector<Key> keys_{};
};

}  // namespace headroom::test
