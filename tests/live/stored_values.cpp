#include "live/stored_values.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <sstream>

#include "kit/redis_cli.h"

namespace headroom::test {
namespace {

using Json = nlohmann::json;

// One line per key: name, type, deadline, encoding, bytes, elements, items. Names and values in hex, since
// redis-cli's output cannot carry bytes.
constexpr const char* every_value = R"(
local function hex(s) return 'x' .. (s:gsub('.', function(c) return string.format('%02x', c:byte()) end)) end
local function field(list, name)
  for i = 1, #list, 2 do if list[i] == name then return list[i + 1] end end
end
local function pairs_of(list)
  local out = {}
  for i = 1, #list, 2 do out[#out + 1] = hex(list[i]) .. '=' .. hex(list[i + 1]) end
  return out
end
-- A field with a TTL of its own (Redis 7.4 and later) has its deadline behind it.
local function fields_of(key)
  local list = redis.call('HGETALL', key)
  local items = pairs_of(list)
  for i = 1, #items do
    local deadline = redis.pcall('HPEXPIRETIME', key, 'FIELDS', 1, list[2 * i - 1])
    if deadline.err then return items end
    if deadline[1] > 0 then items[i] = items[i] .. '@' .. deadline[1] end
  end
  return items
end
local function stream(key, items)
  for _, entry in ipairs(redis.call('XRANGE', key, '-', '+')) do
    local words = {}
    for _, word in ipairs(entry[2]) do words[#words + 1] = hex(word) end
    items[#items + 1] = 'entry:' .. entry[1] .. ':' .. table.concat(words, ';')
  end
  items[#items + 1] = 'last:' .. field(redis.call('XINFO', 'STREAM', key), 'last-generated-id')
  for _, group in ipairs(redis.call('XINFO', 'GROUPS', key)) do
    local name = field(group, 'name')
    items[#items + 1] = 'group:' .. hex(name) .. ':' .. field(group, 'last-delivered-id')
    for _, pending in ipairs(redis.call('XPENDING', key, name, '-', '+', 1000000)) do
      items[#items + 1] = 'pending:' .. hex(name) .. ':' .. pending[1] .. ':' .. hex(pending[2]) .. ':' .. pending[4]
    end
    for _, consumer in ipairs(redis.call('XINFO', 'CONSUMERS', key, name)) do
      items[#items + 1] = 'consumer:' .. hex(name) .. ':' .. hex(field(consumer, 'name'))
    end
  end
end
local out = {}
for _, key in ipairs(redis.call('KEYS', '*')) do
  local type, items = redis.call('TYPE', key).ok, {}
  if type == 'string' then items = {hex(redis.call('GET', key))} end
  if type == 'list' then for _, v in ipairs(redis.call('LRANGE', key, 0, -1)) do items[#items + 1] = hex(v) end end
  if type == 'set' then for _, v in ipairs(redis.call('SMEMBERS', key)) do items[#items + 1] = hex(v) end end
  if type == 'hash' then items = fields_of(key) end
  if type == 'zset' then
    local list = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')
    for i = 1, #list, 2 do items[#items + 1] = hex(list[i]) .. '=' .. list[i + 1] end
  end
  local elements = #items
  if type == 'stream' then elements = redis.call('XLEN', key) stream(key, items) end
  out[#out + 1] = hex(key) .. ' ' .. type .. ' ' .. redis.call('PEXPIRETIME', key) .. ' ' ..
                  redis.call('OBJECT', 'ENCODING', key) .. ' ' .. redis.call('MEMORY', 'USAGE', key, 'SAMPLES', 0) ..
                  ' ' .. elements .. ' ' .. table.concat(items, ' ')
end
return table.concat(out, '\n'))";

std::string hex(const std::string& bytes) {
  constexpr const char* digits = "0123456789abcdef";
  std::string out = "x";
  for (const char c : bytes) {
    out += digits[static_cast<unsigned char>(c) >> 4U];
    out += digits[static_cast<unsigned char>(c) & 15U];
  }
  return out;
}

std::string from_hex(const std::string& text) {
  std::string out;
  for (std::size_t i = 1; i + 1 < text.size(); i += 2)
    out += static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16));
  return out;
}

/// One form for every text of the same number.
std::string score_text(double score) {
  std::ostringstream out;
  out.precision(17);
  out << (score == 0 ? 0.0 : score);
  return out.str();
}

std::string with_same_scores(const std::string& item) {
  const auto at = item.rfind('=');
  return item.substr(0, at + 1) + score_text(std::strtod(item.c_str() + at + 1, nullptr));
}

void bring_in_order(StoredValue& value) {
  if (value.type != "list") std::sort(value.items.begin(), value.items.end());
}

std::string bytes_of(const Json& json) {
  return json.is_object() ? from_base64(json.at("base64").get<std::string>()) : json.get<std::string>();
}

double score_of(const Json& json) {
  return json.is_string() ? std::strtod(json.get<std::string>().c_str(), nullptr) : json.get<double>();
}

void read_group(const Json& group, std::vector<std::string>& items) {
  const auto name = hex(bytes_of(group.at("name")));
  items.push_back("group:" + name + ":" + group.at("last_id").get<std::string>());
  std::map<std::string, std::string> deliveries;
  for (const auto& pending : group.at("pending"))
    deliveries[pending.at("id").get<std::string>()] = pending.at("deliveries").dump();
  for (const auto& consumer : group.at("consumers")) {
    const auto owner = hex(bytes_of(consumer.at("name")));
    items.push_back("consumer:" + name + ":" + owner);
    for (const auto& id : consumer.at("pending")) {
      const auto text = id.get<std::string>();
      items.push_back("pending:" + name + ":" + text + ":" + owner + ":" + deliveries.at(text));
    }
  }
}

void read_stream(const Json& value, std::vector<std::string>& items) {
  for (const auto& entry : value.at("entries")) {
    std::string words;
    for (const auto& word : entry.at(1)) words += (words.empty() ? "" : ";") + hex(bytes_of(word));
    items.push_back("entry:" + entry.at(0).get<std::string>() + ":" + words);
  }
  items.push_back("last:" + value.at("last_id").get<std::string>());
  for (const auto& group : value.at("groups")) read_group(group, items);
}

/// RFC 3339 in UTC, with or without milliseconds.
std::int64_t instant(const std::string& text) {
  std::tm moment{};
  const char* rest = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &moment);
  if (rest == nullptr) return -2;
  const auto seconds = static_cast<std::int64_t>(::timegm(&moment));
  return seconds * 1000 + (*rest == '.' ? std::atoi(rest + 1) : 0);
}

std::string field_of(const Json& item) {
  auto text = hex(bytes_of(item.at(0))) + "=" + hex(bytes_of(item.at(1)));
  if (item.size() > 2) text += "@" + std::to_string(instant(item.at(2).get<std::string>()));
  return text;
}

void read_value(const Json& value, StoredValue& out) {
  if (out.type == "string") return out.items.push_back(hex(bytes_of(value)));
  if (out.type == "stream") return read_stream(value, out.items);
  for (const auto& item : value) {
    if (out.type == "list" || out.type == "set")
      out.items.push_back(hex(bytes_of(item)));
    else if (out.type == "hash")
      out.items.push_back(field_of(item));
    else
      out.items.push_back(hex(bytes_of(item.at(0))) + "=" + score_text(score_of(item.at(1))));
  }
}

constexpr const char* strings_and_lists = R"(
local blob = ''
for i = 0, 255 do blob = blob .. string.char(i) end
for n = 0, 70 do
  redis.call('SET', 'text:' .. n, string.rep('a', n))
  redis.call('SET', 'digits:' .. n, string.rep('7', n))
  redis.call('SET', 'bytes:' .. n, blob:sub(200 - n, 199))
end
for _, n in ipairs({'0', '-1', '127', '128', '-128', '-129', '32767', '32768', '-32768', '-32769', '2147483647',
                    '2147483648', '-2147483648', '-2147483649', '9223372036854775807', '-9223372036854775808',
                    '9223372036854775808', '18446744073709551615', '007', '-0', '+1', '1.5', ' 1'}) do
  redis.call('SET', 'int:' .. n, n)
end
redis.call('SET', 'long:text', string.rep('lorem ipsum ', 20000))
redis.call('SET', 'long:bytes', string.rep(blob, 1000))
redis.call('SET', 'utf8', 'gr\195\188\195\159e \226\130\172 \240\159\152\128')
redis.call('SET', '', 'the empty name')
redis.call('SET', blob, 'a name of every byte')
redis.call('SETBIT', 'bits', 1000, 1)
for _, n in ipairs({1, 2, 127, 128, 129, 511, 512, 513, 5000}) do
  for i = 1, n do
    redis.call('RPUSH', 'list:' .. n, 'item ' .. i)
    redis.call('RPUSH', 'list:numbers:' .. n, i * 7919)
  end
end
for _, n in ipairs({63, 64, 65, 8000, 8150, 8190, 8192, 8193, 9000, 70000}) do
  redis.call('RPUSH', 'list:sizes:' .. n, 'before', string.rep('x', n), blob, '', string.rep('y', n), 'after')
end
for _, n in ipairs({'0', '12', '13', '-1', '4095', '4096', '-4096', '-4097', '8388607', '8388608', '-8388608', '-8388609'}) do
  redis.call('RPUSH', 'list:ints', n)
end)";

constexpr const char* tables = R"(
local blob = ''
for i = 0, 255 do blob = blob .. string.char(i) end
for _, n in ipairs({1, 127, 128, 129, 511, 512, 513, 3000}) do
  for i = 1, n do
    redis.call('HSET', 'hash:' .. n, 'field' .. i, 'value ' .. i)
    redis.call('SADD', 'set:' .. n, 'member' .. i)
    redis.call('SADD', 'set:ints:' .. n, i * 3 - 500)
    redis.call('ZADD', 'zset:' .. n, i / 4, 'member' .. i)
  end
end
for _, n in ipairs({0, 1, 63, 64, 65, 66, 300}) do
  redis.call('HSET', 'hash:value:' .. n, 'f', string.rep('v', n), 'g', n)
  redis.call('HSET', 'hash:field:' .. n, string.rep('f', n), 'v')
  redis.call('SADD', 'set:member:' .. n, string.rep('m', n), 'other')
  redis.call('ZADD', 'zset:member:' .. n, 1, string.rep('m', n), 2, 'other')
end
for _, n in ipairs({'32767', '32768', '-32769', '2147483647', '2147483648', '-2147483649', '9223372036854775807'}) do
  redis.call('SADD', 'set:width:' .. n, 1, n, -5)
end
redis.call('HSET', 'hash:bytes', blob, blob, '', '', '12', '13', '{"base64":"x"}', '"')
redis.call('SADD', 'set:bytes', blob, '', '\255')
for _, key in ipairs({'zset:scores', 'zset:scores:table'}) do
  redis.call('ZADD', key, 'inf', 'a', '-inf', 'b', 0, 'c', '-0.5', 'd', '1e300', 'e', '1e-300', 'f', '3.1415926535897931', 'g',
             '9007199254740993', 'h', 17, 'i', '-17', blob, '0.1', '', '2147483648', 'j', '1e15', 'k', '123456789.125', 'l')
end
redis.call('ZADD', 'zset:scores:table', 5, string.rep('long', 30)))";

constexpr const char* streams = R"(
local blob = string.char(0, 255, 10, 34, 92)
for _, n in ipairs({1, 99, 100, 101, 350}) do
  for i = 1, n do redis.call('XADD', 'stream:' .. n, i .. '-' .. i % 3, 'job', i, 'data', blob .. i) end
end
for i = 1, 60 do
  if i % 2 == 0 then redis.call('XADD', 'stream:mixed', '1795000000000-' .. i, 'a', i)
  else redis.call('XADD', 'stream:mixed', '1795000000000-' .. i, 'b', i, '', '', 'long', string.rep('z', i * 50)) end
end
for i = 1, 60, 5 do redis.call('XDEL', 'stream:mixed', '1795000000000-' .. i) end
redis.call('XADD', 'stream:empty', '7-7', 'x', 'y')
redis.call('XDEL', 'stream:empty', '7-7')
redis.call('XGROUP', 'CREATE', 'stream:100', 'idle', '$')
redis.call('XGROUP', 'CREATE', 'stream:100', blob, '0')
redis.call('XGROUP', 'CREATE', 'stream:100', 'busy', '0')
redis.call('XGROUP', 'CREATECONSUMER', 'stream:100', 'busy', 'nothing to do')
redis.call('XREADGROUP', 'GROUP', 'busy', 'one', 'COUNT', 30, 'STREAMS', 'stream:100', '>')
redis.call('XREADGROUP', 'GROUP', 'busy', blob, 'COUNT', 20, 'STREAMS', 'stream:100', '>')
redis.call('XREADGROUP', 'GROUP', 'busy', 'one', 'COUNT', 3, 'STREAMS', 'stream:100', '0')
redis.call('XACK', 'stream:100', 'busy', '5-2', '6-0')
redis.call('XDEL', 'stream:100', '7-1')
redis.call('XGROUP', 'CREATE', 'stream:empty', 'g', '0'))";

constexpr const char* deadlines = R"(
redis.call('SET', 'ttl:hour', 'v', 'EX', 3600)
redis.call('HSET', 'ttl:hash', 'f', 'v')
redis.call('PEXPIREAT', 'ttl:hash', 4102444800123)
redis.call('RPUSH', 'ttl:list', 1)
redis.call('EXPIRE', 'ttl:list', 86400 * 30))";

constexpr const char* other_databases = R"(
redis.call('SELECT', ARGV[1])
redis.call('SET', 'db', ARGV[1])
redis.call('SET', 'db:ttl', ARGV[1], 'EX', 100000))";

constexpr const char* field_deadlines = R"(
if redis.pcall('HPTTL', 'nothing', 'FIELDS', 1, 'f').err then return end
for _, n in ipairs({1, 5, 511, 512, 513, 3000}) do
  for _, which in ipairs({'one', 'some', 'all'}) do
    local key = 'hash:ttls:' .. which .. ':' .. n
    for i = 1, n do
      redis.call('HSET', key, 'field' .. i, 'value ' .. i)
      if which == 'all' or (which == 'some' and i % 3 == 0) or (which == 'one' and i == n) then
        redis.call('HPEXPIREAT', key, 4102444800123 + i % 7 * 86400000, 'FIELDS', 1, 'field' .. i)
      end
    end
  end
end
redis.call('HSET', 'hash:ttls:long', 'f', string.rep('x', 300), 'g', '', '', '17')
redis.call('HPEXPIREAT', 'hash:ttls:long', 4102444800000, 'FIELDS', 2, 'g', '')
redis.call('HSET', 'hash:ttls:removed', 'f', 1, 'g', 2)
redis.call('HPEXPIREAT', 'hash:ttls:removed', 4102444800000, 'FIELDS', 1, 'f')
redis.call('HPERSIST', 'hash:ttls:removed', 'FIELDS', 1, 'f')
redis.call('PEXPIREAT', 'hash:ttls:some:5', 4102444800999))";

}  // namespace

std::string from_base64(const std::string& text) {
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  unsigned bits = 0;
  int count = 0;
  for (const char c : text) {
    if (c == '=') break;
    bits = bits << 6U | static_cast<unsigned>(letters.find(c));
    count += 6;
    if (count >= 8) out += static_cast<char>(bits >> (count -= 8) & 255U);
  }
  return out;
}

StoredValues values_of_server(const RedisServer& server, int db) {
  StoredValues values;
  std::istringstream lines(redis_cli(server, {"--raw", "EVAL", every_value, "0"}, db));
  for (std::string line; std::getline(lines, line);) {
    if (line.empty()) continue;
    std::istringstream words(line);
    std::string name;
    StoredValue value;
    words >> name >> value.type >> value.expires_at_ms >> value.encoding >> value.bytes >> value.elements;
    for (std::string item; words >> item;)
      value.items.push_back(value.type == "zset" ? with_same_scores(item) : item);
    bring_in_order(value);
    values[from_hex(name)] = std::move(value);
  }
  return values;
}

StoredValues values_of_json(const std::string& lines, int db) {
  StoredValues values;
  std::istringstream in(lines);
  for (std::string line; std::getline(in, line);) {
    const auto json = Json::parse(line);
    if (json.at("db") != db) continue;
    StoredValue value;
    value.type = json.at("type").get<std::string>();
    if (json.contains("expires_at")) value.expires_at_ms = instant(json.at("expires_at").get<std::string>());
    read_value(json.at("value"), value);
    bring_in_order(value);
    const auto name = json.contains("key_base64") ? from_base64(json["key_base64"].get<std::string>())
                                                  : json.at("key").get<std::string>();
    EXPECT_TRUE(values.emplace(name, std::move(value)).second) << "told twice: " << line.substr(0, 200);
  }
  return values;
}

void fill_with_every_shape(const RedisServer& server) {
  for (const auto* script : {strings_and_lists, tables, field_deadlines, streams, deadlines})
    EXPECT_EQ(redis_cli(server, {"EVAL", script, "0"}), "");
  for (const auto* db : {"1", "9"}) EXPECT_EQ(redis_cli(server, {"EVAL", other_databases, "0", db}), "");
}

}  // namespace headroom::test
