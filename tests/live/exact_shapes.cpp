#include "live/exact_shapes.h"

#include <algorithm>

#include "kit/producers.h"

namespace headroom::test {
namespace {

using Words = std::vector<std::string>;

constexpr auto far_away = "4102444800123";  // ms: in the year 2100
constexpr auto further_away = "4102444900456";

Words many(Words words, int count, bool pairs, const std::string& text = "") {
  for (int i = 0; i < count; ++i) {
    if (pairs) words.push_back(std::to_string(i));
    words.push_back("item" + std::to_string(i) + text);
  }
  return words;
}

/// Each under `key`.
std::vector<std::vector<Words>> shapes(const std::string& key, bool fields_expire) {
  const std::string hostile("a\0\r\n\xff\"'", 7), large(100, 'x');
  std::vector<std::vector<Words>> all{
      {{"SET", key, "-12345"}},
      {{"SET", key, "short"}},
      {{"SET", key, std::string(5000, 'r') + hostile}},
      {{"SET", key, ""}},
      {{"SETBIT", key, "77", "1"}},
      {many({"HSET", key}, 10, true)},
      {many({"HSET", key}, 140, true)},
      {{"SADD", key, "1", "-70000", "5000000000"}},
      {many({"SADD", key}, 140, false)},
      {many({"ZADD", key}, 10, true), {"ZADD", key, "-inf", "low", "1e300", "high", "0.1", hostile}},
      {many({"ZADD", key}, 140, true)},
      {many({"RPUSH", key}, 5, false)},
      {many({"RPUSH", key}, 200, false, large)},
      {{"XADD", key, "1-1", "f", "v"}, {"XADD", key, "2-1", "g", hostile}, {"XDEL", key, "2-1"}},
      {{"XADD", key, "1-1", "f", "v"},
       {"XADD", key, "1-2", "f", "w"},
       {"XGROUP", "CREATE", key, "g1", "0"},
       {"XREADGROUP", "GROUP", "g1", "me", "COUNT", "1", "STREAMS", key, ">"}},
      {{"PFADD", key, "a", "b", "c"}}};
  for (const int fields : fields_expire ? std::vector{10, 600} : std::vector<int>()) {
    all.push_back({many({"HSET", key}, fields, true),
                   {"HPEXPIREAT", key, far_away, "FIELDS", "2", "1", "2"},
                   {"HPEXPIREAT", key, further_away, "FIELDS", "1", "3"}});
  }
  return all;
}

}  // namespace

std::string rule_of_every_kind() {
  std::string policy;
  for (const std::string removal : {"journal", "quarantine", "ttl"})
    for (const std::string type : {"string", "hash", "set", "zset", "list", "stream"})
      policy += "[[rule]]\nname = \"" + removal + "-" + type + "\"\npattern = \"" + removal +
                ":*\"\ntype = \"" + type + "\"\nremoval = \"" + removal + "\"\n" +
                (removal == "ttl" ? "ttl = \"30d\"\n" : "");
  return policy;
}

std::uint64_t steps_of_every_kind(const ExactKit& kit) {
  const auto all = shapes("", kit.fields_expire());
  const auto strings = std::count_if(all.begin(), all.end(), [](const std::vector<Words>& made_by) {
    const auto& command = made_by.front().front();
    return command == "SET" || command == "SETBIT" || command == "PFADD";
  });
  return 4 * all.size() + static_cast<std::uint64_t>(strings);
}

void make_every_shape(ExactKit& kit) {
  for (const std::string rule : {"journal:", "quarantine:", "ttl:", "stays:"}) {
    for (const bool has_ttl : {false, true}) {
      const auto count = shapes("", kit.fields_expire()).size();
      for (std::size_t i = 0; i < count; ++i) {
        const auto key = rule + (has_ttl ? "expires:" : "") + std::to_string(i) + std::string("\n\0\xfe", 3);
        const auto made_by = shapes(key, kit.fields_expire())[i];
        for (const auto& words : made_by) kit.ask(words);
        if (has_ttl) kit.ask({"PEXPIREAT", key, far_away});
      }
    }
  }
}

void make_bull(ExactKit& kit) {
  produce({"bullmq.mjs", "--library", "bullmq6", "--parts", "states,flows,debris", "--age-days", "40"},
          kit.server.url());
  // Ids of jobs that are gone, between the others: their order has to come back too.
  int gone = 0;
  for (const auto& id : kit.ask({"LRANGE", "bull:shop:wait", "0", "-1"}).items)
    kit.ask({"LINSERT", "bull:shop:wait", "BEFORE", id.text, "gone-" + std::to_string(++gone)});
  for (; gone < 20; ++gone)
    kit.ask({gone % 2 == 0 ? "LPUSH" : "RPUSH", "bull:shop:wait", "out-" + std::to_string(gone)});
  // What Bull lets expire must not do so while it is compared.
  for (const auto& key : kit.ask({"KEYS", "*"}).items) {
    if (kit.ask({"PTTL", key.text}).integer > 0) kit.ask({"PEXPIREAT", key.text, far_away});
    // A few entries say as much as many, and each costs a request on the way back.
    if (key.text.ends_with(":events")) kit.ask({"XTRIM", key.text, "MAXLEN", "4"});
  }
}

}  // namespace headroom::test
