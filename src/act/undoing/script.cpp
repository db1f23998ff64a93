#include "act/undoing/script.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "act/dump_payload.h"

namespace headroom::act {
namespace {

/// ARGV: of each step how many arguments its operations have, the place of its first key in KEYS, and the
/// operations: a word, the place of a key, and its arguments. Answers a word and a text for each step, in one
/// flat list.
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
-- `at`: the deadline of the key when the member was in it. With its last member the key went, and the deadline.
local function member(value, e, same, k, at)
  if e and string.find(e, 'WRONGTYPE', 1, true) then return 'taken' end
  if value then return same(value) and 'there' or 'taken' end
  at = tonumber(at)
  return at > 0 and at <= now and ask('EXISTS', k) ~= 1 and 'over' or 'free'
end
local function give(k, at)
  if at < 0 then return ask('PERSIST', k) end
  return ask('PEXPIREAT', k, string.format('%.0f', at))
end

local function put_in(k, at, put, back)
  at = tonumber(at)
  local anew = at > 0 and ask('EXISTS', k) ~= 1
  local r, e = put()
  if anew and not e then
    r, e = give(k, at)
    if e then back() end
  end
  return e, back
end

-- A name that no other item has, so that LINSERT and LREM find it.
local function mark_for(m) return 'headroom:' .. redis.sha1hex(m .. now) end
local function insert(k, place, m)
  if place == 0 then return ask('LPUSH', k, m) end
  if place < 0 then return ask('RPUSH', k, m) end
  local item, mark = ask('LINDEX', k, place), mark_for(m)
  local r, e = ask('LSET', k, place, mark)
  if e then return r, e end
  r, e = ask('LINSERT', k, 'BEFORE', mark, m)
  ask('LSET', k, e and place or place + 1, item)
  return r, e
end

local function take_out(k, place, m)
  ask('LSET', k, place, mark_for(m))
  ask('LREM', k, 1, mark_for(m))
end

-- Set when a list is not as long as it was when the run had taken the item.
local near
local size = {restore = 4, zadd = 3, sadd = 2, hset = 3, list = 4, deadline = 2, unrename = 1}
local look = {
  restore = function(k, ttl)
    if ask('EXISTS', k) == 1 then return 'there' end
    ttl = tonumber(ttl)
    return ttl > 0 and ttl <= now and 'over' or 'free'
  end,
  zadd = function(k, score, m, at)
    local is, e = ask('ZSCORE', k, m)
    return member(is, e, function(present) return tonumber(present) == tonumber(score) end, k, at)
  end,
  sadd = function(k, m, at)
    local is, e = ask('SISMEMBER', k, m)
    return member(is == 1, e, function() return true end, k, at)
  end,
  hset = function(k, f, v, at)
    local is, e = ask('HGET', k, f)
    return member(is, e, function(present) return present == v end, k, at)
  end,
  -- `was`: how many equal items stayed, and how long the list was then.
  list = function(k, place, m, at, was)
    local stayed, length = string.match(was, '^(%d+) (%d+)$')
    stayed = tonumber(stayed) or 0
    local found, e = ask('LPOS', k, m, 'COUNT', stayed + 1)
    local here = found and #found or 0
    near = near or length and ask('LLEN', k) ~= tonumber(length)
    return member(here > 0 and here ~= stayed, e, function() return true end, k, at)
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
  zadd = function(k, score, m, at)
    return put_in(k, at, function() return ask('ZADD', k, score, m) end, function() ask('ZREM', k, m) end)
  end,
  sadd = function(k, m, at)
    return put_in(k, at, function() return ask('SADD', k, m) end, function() ask('SREM', k, m) end)
  end,
  hset = function(k, f, v, at)
    return put_in(k, at, function() return ask('HSET', k, f, v) end, function() ask('HDEL', k, f) end)
  end,
  list = function(k, place, m, at)
    place = tonumber(place)
    if place >= (ask('LLEN', k) or 0) then place = -1 end
    return put_in(k, at, function() return insert(k, place, m) end, function() take_out(k, place, m) end)
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

local function each(first, last, act)
  local i = first
  while i <= last do
    local word = A[i]
    local stop = act(word, tonumber(A[i + 1]), i + 2)
    if stop then return stop end
    i = i + 2 + size[word]
  end
end

local function put_back(about, first, last)
  local free, there, over, ended, seen, main, taken = 0, 0, 0, false, {}, false, nil
  near = nil
  local left = each(first, last, function(word, place, i)
    local state = look[word](K[place], A[i], A[i + 1], A[i + 2], A[i + 3])
    seen[i] = state
    if state == 'taken' then taken = taken or place
    elseif state == 'over' then
      over = over + 1
      ended = ended or place == about
    elseif state == 'there' then
      there = there + 1
      if word == 'restore' or word == 'unrename' then main = main or place end
    elseif state == 'free' then free = free + 1
    else return state end
  end)
  if left then return left, '' end
  if taken then return 'taken', K[taken] end
  if there > 0 and free == 0 then return 'there', '' end
  if main then return 'taken', K[main] end
  if ended or free == 0 then return 'expired', '' end

  local back = {}
  local refused = each(first, last, function(word, place, i)
    if seen[i] ~= 'free' then return end
    local e, undo = make[word](K[place], A[i], A[i + 1], A[i + 2], A[i + 3])
    if e then return e end
    back[#back + 1] = undo
  end)
  if not refused then return 'done', near and 'near' or '' end
  for n = #back, 1, -1 do back[n]() end
  return 'refused', refused
end

local out, i = {}, 1
while i <= #A do
  local last = i + 1 + tonumber(A[i])
  local word, text = put_back(tonumber(A[i + 1]), i + 2, last)
  out[#out + 1] = word
  out[#out + 1] = text
  i = last + 1
end
return out
)lua";

/// Equal to no deadline, and not to none either.
constexpr std::int64_t no_deadline_is_ours = -1'000'000;

std::string text_of(std::int64_t number) { return std::to_string(number); }

}  // namespace

std::string_view undo_script() { return text; }

UndoPart::UndoPart(const JournalStep& step) {
  if (!step.keys.empty()) name(step.keys[0]);  // the one the step is about: names_[0]
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

void UndoPart::add(const JournalStep& step, const Before& before) {
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
      op("unrename", key, {});
      return words_.push_back(name(before.value));
    case ChangeKind::zset_remove:
      return op("zadd", key, {fmt::format("{:.17g}", before.score), before.member, text_of(before.set)});
    case ChangeKind::set_remove:
      return op("sadd", key, {before.member, text_of(before.set)});
    case ChangeKind::hash_remove:
      return op("hset", key, {before.member, before.value, text_of(before.set)});
    case ChangeKind::list_remove:
      return op("list", key, {text_of(before.number), before.member, text_of(before.set), before.value});
    case ChangeKind::list_push:
    case ChangeKind::stream_trim:
      return;
  }
}

void UndoPart::op(std::string word, std::string_view key, std::vector<std::string> more) {
  words_.push_back({std::move(word)});
  words_.push_back(name(key));
  for (auto& argument : more) words_.push_back({std::move(argument)});
  ++operations_;
}

UndoPart::Word UndoPart::name(std::string_view key) {
  auto found = std::find(names_.begin(), names_.end(), key);
  if (found == names_.end()) found = names_.insert(found, std::string(key));
  return {{}, static_cast<std::size_t>(found - names_.begin()), true};
}

void UndoCall::add(const UndoPart& part) {
  parts_.push_back(&part);
  for (const auto& name : part.names_)
    if (places_.try_emplace(name, names_.size() + 1).second) names_.push_back(name);
}

void UndoCall::queue(wire::Link& link, std::string_view sha) const {
  std::vector<std::string> places, counts;
  places.reserve(names_.size() + 1), counts.reserve(parts_.size());
  for (std::size_t i = 0; i <= names_.size(); ++i) places.push_back(std::to_string(i));
  const auto place = [&](std::string_view name) -> std::string_view { return places[places_.at(name)]; };
  std::vector<std::string_view> words{sha.empty() ? "EVAL" : "EVALSHA", sha.empty() ? text : sha,
                                      places.back()};
  words.insert(words.end(), names_.begin(), names_.end());
  for (const auto* part : parts_) {
    words.push_back(counts.emplace_back(std::to_string(part->words_.size())));
    words.push_back(part->names_.empty() ? places[0] : place(part->names_[0]));
    for (const auto& word : part->words_)
      words.push_back(word.is_name ? place(part->names_[word.name]) : std::string_view(word.text));
  }
  link.queue(words);
}

namespace {

UndoAnswer::Kind kind_of(std::string_view word) {
  using Kind = UndoAnswer::Kind;
  constexpr std::array<std::pair<std::string_view, Kind>, 5> words{{{"done", Kind::done},
                                                                    {"there", Kind::there},
                                                                    {"taken", Kind::taken},
                                                                    {"expired", Kind::expired},
                                                                    {"swept", Kind::swept}}};
  for (const auto& [known, kind] : words)
    if (word == known) return kind;
  return Kind::refused;
}

}  // namespace

std::vector<UndoAnswer> undo_answers(const wire::Reply& reply, std::size_t parts) {
  std::vector<UndoAnswer> answers(parts);
  const bool understood = !reply.is_error() && reply.items.size() == 2 * parts;
  for (std::size_t i = 0; i < parts; ++i) {
    if (understood)
      answers[i] = {kind_of(reply.items[2 * i].text), reply.items[2 * i + 1].text};
    else
      answers[i].text = reply.is_error() ? reply.text : "ERR the script answered something else";
  }
  return answers;
}

}  // namespace headroom::act
