#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "family/proof/prover.h"

namespace headroom::family {

/// A snapshot fed by hand to the proofs of one library: to "celery" and "celery results".
class FedSnapshot {
 public:
  struct Value {
    std::string name{};
    std::string value{};
    double score = 0;
  };
  struct Key {
    std::string name{};
    KeyType type = KeyType::string;
    std::vector<Value> values{};
    std::uint64_t bytes = 100;
    std::uint32_t db = 0;
    bool expires = false;
  };

  explicit FedSnapshot(std::string_view group) : group_(group) {}

  FedSnapshot& add(Key key) {
    keys_.push_back(std::move(key));
    return *this;
  }
  FedSnapshot& string(std::string name, std::string value, bool expires = false) {
    return add({.name = std::move(name), .values = {{std::move(value)}}, .expires = expires});
  }
  FedSnapshot& list(std::string name, std::vector<Value> values) {
    return add({.name = std::move(name), .type = KeyType::list, .values = std::move(values)});
  }
  FedSnapshot& set(std::string name, std::vector<Value> values) {
    return add({.name = std::move(name), .type = KeyType::set, .values = std::move(values)});
  }
  FedSnapshot& zset(std::string name, std::vector<Value> values) {
    return add({.name = std::move(name), .type = KeyType::zset, .values = std::move(values)});
  }
  FedSnapshot& hash(std::string name, std::vector<Value> values, bool expires = false) {
    return add(
        {.name = std::move(name), .type = KeyType::hash, .values = std::move(values), .expires = expires});
  }
  /// Of the key added last.
  FedSnapshot& in_db(std::uint32_t db) {
    keys_.back().db = db;
    return *this;
  }
  FedSnapshot& taking(std::uint64_t bytes) {
    keys_.back().bytes = bytes;
    return *this;
  }

  /// Both orders of the keys have to lead to the same; what is kept in the fields is of the second.
  FedSnapshot& prove(bool again = true) {
    const auto forward = told(again);
    std::reverse(keys_.begin(), keys_.end());
    EXPECT_EQ(told(again), forward);
    return *this;
  }

  /// "kind keys bytes certainty", of the debris and of stranded work, with the database and owner before it
  /// where there are any.
  std::vector<std::string> debris{}, stranded{};
  std::vector<DebrisSum> rows{};
  std::vector<NotProved> not_proved{};

  std::chrono::milliseconds now = std::chrono::sys_days(std::chrono::year(2026) / 11 / 27).time_since_epoch();
  ProofLimits limits{};
  unsigned passes = 0;

 private:
  std::vector<std::string> told(bool again) {
    std::vector<ProofGroup> groups = proofs::known_proofs();
    std::erase_if(groups, [&](const ProofGroup& group) {
      return group.name != group_ && !group.name.starts_with(group_ + ' ');
    });
    EXPECT_FALSE(groups.empty()) << group_;
    limits.again = again;
    Prover prover(groups, limits);
    passes = 0;
    do {
      prover.begin(now, ++passes);
      for (const Key& key : keys_) feed(prover, key);
    } while (prover.another_pass());
    Prover::Proved proved = prover.finish();
    debris = texts(proved.debris);
    stranded = texts(proved.stranded);
    rows = proved.debris;
    rows.insert(rows.end(), proved.stranded.begin(), proved.stranded.end());
    not_proved = proved.not_proved;
    std::vector<std::string> all = debris;
    all.insert(all.end(), stranded.begin(), stranded.end());
    return all;
  }

  void feed(Prover& prover, const Key& key) const {
    // Every call sees names of its own, which are gone when it returns.
    const auto ask = [&] {
      const std::string name = key.name;
      return prover.wants(stored(key, name));
    };
    const Reading reading = ask();
    if (reading == Reading::nothing) return;
    const bool later = key.type == KeyType::string && prover.wants_later();
    if (reading != Reading::size) {
      for (const Value& one : key.values) {
        const std::string name = one.name;
        const std::string value = reading == Reading::names ? std::string() : one.value;
        if (!prover.element({name, value, one.score})) break;
      }
    }
    const std::string name = key.name;
    prover.ends(stored(key, name), {.elements = key.values.size()}, Bytes{key.bytes});
    if (later) prover.later(stored(key, name), key.values.front().name, Bytes{key.bytes});
  }

  StoredKey stored(const Key& key, std::string_view name) const {
    return {.key = name,
            .db = key.db,
            .type = key.type,
            .expires = key.expires,
            .expires_at = now + std::chrono::hours(1)};
  }

  static std::vector<std::string> texts(const std::vector<DebrisSum>& rows) {
    std::vector<std::string> texts;
    for (const DebrisSum& row : rows) {
      EXPECT_FALSE(row.why.empty());
      EXPECT_TRUE(row.keys.exact() && row.bytes.exact());
      std::string text = row.db == 0 ? "" : "db" + std::to_string(row.db) + " ";
      if (!row.owner.empty()) text += "[" + row.owner + "] ";
      text += std::string(row.kind) + " " + std::to_string(static_cast<std::uint64_t>(row.keys.value)) + " " +
              std::to_string(static_cast<std::uint64_t>(row.bytes.value)) +
              (row.certainty == Certainty::proved ? " proved" : " suspected");
      texts.push_back(text);
    }
    return texts;
  }

  std::string group_;
  std::vector<Key> keys_{};
};

}  // namespace headroom::family
