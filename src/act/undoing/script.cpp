#include "act/undoing/script.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "act/dump_payload.h"

namespace headroom::act {
namespace {

/// ARGV: operations, each a word, the place of its key in KEYS, and its arguments. Answers {word, text}.
///
/// look: 'free' it can be done, 'there' it is so already, or why the step is left alone. Keys that are there
/// are of one kind with members that are as they were: all of them there means that nothing is missing.
/// make: does it; answers an error, or how to take it back.
constexpr std::string_view text = R"lua(
local K, A = KEYS, ARGV
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function ask(...)
  local r = redis.pcall(...)
  if type(r) == 'table' and r.err then return nil, r.err end
  return r
end
local function kind(k)
  local r = ask('TYPE', k)
  return r and r.ok
end
local function deadline(k)
  if ask('EXISTS', k) ~= 1 then return nil end
  local at = ask('PEXPIRETIME', k)
  if at then return at, 0 end
  local rest = ask('PTTL', k)
  return rest < 0 and -1 or now + rest, 20
end
local function is_deadline(k, at)
  local present, slack = deadline(k)
  return present and (present >= 0) == (at >= 0) and math.abs(present - at) <= slack
end
local function member(k, wanted, value, same)
  local t = kind(k)
  if t == 'none' then return 'free' end
  if t ~= wanted then return 'taken' end
  if not value then return 'free' end
  return same and 'there' or 'taken'
end
local function give(k, at)
  if at < 0 then return ask('PERSIST', k) end
  return ask('PEXPIREAT', k, string.format('%.0f', at))
end

local size = {restore = 4, zadd = 2, sadd = 1, hset = 2, list = 2, deadline = 2, unrename = 1}
local look = {
  restore = function(k, ttl)
    if ask('EXISTS', k) == 1 then return 'there' end
    ttl = tonumber(ttl)
    return ttl > 0 and ttl <= now and 'over' or 'free'
  end,
  zadd = function(k, score, m)
    local is = kind(k) == 'zset' and ask('ZSCORE', k, m)
    return member(k, 'zset', is, is and tonumber(is) == tonumber(score))
  end,
  sadd = function(k, m)
    local is = kind(k) == 'set' and ask('SISMEMBER', k, m) == 1
    return member(k, 'set', is, is)
  end,
  hset = function(k, f, v)
    local is = kind(k) == 'hash' and ask('HGET', k, f)
    return member(k, 'hash', is, is == v)
  end,
  list = function(k, place, m)
    local is = kind(k) == 'list' and ask('LPOS', k, m)
    return member(k, 'list', is, true)
  end,
  deadline = function(k, ours, former)
    ours, former = tonumber(ours), tonumber(former)
    if ask('EXISTS', k) ~= 1 then return 'expired' end
    if is_deadline(k, former) then return 'there' end
    if not is_deadline(k, ours) then return 'taken' end
    return former >= 0 and former <= now and 'expired' or 'free'
  end,
  unrename = function(k, from)
    local here, there = ask('EXISTS', k), ask('EXISTS', K[tonumber(from)])
    if here == 1 then return there == 1 and 'taken' or 'there' end
    return there == 1 and 'free' or 'swept'
  end}
local make = {
  restore = function(k, ttl, payload, word, number)
    local r, e
    if word == '' then r, e = ask('RESTORE', k, ttl, payload, 'ABSTTL')
    else r, e = ask('RESTORE', k, ttl, payload, 'ABSTTL', word, number) end
    return e, function() ask('UNLINK', k) end
  end,
  zadd = function(k, score, m)
    local r, e = ask('ZADD', k, score, m)
    return e, function() ask('ZREM', k, m) end
  end,
  sadd = function(k, m)
    local r, e = ask('SADD', k, m)
    return e, function() ask('SREM', k, m) end
  end,
  hset = function(k, f, v)
    local r, e = ask('HSET', k, f, v)
    return e, function() ask('HDEL', k, f) end
  end,
  list = function(k, place, m)
    local r, e
    place = tonumber(place)
    local length = ask('LLEN', k) or 0
    if place == 0 then r, e = ask('LPUSH', k, m)
    elseif place < 0 or place >= length then r, e = ask('RPUSH', k, m)
    else
      -- The item at the place gives way to a name that no other item has, so that LINSERT finds it.
      local item = ask('LINDEX', k, place)
      local mark = 'headroom:' .. redis.sha1hex(m .. now)
      r, e = ask('LSET', k, place, mark)
      if not e then
        r, e = ask('LINSERT', k, 'BEFORE', mark, m)
        ask('LSET', k, e and place or place + 1, item)
      end
    end
    return e, function() ask('LREM', k, 1, m) end
  end,
  deadline = function(k, ours, former)
    local r, e = give(k, tonumber(former))
    return e, function() give(k, tonumber(ours)) end
  end,
  unrename = function(k, from)
    from = K[tonumber(from)]
    local r, e = ask('RENAMENX', from, k)
    return e, function() ask('RENAMENX', k, from) end
  end}

local function each(act)
  local i = 1
  while i <= #A do
    local word = A[i]
    local stop = act(word, tonumber(A[i + 1]), i + 2)
    if stop then return stop end
    i = i + 2 + size[word]
  end
end

local free, there, over, ended, seen, main, taken = 0, 0, 0, false, {}, false, nil
local left = each(function(word, place, i)
  local state = look[word](K[place], A[i], A[i + 1])
  seen[i] = state
  if state == 'taken' then taken = taken or place
  elseif state == 'over' then
    over = over + 1
    ended = ended or place == 1
  elseif state == 'there' then
    there = there + 1
    if word == 'restore' or word == 'unrename' then main = main or place end
  elseif state == 'free' then free = free + 1
  else return state end
end)
if left then return {left, ''} end
if taken then return {'taken', K[taken]} end
if there > 0 and free == 0 then return {'there', ''} end
if main then return {'taken', K[main]} end
if ended or free == 0 then return {'expired', ''} end

local back = {}
local refused = each(function(word, place, i)
  if seen[i] ~= 'free' then return end
  local e, undo = make[word](K[place], A[i], A[i + 1], A[i + 2], A[i + 3])
  if e then return e end
  back[#back + 1] = undo
end)
if not refused then return {'done', ''} end
for n = #back, 1, -1 do back[n]() end
return {'refused', refused}
)lua";

/// Equal to no deadline, and not to none either.
constexpr std::int64_t no_deadline_is_ours = -1'000'000;

std::string text_of(std::int64_t number) { return std::to_string(number); }

}  // namespace

std::string_view undo_script() { return text; }

UndoCall::UndoCall(const JournalStep& step) {
  // Every key keeps its place: the first is the one the step is about.
  for (const auto& key : step.keys) place_of(key);
  // Items of a list come last, the one nearest to the front first: their places are those of the whole list.
  std::vector<const Before*> items;
  for (const auto& before : step.before) {
    if (before.key >= step.keys.size()) continue;
    if (before.kind == ChangeKind::list_remove)
      items.push_back(&before);
    else
      add(step, before);
  }
  std::stable_sort(items.begin(), items.end(), [](auto* a, auto* b) { return a->number < b->number; });
  for (const auto* before : items) add(step, *before);
}

void UndoCall::add(const JournalStep& step, const Before& before) {
  const auto& key = step.keys[before.key];
  switch (before.kind) {
    case ChangeKind::remove:
    case ChangeKind::remove_if_there:
    case ChangeKind::remove_if_value_is: {
      if (!before.removed) return;
      const auto& removed = *before.removed;
      // At most one of the two is taken by RESTORE.
      const bool freq = removed.freq >= 0, idle = !freq && removed.idle_seconds >= 0;
      auto payload = dump_payload(removed);
      bytes_ += payload.size();
      ++keys_came_;
      return op("restore", removed.key,
                {text_of(std::max<std::int64_t>(0, removed.expires_at)), std::move(payload),
                 freq   ? "FREQ"
                 : idle ? "IDLETIME"
                        : "",
                 text_of(freq ? removed.freq : removed.idle_seconds)});
    }
    case ChangeKind::expire_at: {
      ++keys_came_;
      const auto ours = before.set < 0 ? no_deadline_is_ours : before.set;
      return op("deadline", key, {text_of(ours), text_of(before.number)});
    }
    case ChangeKind::persist:
      ++keys_came_;
      return op("deadline", key, {"-1", text_of(before.number)});
    case ChangeKind::quarantine:
      ++keys_came_;
      return op("unrename", key, {place_of(before.value)});
    case ChangeKind::zset_remove:
      return op("zadd", key, {fmt::format("{:.17g}", before.score), before.member});
    case ChangeKind::set_remove:
      return op("sadd", key, {before.member});
    case ChangeKind::hash_remove:
      return op("hset", key, {before.member, before.value});
    case ChangeKind::list_remove:
      return op("list", key, {text_of(before.number), before.member});
    case ChangeKind::list_push:
    case ChangeKind::stream_trim:
      return;
  }
}

void UndoCall::op(std::string word, std::string_view key, std::vector<std::string> more) {
  arguments_.push_back(std::move(word));
  arguments_.push_back(place_of(key));
  for (auto& argument : more) arguments_.push_back(std::move(argument));
  ++operations_;
}

std::string UndoCall::place_of(std::string_view key) {
  auto found = std::find(names_.begin(), names_.end(), key);
  if (found == names_.end()) found = names_.insert(found, std::string(key));
  return text_of(found - names_.begin() + 1);
}

void UndoCall::queue(wire::Link& link, std::string_view sha) const {
  const auto count = text_of(static_cast<std::int64_t>(names_.size()));
  std::vector<std::string_view> words{sha.empty() ? "EVAL" : "EVALSHA", sha.empty() ? text : sha, count};
  words.insert(words.end(), names_.begin(), names_.end());
  words.insert(words.end(), arguments_.begin(), arguments_.end());
  link.queue(words);
}

UndoAnswer undo_answer(const wire::Reply& reply) {
  using Kind = UndoAnswer::Kind;
  if (reply.is_error()) return {Kind::refused, reply.text};
  if (reply.items.size() != 2) return {Kind::refused, "ERR the script answered something else"};
  constexpr std::array<std::pair<std::string_view, Kind>, 6> words{{{"done", Kind::done},
                                                                    {"there", Kind::there},
                                                                    {"taken", Kind::taken},
                                                                    {"expired", Kind::expired},
                                                                    {"swept", Kind::swept},
                                                                    {"refused", Kind::refused}}};
  for (const auto& [word, kind] : words)
    if (reply.items[0].text == word) return {kind, reply.items[1].text};
  return {Kind::refused, "ERR the script answered something else"};
}

}  // namespace headroom::act
