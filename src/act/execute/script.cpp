#include "act/execute/script.h"

#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <tuple>
#include <unordered_set>

#include "base/text.h"

namespace headroom::act {
namespace {

/// KEYS: each once. ARGV: deadline, fence token (its key is KEYS[1]), then the steps: the shape, and for each
/// of its words the place of the key and 0 to 2 more. Or, for steps that are all alike, "=" and a value for
/// each further key. Answers a number for each step (keys changed; -1 changed, -2 gone, -3 stale) or the text
/// of an error.
constexpr std::string_view text = R"lua(
local K, A = KEYS, ARGV
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if now > tonumber(A[1]) then return 'late' end
if A[2] ~= '' then
  local holder = redis.call('GET', K[1])
  if not holder or string.sub(holder, 1, #A[2]) ~= A[2] then return 'fenced' end
end

-- Steps that are all alike, and by far the most there are, need no look at each.
local first, steps, out = A[2] == '' and 1 or 2, {}, {}
local function blame(steps, r)
  if type(r) ~= 'table' or not r.err then return end
  for s = 1, #steps do out[steps[s]] = r.err end
end
-- Strings without a TTL that go if they are what was read.
if A[3] == '=' then
  local pcall, away = redis.pcall, {}
  local found = pcall('MGET', unpack(K, first))
  for j = 1, #K - first + 1 do
    local k = K[first + j - 1]
    local rest = found[j] == A[3 + j] and pcall('PTTL', k)
    if rest == -1 then
      away[#away + 1], steps[#steps + 1], out[j] = k, j, 1
    else
      out[j] = found.err or type(rest) == 'table' and rest.err or -3
    end
  end
  if #away > 0 then blame(steps, pcall('UNLINK', unpack(away))) end
  return out
end
-- Keys of one type that go to quarantine: KEYS are the key and its new name, the next key and its new name, ...
if A[3] == 'q' then
  local pcall = redis.pcall
  for j = first, #K, 2 do
    local k = K[j]
    local r = pcall('TYPE', k)
    if r.ok == A[4] then
      r = A[5] == '' and -1 or pcall('PTTL', k)
      if r == -1 then
        r = pcall('RENAMENX', k, K[j + 1])
        if r == 0 then r = {err = 'BUSYKEY the quarantine name is taken'} end
      elseif type(r) ~= 'table' then
        r = -1
      end
    elseif r.ok then
      r = r.ok == 'none' and -2 or -1
    end
    out[#out + 1] = type(r) == 'table' and r.err or r
  end
  return out
end
-- Keys that go with their member of a sorted set, KEYS[first], if it has the score that is known.
if A[3] == 'z' then
  local pcall, set, n, away, members = redis.pcall, K[first], #K - first, {}, {}
  local scores = pcall('ZMSCORE', set, unpack(A, 4, 3 + n))
  if scores.err then
    for j = 1, n do
      local score = pcall('ZSCORE', set, A[3 + j])
      scores[j] = (type(score) ~= 'table' or not string.find(score.err, 'WRONGTYPE', 1, true)) and score
    end
  end
  for j = 1, n do
    local score, wanted = scores[j], A[3 + n + j]
    if score == wanted or type(score) == 'string' and tonumber(score) == tonumber(wanted) then
      local m = #steps + 1
      away[m], members[m], steps[m], out[j] = K[first + j], A[3 + j], j, 1
    else
      out[j] = score and score.err or pcall('EXISTS', set) == 1 and -1 or -2
    end
  end
  if #steps > 0 then
    blame(steps, pcall('ZREM', set, unpack(members)))
    blame(steps, pcall('UNLINK', unpack(away)))
  end
  return out
end

local refused
local function ask(...)
  local r = redis.pcall(...)
  if type(r) == 'table' and r.err then
    if not string.find(r.err, 'WRONGTYPE', 1, true) then refused = refused or r.err end
    return nil
  end
  return r
end
local function kind(k)
  local r = ask('TYPE', k)
  return r and r.ok
end
local function has(k, m)
  local t = kind(k)
  if t == 'zset' then return ask('ZSCORE', k, m) and 1 or 0 end
  if t == 'set' then return ask('SISMEMBER', k, m) end
  if t == 'hash' then return ask('HEXISTS', k, m) end
  return t == 'none' and 'none'
end
local function plain(s)
  return s and (string.find(s, '^%-?%d+$') or string.find(s, '^%-?%d+%.%d*$')) and tonumber(s)
end

-- How many arguments a word takes; its key is the first.
local size = {
  absent = 1, exists = 1, type = 2, nottl = 1, expires = 2, nears = 2, idle = 2, value = 2, length = 3, score = 3,
  member = 2, nomember = 2, notlisted = 3, field = 3, nofield = 2, fieldmost = 3, sha1 = 2, oldest = 2, listed = 2,
  unlink = 1, expireat = 2, persist = 1, rename = 2, zrem = 2, srem = 2, hdel = 2, lrem = 2, rpush = 2, xtrim = 2,
  xdel = 2}
local holds = {
  absent = function(k) return ask('EXISTS', k) == 0 end,
  exists = function(k) return ask('EXISTS', k) == 1 end,
  type = function(k, a) return kind(k) == a end,
  nottl = function(k) return ask('PTTL', k) == -1 end,
  expires = function(k, a) return ask('PEXPIRETIME', k) == tonumber(a) end,
  nears = function(k, a)
    local rest = ask('PTTL', k)
    return rest and rest >= 0 and math.abs(now + rest - tonumber(a)) <= 20
  end,
  idle = function(k, a)
    local idle = ask('OBJECT', 'IDLETIME', k)
    return idle and idle >= tonumber(a) and ask('OBJECT', 'REFCOUNT', k) == 1
  end,
  value = function(k, a) return ask('GET', k) == a end,
  length = function(k, a, b)
    local length = ask(a, k)
    return length and length <= tonumber(b)
  end,
  score = function(k, a, b)
    local score = ask('ZSCORE', k, a)
    return score and tonumber(score) == tonumber(b)
  end,
  member = function(k, a) return has(k, a) == 1 end,
  nomember = function(k, a)
    local r = has(k, a)
    return r == 0 or r == 'none'
  end,
  notlisted = function(k, a, b)
    local length = ask('LLEN', k)
    return length and length <= tonumber(b) and ask('LPOS', k, a) == false
  end,
  listed = function(k, a) return ask('LPOS', k, a) end,
  field = function(k, a, b) return ask('HGET', k, a) == b end,
  nofield = function(k, a) return ask('EXISTS', k) == 1 and ask('HEXISTS', k, a) == 0 end,
  fieldmost = function(k, a, b)
    local number = plain(ask('HGET', k, a))
    return number and number <= tonumber(b)
  end,
  sha1 = function(k, a)
    local dump = ask('DUMP', k)
    return dump and redis.sha1hex(dump) == a
  end,
  oldest = function(k, a)
    local before = ask('XRANGE', k, '-', a, 'COUNT', 1)
    return before and #before == 0
  end}
-- A change answers how much it changed, and whether that counts as a key.
local make = {
  unlink = function(k) return ask('UNLINK', k), 1 end,
  expireat = function(k, a) return ask('PEXPIREAT', k, a), 1 end,
  persist = function(k) return ask('PERSIST', k), 1 end,
  rename = function(k, a)
    local r = redis.pcall('RENAMENX', k, K[tonumber(a)])
    if type(r) ~= 'table' then
      if r == 0 then refused = 'BUSYKEY the quarantine name is taken' end
      return r, 1
    end
    if string.find(r.err, 'no such key', 1, true) then return 0, 1 end
    refused = refused or r.err
    return 0, 1
  end,
  srem = function(k, a) return ask('SREM', k, a), 0 end,
  hdel = function(k, a) return ask('HDEL', k, a), 0 end,
  lrem = function(k, a) return ask('LREM', k, 1, a), 0 end,
  rpush = function(k, a) return ask('RPUSH', k, a), 0 end,
  xtrim = function(k, a) return ask('XTRIM', k, 'MINID', '=', a), 0 end,
  xdel = function(k, a)
    local ids = {}
    for id in string.gmatch(a, '%S+') do ids[#ids + 1] = id end
    return ask('XDEL', k, unpack(ids)), 0
  end}

-- What is proved to be there is taken away at the end, many with one command, or before anything else looks at it.
local away, away_keys, away_steps = {}, {}, {}
local members, member_steps = {}, {}
local taken = {}  -- stays: a key goes but once
local function flush()
  for k, list in pairs(members) do
    blame(member_steps[k], redis.pcall('ZREM', K[k], unpack(list)))
  end
  if #away_keys > 0 then blame(away_steps, redis.pcall('UNLINK', unpack(away_keys))) end
  away, away_keys, away_steps, members, member_steps = {}, {}, {}, {}, {}
end
local function settle(k, word, member)
  if away[k] then return flush() end
  local listed = members[k]
  if listed and (listed[member] or (word ~= 'score' and word ~= 'zrem')) then flush() end
end
local function take_key(k)
  away[k] = true
  away_keys[#away_keys + 1] = K[k]
  away_steps[#away_steps + 1] = #out + 1
end
local function take_member(k, member)
  local list = members[k]
  if not list then
    list = {}
    members[k], member_steps[k] = list, {}
  end
  list[#list + 1] = member
  list[member] = true
  table.insert(member_steps[k], #out + 1)
end

-- A shape: the words of checks, of derived checks and of changes, "a,b|c|d,e". "type:string" has its argument.
local shapes = {}
local function shape_of(text)
  local shape = {}
  for part in string.gmatch(text, '[^|]+') do
    for word, fixed in string.gmatch(part, '(%a%w*):?([^,]*)') do
      shape[#shape + 1] = {word = word, size = fixed == '' and size[word] or 1, fixed = fixed ~= '' and fixed}
    end
    shape[#shape + 1] = false
  end
  shapes[text] = shape
  return shape
end

local i, last = 3, #A
while i <= last do
  local shape = shapes[A[i]] or shape_of(A[i])
  i = i + 1
  local code, part, changes, done, keys = nil, 1, 0, 0, 0
  for c = 1, #shape do
    local op = shape[c]
    if not op then
      part = part + 1
    else
      if not code and not refused then
        local word, k, a = op.word, tonumber(A[i]), op.fixed or A[i + 1]
        settle(k, word, a)
        if part < 3 then
          if not holds[word](K[k], a, A[i + 2]) then
            code = part == 2 and -3 or (word == 'absent' or ask('EXISTS', K[k]) == 1) and -1 or -2
          end
        elseif word == 'unlink' and not taken[k] then
          taken[k] = true
          take_key(k)
          done, keys = done + 1, keys + 1
        elseif word == 'zrem' then
          take_member(k, a)
          done = done + 1
        else
          if word == 'rename' then settle(tonumber(a)) end
          local n, key = make[word](K[k], a)
          n = n or 0
          done, keys = done + n, keys + n * key
          if changes == 0 and n == 0 and key == 1 then code = -2 end
        end
        if part == 3 then changes = changes + 1 end
      end
      i = i + op.size
    end
  end
  out[#out + 1] = refused or code or (done > 0 and keys or -2)
  refused = nil
end
flush()
return out
)lua";

std::string hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out.push_back(digits[byte >> 4]);
    out.push_back(digits[byte & 15]);
  }
  return out;
}

}  // namespace

std::string sha1_hex(std::string_view bytes) {
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
  ::SHA1(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data());
  return hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

std::string_view script_text() { return text; }

const std::string& script_sha1() {
  static const std::string sha1 = sha1_hex(text);
  return sha1;
}

std::string_view small_number(std::size_t number) {
  static const auto numbers = [] {
    std::array<std::string, 10'000> texts;
    for (std::size_t i = 0; i < texts.size(); ++i) texts[i] = std::to_string(i);
    return texts;
  }();
  assert(number < numbers.size());
  return numbers[number];
}

ScriptCall::ScriptCall(std::int64_t deadline, std::string_view fence_key, std::string_view fence_token)
    : deadline_(std::to_string(deadline)) {
  if (!fence_token.empty()) index_of(fence_key);
  add(fence_token);
}

std::string_view ScriptCall::index_of(std::string_view key) {
  const auto [place, is_new] = places_.try_emplace(key, keys_.size() + 1);
  if (is_new) keys_.push_back(key);
  return small_number(place->second);
}

/// Into the shape go the words, and of "type" what it asks for: it is the same for all steps of a rule.
bool in_shape(const ScriptOp& op) {
  constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyz";
  return op.code == "type" && !op.a.empty() && op.a.find_first_not_of(plain) == op.a.npos;
}

void ScriptCall::add(const ScriptOp& op) {
  add(index_of(op.key));
  if (in_shape(op)) return;
  if (op.code == "rename") return add(index_of(op.a));
  if (op.arity > 2) add(op.a);
  if (op.arity > 3) add(op.b);
}

std::string_view ScriptCall::shape_of(const Job& job) {
  std::string shape;
  for (const auto* ops : {&job.checks, &job.derived, &job.changes}) {
    // A part without words is a comma, so that it still is a part.
    shape.append(ops == &job.checks ? "," : "|,");
    for (const auto& op : *ops) {
      shape.append(op.code);
      if (in_shape(op)) shape.append(":").append(op.a);
      shape.append(",");
    }
  }
  return *shapes_.insert(std::move(shape)).first;
}

/// `value` and `nottl` of a key, then `unlink`, and nothing more.
bool is_string_as_read(const Job& job) {
  const auto& [checks, derived, changes] = std::tie(job.checks, job.derived, job.changes);
  if (derived.empty() || checks.size() + derived.size() != 2 || changes.size() != 1) return false;
  const auto& without_ttl = checks.empty() ? derived[1] : checks[0];
  return derived[0].code == "value" && without_ttl.code == "nottl" && changes[0].code == "unlink" &&
         derived[0].key == changes[0].key && without_ttl.key == changes[0].key;
}

/// Of one key `type`, perhaps `nottl`, then `rename`, and nothing more.
bool is_quarantine(const Job& job) {
  const auto& [checks, changes] = std::tie(job.checks, job.changes);
  return !checks.empty() && checks.size() <= 2 && job.derived.empty() && changes.size() == 1 &&
         changes[0].code == "rename" && checks[0].code == "type" && checks[0].key == changes[0].key &&
         (checks.size() == 1 || (checks[1].code == "nottl" && checks[1].key == changes[0].key));
}

/// `score` of a member, then `unlink` of a key and `zrem` of the member, and nothing more.
bool is_key_of_member(const Job& job) {
  return job.checks.size() == 1 && job.derived.empty() && job.changes.size() == 2 &&
         job.checks[0].code == "score" && job.changes[0].code == "unlink" && job.changes[1].code == "zrem" &&
         job.checks[0].key == job.changes[1].key && job.checks[0].a == job.changes[1].a;
}

/// No key goes, and no member, that another step or the fence has to do with.
bool ScriptCall::are_apart(const std::vector<Job*>& jobs) const {
  std::unordered_set<std::string_view> keys(keys_.begin(), keys_.end()), members;
  for (const auto* job : jobs) {
    if (!keys.insert(job->changes[0].key).second) return false;
    if (job->changes.size() > 1 && !members.insert(job->changes[1].a).second) return false;
  }
  const auto& last = jobs.front()->changes.back();
  return jobs.front()->changes.size() == 1 || !keys.contains(last.key);
}

void ScriptCall::add(const std::vector<Job*>& jobs) {
  const auto all = [&](const auto& are) {
    return !jobs.empty() && std::all_of(jobs.begin(), jobs.end(), [&](const Job* job) { return are(*job); });
  };
  if (all(is_string_as_read) && are_apart(jobs)) return add_strings(jobs);
  const auto of_one_kind = [&](const Job& job) {
    const auto& first = *jobs.front();
    return is_quarantine(job) && job.checks.size() == first.checks.size() &&
           job.checks[0].a == first.checks[0].a;
  };
  if (all(of_one_kind) && are_apart(jobs)) return add_quarantined(jobs);
  const auto of_one_set = [&](const Job& job) {
    return is_key_of_member(job) && job.changes[1].key == jobs.front()->changes[1].key;
  };
  if (all(of_one_set) && are_apart(jobs)) return add_members(jobs);
  for (const auto* job : jobs) add(*job);
}

void ScriptCall::add_strings(const std::vector<Job*>& jobs) {
  add("=");
  for (const auto* job : jobs) {
    index_of(job->changes[0].key);
    add(job->derived[0].a);
  }
}

void ScriptCall::add_quarantined(const std::vector<Job*>& jobs) {
  add("q");
  add(jobs.front()->checks[0].a);
  add(jobs.front()->checks.size() == 2 ? "nottl" : "");
  for (const auto* job : jobs) {
    index_of(job->changes[0].key);
    index_of(job->changes[0].a);
  }
}

void ScriptCall::add_members(const std::vector<Job*>& jobs) {
  add("z");
  index_of(jobs.front()->changes[1].key);
  for (const auto* job : jobs) {
    index_of(job->changes[0].key);
    add(job->checks[0].a);
  }
  for (const auto* job : jobs) add(job->checks[0].b);
}

void ScriptCall::add(const Job& job) {
  add(shape_of(job));
  for (const auto* ops : {&job.checks, &job.derived, &job.changes}) {
    for (const auto& op : *ops) add(op);
  }
}

void ScriptCall::queue(Pipeline& pipeline, bool whole, Pipeline::Take take) const {
  std::vector<std::string_view> words;
  words.reserve(keys_.size() + arguments_.size() + 4);
  if (whole) {
    words.assign({"EVAL", text});
  } else {
    words.assign({"EVALSHA", script_sha1()});
  }
  words.push_back(small_number(keys_.size()));
  words.insert(words.end(), keys_.begin(), keys_.end());
  words.push_back(deadline_);
  words.insert(words.end(), arguments_.begin(), arguments_.end());
  pipeline.ask(words, std::move(take));
}

std::optional<std::vector<ScriptResult>> ScriptCall::results(const wire::Reply& reply, std::size_t jobs) {
  using enum ScriptResult::Kind;
  if (reply.kind != wire::Reply::Kind::array || reply.items.size() != jobs) return std::nullopt;
  std::vector<ScriptResult> results;
  results.reserve(jobs);
  for (const auto& item : reply.items) {
    if (item.kind != wire::Reply::Kind::integer) {
      results.push_back({refused, 0, item.text});
    } else if (item.integer >= 0) {
      results.push_back({done, item.integer, {}});
    } else {
      results.push_back({item.integer == -1 ? changed : item.integer == -2 ? gone : stale, 0, {}});
    }
  }
  return results;
}

std::string_view ScriptCall::did_nothing(const wire::Reply& reply) {
  if (reply.kind != wire::Reply::Kind::text) return {};
  return reply.text == "late" || reply.text == "fenced" ? std::string_view(reply.text) : std::string_view{};
}

}  // namespace headroom::act
