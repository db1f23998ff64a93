#include "memory_shapes.h"

#include <fmt/format.h>

#include <algorithm>

namespace headroom::bench {
namespace {

constexpr std::size_t batch = 1 << 16;

/// Text that is no number and does not repeat with the key.
std::string filling(std::size_t length, std::uint64_t seed) {
  std::string text(length, ' ');
  for (auto& c : text) {
    seed = seed * 6364136223846793005 + 1442695040888963407;
    c = static_cast<char>('a' + (seed >> 33) % 26);
  }
  return text;
}

std::string field(std::uint64_t i) { return fmt::format("f{:04}", i); }

using Words = std::vector<std::string>;

Shape string(std::size_t length, std::uint64_t keys = 20'000) {
  return {fmt::format("string {}", length), "string", keys,
          [length](Commands& send, const auto& key, auto n) {
            send({"SET", key, filling(length, n)});
          }};
}

Shape integers(std::string name, std::int64_t first, bool ttl = false) {
  return {std::move(name), "string", 9'000, [first, ttl](Commands& send, const auto& key, auto n) {
            Words words{"SET", key, std::to_string(first + static_cast<std::int64_t>(n))};
            if (ttl) words.insert(words.end(), {"EX", "86400"});
            send(words);
          }};
}

Shape long_key(std::size_t length) {
  Shape shape = string(10);
  shape.name = fmt::format("string 10, key of {}", length);
  shape.key_length = length;
  return shape;
}

Shape expiring(std::string name, std::size_t value, std::size_t key_length) {
  Shape shape{std::move(name), "string", 20'000, [value](Commands& send, const auto& key, auto n) {
                send({"SET", key, filling(value, n), "EX", "86400"});
              }};
  shape.key_length = key_length;
  return shape;
}

/// Field by field, as HSET of one field does, or all in one command.
Shape hash(std::uint64_t fields, std::size_t value, std::uint64_t keys, bool at_once = false) {
  return {fmt::format("hash {}x{}{}", fields, value, at_once ? ", one command" : ""), "hash", keys,
          [=](Commands& send, const auto& key, auto n) {
            Words all{"HSET", key};
            for (std::uint64_t i = 0; i < fields; ++i) {
              const auto text = filling(value, n * 31 + i);
              if (at_once)
                all.insert(all.end(), {field(i), text});
              else
                send({"HSET", key, field(i), text});
            }
            if (at_once) send(all);
          }};
}

/// As many fields as chance gives, 1 to 60, of which one, anywhere, is too long for a blob.
Shape varied_hash(bool at_once) {
  return {fmt::format("hash of 1 to 60 fields{}", at_once ? ", one command" : ""), "hash", 6'000,
          [=](Commands& send, const auto& key, auto n) {
            const auto chance = n * 2654435761 % 4294967296;
            const auto fields = chance % 60 + 1, long_one = chance / 64 % fields;
            Words all{"HSET", key};
            for (std::uint64_t i = 0; i < fields; ++i) {
              const auto text = filling(i == long_one ? 65 + chance % 500 : 4 + i, n + i);
              if (at_once)
                all.insert(all.end(), {filling(3 + i % 9, chance + i) + field(i), text});
              else
                send({"HSET", key, filling(3 + i % 9, chance + i) + field(i), text});
            }
            if (at_once) send(all);
          }};
}

/// Members as chance gives, 1 to 700.
Shape varied_members(const std::string& type) {
  return {fmt::format("{} of 1 to 700 members", type), type, 400,
          [type](Commands& send, const auto& key, auto n) {
            const auto members = n * 2654435761 % 4294967296 % 700 + 1;
            for (std::uint64_t i = 0; i < members; ++i) {
              const auto member = filling(8 + (n + i) % 40, n * 1013 + i);
              if (type == "set") send({"SADD", key, member});
              if (type == "zset") send({"ZADD", key, std::to_string(i * 3), member});
              if (type == "list") send({"RPUSH", key, member});
            }
          }};
}

/// What addJob-*.lua and the worker of BullMQ write for a finished job.
Shape bullmq_job(std::size_t data) {
  Shape shape{fmt::format("BullMQ job, data {}", data), "hash", 10'000,
              [data](Commands& send, const auto& key, auto n) {
                const auto time = std::to_string(1'795'000'000'000 + n * 37);
                send({"HMSET", key, "name", "sendMail", "data", filling(data, n), "opts",
                      R"({"attempts":3,"delay":0})", "timestamp", time, "delay", "0", "priority", "0"});
                send({"HSET", key, "processedOn", time});
                send({"HSET", key, "ats", "1"});
                send({"HINCRBY", key, "atm", "1"});
                send({"HSET", key, "returnvalue", "null", "finishedOn", time});
              }};
  shape.key_length = 28;
  return shape;
}

Shape set(std::uint64_t members, std::size_t length, std::uint64_t keys) {
  return {fmt::format("set {}x{}", members, length), "set", keys,
          [=](Commands& send, const auto& key, auto n) {
            for (std::uint64_t i = 0; i < members; ++i) send({"SADD", key, filling(length, n * 1013 + i)});
          }};
}

Shape integer_set(std::uint64_t members, std::uint64_t first, std::uint64_t keys) {
  return {fmt::format("set of {} integers from {}", members, first), "set", keys,
          [=](Commands& send, const auto& key, auto) {
            for (std::uint64_t i = 0; i < members; ++i) send({"SADD", key, std::to_string(first + i)});
          }};
}

Shape zset(std::uint64_t members, std::size_t length, std::uint64_t keys) {
  return {fmt::format("zset {}x{}", members, length), "zset", keys,
          [=](Commands& send, const auto& key, auto n) {
            for (std::uint64_t i = 0; i < members; ++i)
              send({"ZADD", key, std::to_string(1'795'000'000'000 + i * 977), filling(length, n * 1013 + i)});
          }};
}

Shape list(std::uint64_t items, std::size_t length, std::uint64_t keys) {
  return {fmt::format("list {}x{}", items, length), "list", keys,
          [=](Commands& send, const auto& key, auto n) {
            for (std::uint64_t i = 0; i < items; ++i) send({"RPUSH", key, filling(length, n * 1013 + i)});
          }};
}

/// Entries as BullMQ's events have them; `groups` groups of two consumers, each with a tenth of the entries
/// pending.
Shape stream(std::uint64_t entries, std::uint64_t groups, std::uint64_t keys) {
  return {fmt::format("stream {}{}", entries, groups > 0 ? fmt::format(", {} groups", groups) : ""), "stream",
          keys, [=](Commands& send, const auto& key, auto n) {
            for (std::uint64_t i = 0; i < entries; ++i)
              send({"XADD", key, fmt::format("{}-{}", 1'795'000'000'000 + n * 11 + i / 3 * 1117, i % 3),
                    "event", "completed", "jobId", std::to_string(100 + i), "returnvalue", filling(20, i)});
            const auto share = std::to_string(std::max<std::uint64_t>(entries / 10, 1));
            for (std::uint64_t g = 0; g < groups; ++g) {
              const auto group = fmt::format("group-{}", g);
              send({"XGROUP", "CREATE", key, group, "0"});
              for (const auto* consumer : {"consumer-one", "other-consumer"})
                send({"XREADGROUP", "GROUP", group, consumer, "COUNT", share, "STREAMS", key, ">"});
            }
          }};
}

void add_strings(std::vector<Shape>& shapes) {
  for (const auto length : {1, 12, 13, 28, 29, 44, 45, 61, 62, 100, 251, 252, 256, 300, 1'024, 5'000})
    shapes.push_back(string(static_cast<std::size_t>(length)));
  shapes.push_back(string(66'000, 400));
  shapes.push_back(integers("integers below 10000", 0));
  shapes.push_back(integers("integers of 7 digits", 1'000'000));
  shapes.push_back(integers("integers of 13 digits", 1'795'000'000'000));
  shapes.push_back(integers("integers below 0", -9'500));
  shapes.push_back(integers("integers of 13 digits, TTL", 1'795'000'000'000, true));
  for (const auto length : {10, 30, 31, 32, 60, 100, 256})
    shapes.push_back(long_key(static_cast<std::size_t>(length)));
  shapes.push_back(expiring("string 20, TTL", 20, 20));
  shapes.push_back(expiring("celery result, TTL", 300, 52));
  shapes.push_back(expiring("session, TTL", 2'000, 40));
}

void add_hashes(std::vector<Shape>& shapes) {
  for (auto& shape : {hash(1, 10, 20'000),      hash(10, 20, 5'000),      hash(5, 64, 5'000),
                      hash(5, 65, 5'000),       hash(5, 65, 5'000, true), hash(17, 100, 2'000, true),
                      hash(127, 20, 500),       hash(129, 20, 500),       hash(128, 70, 500),
                      hash(512, 20, 200),       hash(513, 20, 200),       hash(600, 20, 200),
                      hash(600, 20, 200, true), hash(1'100, 20, 100),     hash(2'000, 20, 60),
                      hash(40'000, 30, 3),      bullmq_job(50),           bullmq_job(64),
                      bullmq_job(400),          bullmq_job(3'000),        varied_hash(false),
                      varied_hash(true)})
    shapes.push_back(shape);
}

void add_collections(std::vector<Shape>& shapes) {
  for (auto& shape : {integer_set(1, 1'000, 20'000),
                      integer_set(512, 1'000, 400),
                      integer_set(100, 5'000'000'000, 1'000),
                      integer_set(513, 1'000, 200),
                      integer_set(1'100, 1'000, 100),
                      set(1, 20, 10'000),
                      set(10, 36, 4'000),
                      set(100, 20, 600),
                      set(128, 20, 500),
                      set(300, 20, 200),
                      set(1'000, 20, 80),
                      set(30'000, 36, 3),
                      zset(1, 20, 10'000),
                      zset(10, 20, 5'000),
                      zset(128, 20, 400),
                      zset(129, 20, 300),
                      zset(10, 70, 2'000),
                      zset(300, 20, 150),
                      zset(1'000, 36, 60),
                      zset(30'000, 20, 3),
                      varied_members("set"),
                      varied_members("zset"),
                      varied_members("list")})
    shapes.push_back(shape);
  for (auto& shape : {list(1, 20, 10'000), list(10, 4, 10'000), list(100, 36, 1'000), list(300, 36, 400),
                      list(10'000, 36, 12), list(5, 3'000, 500), list(6, 10'000, 100), list(3, 300, 4'000)})
    shapes.push_back(shape);
  for (auto& shape : {stream(1, 0, 2'000), stream(30, 0, 1'000), stream(100, 0, 500), stream(1'000, 0, 60),
                      stream(20'000, 0, 4), stream(100, 1, 500), stream(1'000, 3, 60)})
    shapes.push_back(shape);
}

}  // namespace

void Commands::operator()(const std::vector<std::string>& words) {
  socket_.command(words.size());
  for (const auto& word : words) socket_.part(word);
  ++waiting_;
  if (socket_.queued_bytes() >= batch || waiting_ >= 500) finish();
}

void Commands::finish() {
  socket_.send();
  for (; waiting_ > 0; --waiting_) socket_.reply();
}

std::string key_name(std::uint64_t number, std::size_t length) {
  const auto digits = fmt::format("{:07}", number);
  std::string name = "key:";
  name.resize(length > digits.size() ? length - digits.size() : 0, 'k');
  return name + digits;
}

std::vector<Shape> memory_shapes() {
  std::vector<Shape> shapes;
  add_strings(shapes);
  add_hashes(shapes);
  add_collections(shapes);
  return shapes;
}

}  // namespace headroom::bench
