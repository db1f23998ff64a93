#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "model/key_record.h"

namespace headroom::test {

/// Remembers what a source says. Tickets are the numbers of the look() calls.
class RecordingSink final : public RecordSink {
 public:
  using Name = std::pair<std::uint32_t, std::string>;

  explicit RecordingSink(Look wanted = Look::name) : wanted_(wanted) {}

  Interest look(std::uint32_t db, std::string_view key) override {
    ++named[{db, std::string(key)}];
    looks.emplace_back(key);
    const auto ticket = static_cast<std::uint32_t>(looks.size());
    if (on_look) on_look(looks.size());
    return {choose ? choose(key) : wanted_, ticket};
  }
  void take(const KeyRecord& record) override {
    KeyRecord copy = record;
    const auto place = records.emplace(Name{record.db, std::string(record.key)}, copy).first;
    place->second.key = place->first.second;
    takes.emplace_back(record.key);
    EXPECT_EQ(looks.at(record.ticket - 1), record.key) << "the ticket is of another key";
  }
  void restart() override {
    ++restarts;
    forgotten = looks.size();
    named.clear(), looks.clear(), records.clear(), takes.clear();
  }

  const KeyRecord& record(const std::string& key, std::uint32_t db = 0) const {
    return records.at({db, key});
  }
  bool has(const std::string& key, std::uint32_t db = 0) const { return records.contains({db, key}); }
  std::size_t repeated() const {
    std::size_t keys = 0;
    for (const auto& [name, times] : named) keys += times > 1;
    return keys;
  }

  std::function<void(std::size_t)> on_look{};  ///< gets the number of names so far
  std::function<Look(std::string_view)> choose{};
  std::map<Name, int> named{};
  std::vector<std::string> looks{};
  std::map<Name, KeyRecord> records{};
  std::vector<std::string> takes{};
  int restarts = 0;
  std::size_t forgotten = 0;  ///< names that the last restart threw away

 private:
  Look wanted_;
};

}  // namespace headroom::test
