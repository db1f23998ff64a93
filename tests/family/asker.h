#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "family/groups.h"
#include "family/questions.h"
#include "family/roots.h"
#include "kit/loaded_server.h"

/// Asks a small server what the facts room would ask: one script for all questions of a queue.
namespace headroom::test {

inline constexpr const char* answer_all = R"(
local lengths = {list = 'LLEN', set = 'SCARD', zset = 'ZCARD', hash = 'HLEN', stream = 'XLEN', string = 'STRLEN'}
local function answer(key, ask, arguments)
  local type = redis.call('TYPE', key).ok
  if ask == 'exists' then return {redis.call('EXISTS', key)} end
  if type == 'none' then return {} end
  if ask == 'length' then return {redis.call(lengths[type], key)} end
  if ask == 'fields' then return redis.call('HMGET', key, unpack(arguments)) end
  if ask == 'text' then return {redis.call('GET', key)} end
  if ask == 'members' then return redis.call('SMEMBERS', key) end
  if ask == 'first' then return {redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')[2]} end
  if ask == 'last' then return {redis.call('ZREVRANGE', key, 0, 0, 'WITHSCORES')[2]} end
  if ask == 'bytes' then return {redis.call('MEMORY', 'USAGE', key)} end
  if ask == 'stream' then
    local info = redis.call('XINFO', 'STREAM', key)
    for i = 1, #info, 2 do if info[i] == 'last-generated-id' then return {info[i + 1]} end end
  end
end
local out = {}
for _, question in ipairs(cjson.decode(ARGV[1])) do
  out[#out + 1] = answer(question.key, question.ask, question.arguments)
end
return out)";

inline const char* word_for(Ask ask) {
  switch (ask) {
    case Ask::length:
      return "length";
    case Ask::fields:
      return "fields";
    case Ask::string_value:
      return "text";
    case Ask::members:
      return "members";
    case Ask::first_score:
      return "first";
    case Ask::last_score:
      return "last";
    case Ask::last_stream_id:
      return "stream";
    case Ask::exists:
      return "exists";
    case Ask::bytes:
      return "bytes";
    default:
      return "unknown";
  }
}

/// Needs: all questions about one database, keys in UTF-8.
inline std::vector<Answer> asked(const RedisServer& server, const std::vector<Question>& questions) {
  if (questions.empty()) return {};
  nlohmann::json list;
  for (const Question& question : questions)
    list.push_back(
        {{"key", question.key}, {"ask", word_for(question.ask)}, {"arguments", question.arguments}});
  const auto reply =
      nlohmann::json::parse(ask_json(server, questions.front().db, {"EVAL", answer_all, "0", list.dump()}));
  std::vector<Answer> answers;
  for (const auto& values : reply) {
    Answer answer;
    for (const auto& value : values) {
      if (value.is_number()) answer.number = value.get<double>();
      answer.texts.push_back(value.is_string() ? std::optional(value.get<std::string>()) : std::nullopt);
    }
    answers.push_back(answer);
  }
  return answers;
}

/// The roots that a scan of these keys finds.
inline std::vector<family::Root> roots_of(const std::vector<FoundKey>& keys,
                                          std::span<const family::Family> families, std::uint32_t db = 0) {
  family::RootFinder finder(families);
  for (const FoundKey& key : keys)
    if (finder.look(db, key.name).look != Look::name)
      finder.take({.key = key.name, .db = db, .type = type_named(key.type)});
  return finder.finish();
}

/// What `queues` would show of a database.
inline std::vector<QueueState> queue_states(const RedisServer& server,
                                            std::span<const family::Family> families,
                                            std::chrono::milliseconds now, std::uint32_t db = 0) {
  std::vector<QueueState> states;
  for (const auto& root : roots_of(all_keys(server, db), families, db))
    for (const auto& queue : family::queues_of(root, asked(server, family::name_questions(root))))
      states.push_back(family::state(queue, asked(server, family::questions(queue)), now));
  return states;
}

}  // namespace headroom::test
