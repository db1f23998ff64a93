#include "app/planned.h"

#include <gtest/gtest.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <memory>
#include <stdexcept>

#include "app/families.h"
#include "app/live_survey.h"
#include "model/fingerprint.h"
#include "wire/connection.h"

namespace headroom::test {
namespace {

using wire::Reply;

/// Speaks to the server as any client does.
class Client {
 public:
  Client(const RedisServer& server, std::uint32_t db)
      : link_(std::move(
            *wire::Connection::open(*wire::parse_endpoint(server.url(static_cast<int>(db))), "test"))) {}
  Reply operator()(const std::vector<std::string>& words) {
    const std::vector<std::string_view> views(words.begin(), words.end());
    auto reply = link_->call(views);
    if (!reply) throw std::runtime_error(reply.error().what);
    return std::move(*reply);
  }
  std::int64_t number(const std::vector<std::string>& words) { return (*this)(words).integer; }
  bool nil(const std::vector<std::string>& words) { return (*this)(words).kind == Reply::Kind::nil; }

 private:
  std::unique_ptr<wire::Connection> link_;
};

std::int64_t length(Client& ask, const std::string& type, const std::string& key) {
  const std::map<std::string, std::string> commands{
      {"list", "LLEN"}, {"set", "SCARD"}, {"zset", "ZCARD"}, {"hash", "HLEN"}, {"stream", "XLEN"}};
  return ask.number({commands.at(type), key});
}

bool is_member(Client& ask, const std::string& key, const std::string& member) {
  const auto type = ask({"TYPE", key}).text;
  if (type == "set") return ask.number({"SISMEMBER", key, member}) == 1;
  if (type == "zset") return !ask.nil({"ZSCORE", key, member});
  if (type == "hash") return ask.number({"HEXISTS", key, member}) == 1;
  return false;
}

std::int64_t fingerprint_of(Client& ask, const std::string& key) {
  std::vector<std::string> words{"HMGET", key};
  words.insert(words.end(), fingerprint_fields.begin(), fingerprint_fields.end());
  std::vector<std::optional<std::string>> fields;
  for (const auto& item : ask(words).items)
    fields.push_back(item.kind == Reply::Kind::nil ? std::nullopt : std::optional(item.text));
  return fingerprint(fields);
}

bool holds(Client& ask, const Step& step, const Check& check) {
  const auto& key = step.keys.at(check.key);
  switch (check.kind) {
    case CheckKind::absent:
      return ask.number({"EXISTS", key}) == 0;
    case CheckKind::type_is:
      return ask({"TYPE", key}).text == check.text;
    case CheckKind::no_ttl:
      return ask.number({"PTTL", key}) == -1;
    case CheckKind::expires_at:
      return ask.number({"PEXPIRETIME", key}) == check.number;
    case CheckKind::idle_at_least:
      return ask.number({"OBJECT", "IDLETIME", key}) >= check.number;
    case CheckKind::value_hash:
      return static_cast<std::int64_t>(hash_bytes(ask({"GET", key}).text)) == check.number;
    case CheckKind::value_is:
      return !ask.nil({"GET", key}) && ask({"GET", key}).text == check.text;
    case CheckKind::length_at_most:
      return ask({"TYPE", key}).text == check.text && length(ask, check.text, key) <= check.number;
    case CheckKind::score_is: {
      const auto score = ask({"ZSCORE", key, check.text});
      return score.kind == Reply::Kind::real
                 ? score.real == check.real
                 : score.kind == Reply::Kind::text && std::strtod(score.text.c_str(), nullptr) == check.real;
    }
    case CheckKind::member:
      return is_member(ask, key, check.text);
    case CheckKind::no_member:
      return !is_member(ask, key, check.text);
    case CheckKind::not_listed:
      return ask.number({"LLEN", key}) <= check.number && ask.nil({"LPOS", key, check.text});
    case CheckKind::field_is: {
      const auto value = ask({"HGET", key, check.member});
      return value.kind == Reply::Kind::text && value.text == check.text;
    }
    case CheckKind::field_missing:
      return ask.number({"EXISTS", key}) == 1 && ask.number({"HEXISTS", key, check.member}) == 0;
    case CheckKind::field_at_most: {
      const auto value = ask({"HGET", key, check.member});
      return value.kind == Reply::Kind::text && std::strtoll(value.text.c_str(), nullptr, 10) <= check.number;
    }
    case CheckKind::fingerprint:
      return fingerprint_of(ask, key) == check.number;
  }
  return false;
}

void trim(Client& ask, const std::string& key, const Change& change) {
  const auto more = ask.number({"XLEN", key}) - change.number;
  if (more > 0)
    ask({"XTRIM", key, "MAXLEN",
         std::to_string(change.number + std::max<std::int64_t>(0, more - change.limit))});
}

void change(Client& ask, const Step& step, const Change& change) {
  const auto& key = step.keys.at(change.key);
  switch (change.kind) {
    case ChangeKind::remove:
      EXPECT_EQ(ask.number({"UNLINK", key}), 1) << key;
      return;
    case ChangeKind::remove_if_there:
      ask({"UNLINK", key});
      return;
    case ChangeKind::remove_if_value_is:
      if (ask({"GET", key}).text == change.text) ask({"UNLINK", key});
      return;
    case ChangeKind::expire_at:
      ask({"PEXPIREAT", key, std::to_string(change.number)});
      return;
    case ChangeKind::persist:
      ask({"PERSIST", key});
      return;
    case ChangeKind::quarantine:
      ask({"RENAMENX", key, "headroom:q:test:{" + key + "}" + key});
      return;
    case ChangeKind::zset_remove:
      EXPECT_EQ(ask.number({"ZREM", key, change.member}), 1) << key;
      return;
    case ChangeKind::set_remove:
      EXPECT_EQ(ask.number({"SREM", key, change.member}), 1) << key;
      return;
    case ChangeKind::hash_remove:
      ask({"HDEL", key, change.member});
      return;
    case ChangeKind::list_remove:
      EXPECT_EQ(ask.number({"LREM", key, "1", change.member}), 1) << key;
      return;
    case ChangeKind::list_push:
      ask({"RPUSH", key, change.text});
      return;
    case ChangeKind::stream_trim:
      trim(ask, key, change);
      return;
  }
}

}  // namespace

std::vector<std::string> Planned::keys_of(std::string_view rule, std::string_view owner) const {
  std::vector<std::string> keys;
  for (const auto& step : steps)
    if (rules[step.rule].name == rule && (owner.empty() || rules[step.rule].owner == owner))
      keys.push_back(step.keys.front());
  return keys;
}

std::vector<std::string> Planned::reasons() const {
  std::vector<std::string> all;
  for (const auto& group : left)
    all.push_back(fmt::format("{}: {} keys: {}", group.owner, group.keys, group.why));
  return all;
}

Planned planned(const RedisServer& server, std::string_view planner, const plan::Policy& policy,
                const app::Options& options) {
  const app::Session session(*wire::parse_endpoint(server.url()), "headroom:test");
  const auto families = family::known_families();
  family::RootFinder finder(families);
  const auto survey = app::survey_live(session, families, options, &finder);
  if (!survey) throw std::runtime_error(survey.error().what);
  const auto roots = finder.finish();
  const app::PlanRequest request{
      session, *survey, roots, families, policy, options, survey->server.server_time};
  Planned all;
  for (const auto& one : app::planners::known_planners())
    if (one.name == planner)
      if (const auto found = one.find(request, all); !found) throw std::runtime_error(found.error().what);
  return all;
}

bool make(const RedisServer& server, const Step& step) {
  static std::map<std::string, std::unique_ptr<Client>> clients;
  auto& client = clients[server.url(static_cast<int>(step.db))];
  if (!client) client = std::make_unique<Client>(server, step.db);
  for (const auto& check : step.checks)
    if (!holds(*client, step, check)) return false;
  for (const auto& one : step.changes) change(*client, step, one);
  return true;
}

std::size_t make_all(const RedisServer& server, const Planned& planned) {
  return static_cast<std::size_t>(std::count_if(planned.steps.begin(), planned.steps.end(),
                                                [&](const Step& step) { return make(server, step); }));
}

}  // namespace headroom::test
