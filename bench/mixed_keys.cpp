#include "mixed_keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <stdexcept>
#include <vector>

#include "dice.h"
#include "redis_socket.h"

namespace headroom::bench {
namespace {

// Bytes per write. The server works on one block while we make the next; larger blocks only fill its query
// buffer.
constexpr std::size_t block_bytes = 256 * 1024;
constexpr std::uint64_t epoch_ms =
    1'795'000'000'000;  // a fixed "now" inside the values, so that they do not depend on the day
constexpr std::uint64_t half_day = 12 * 3600;
// Elements per command while a giant grows: one command of 600k fields would be a 40 MB block.
constexpr std::uint64_t giant_step = 500;

struct QueueName {
  std::string_view root;
  bool bullmq;
};
constexpr std::array<QueueName, 10> queue_names{{{"bull:mail", true},
                                                 {"bull:thumbnails", true},
                                                 {"bull:webhooks", true},
                                                 {"bull:invoices", true},
                                                 {"bull:search-index", true},
                                                 {"bull:{shop}:orders", true},
                                                 {"reports:nightly", true},
                                                 {"bull:push", true},
                                                 {"bull:legacy-import", false},
                                                 {"bull:legacy-export", false}}};
enum State : std::size_t { wait, active, delayed, completed, failed, state_count };
constexpr std::array<std::string_view, state_count> state_names{"wait", "active", "delayed", "completed",
                                                                "failed"};
// Keys of a queue besides its jobs: the five states and `id`; BullMQ adds `meta`, `events` and `marker`.
constexpr std::uint64_t infrastructure(const QueueName& queue) {
  return state_count + 1 + (queue.bullmq ? 3 : 0);
}

struct Queue {
  QueueName name{};
  std::uint64_t last_id = 0;
};

class Filler {
 public:
  Filler(const std::string& path, const MixedKeys& wanted)
      : server_(path), wanted_(wanted), dice_(wanted.seed) {
    for (const auto& name : queue_names) queues_.push_back({name});
    while (words_.size() < 256 * 1024) words_ += fmt::format("{:x} ", dice_.below(1 << 24));
  }

  Made run() {
    if (server_.call({"DBSIZE"}) != "0")
      throw std::runtime_error("db 0 holds keys already: this needs an empty server");
    const auto began = std::chrono::steady_clock::now();
    giants();
    keys_in_random_order();
    for (auto& queue : queues_) finish_queue(queue);
    end_block();
    await_block();
    const auto size = std::stoull(server_.call({"DBSIZE"}));
    if (size != wanted_.keys)
      throw std::runtime_error(fmt::format("{} keys wanted, the server holds {}", wanted_.keys, size));
    made_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    return std::move(made_);
  }

 private:
  // --- commands
  // -----------------------------------------------------------------------------------------------------------------
  void begin(std::size_t arguments) {
    if (server_.queued_bytes() >= block_bytes) end_block();
    server_.command(arguments);
    ++queued_, ++made_.commands;
  }
  void send(std::initializer_list<std::string_view> parts) {
    begin(parts.size());
    for (const auto text : parts) server_.part(text);
  }
  // Sends what is queued after the replies of the block before it have come: two blocks are under way at
  // most.
  void end_block() {
    await_block();
    server_.send();
    awaited_ = queued_, queued_ = 0;
  }
  void await_block() {
    std::string reply;
    while (awaited_ > 0) {
      if (server_.take(reply))
        --awaited_;
      else
        server_.receive(std::chrono::seconds(60));
    }
  }
  void count(const std::string& kind, std::uint64_t keys = 1) { made_.keys[kind] += keys; }

  // --- values
  // -------------------------------------------------------------------------------------------------------------------
  std::uint64_t sized(std::uint64_t n) const {
    return std::max<std::uint64_t>(1,
                                   static_cast<std::uint64_t>(static_cast<double>(n) * wanted_.value_size));
  }
  std::string_view words(std::uint64_t size) {
    const auto length = std::min<std::uint64_t>(sized(size), words_.size() - 1);
    return std::string_view(words_).substr(dice_.below(words_.size() - length), length);
  }

  // --- the four families
  // --------------------------------------------------------------------------------------------------------
  void celery_result() {
    const std::string id = dice_.uuid(), key = "celery-task-meta-" + id;
    const bool fine = dice_.chance(0.94);
    // 163 bytes when the task returns a number, 800 when it returns a document.
    const auto returned = words(dice_.chance(0.5) ? dice_.between(1, 40) : dice_.between(40, 640));
    const std::string result = fine ? fmt::format(R"("{}")", returned) : error_result();
    // The time of day, in microseconds: one draw per statement, since the order of arguments is the
    // compiler's choice.
    const std::uint64_t at = dice_.below(86'400'000'000), seconds = at / 1'000'000;
    const std::string value = fmt::format(
        R"({{"status": "{}", "result": {}, "traceback": null, "children": [], "date_done": "2026-11-20T{:02}:{:02}:{:02}.{:06}", "task_id": "{}"}})",
        fine ? "SUCCESS" : "FAILURE", result, seconds / 3600, seconds / 60 % 60, seconds % 60, at % 1'000'000,
        id);
    if (dice_.chance(0.3)) {
      send({"SET", key, value});
      return count("celery result, no TTL");
    }
    send({"SET", key, value, "EX", std::to_string(dice_.between(half_day, 86400))});
    count("celery result, TTL");
  }

  std::string error_result() {
    return fmt::format(R"({{"exc_type": "ValueError", "exc_message": ["{}"], "exc_module": "builtins"}})",
                       words(40));
  }

  // The first five jobs of a queue take one state each, so that every state exists.
  State state_of(std::uint64_t id) {
    if (id <= state_count) return static_cast<State>(id - 1);
    const double u = dice_.share();
    return u < 0.10 ? wait : u < 0.101 ? active : u < 0.13 ? delayed : u < 0.88 ? completed : failed;
  }

  void job() {
    // Squared: the first queues are large, the last ones small, as in life.
    const double u = dice_.share();
    Queue& queue = queue_of(u * u);
    const std::uint64_t id = ++queue.last_id, at = epoch_ms + dice_.below(30ULL * 86400 * 1000);
    const std::string key = fmt::format("{}:{}", queue.name.root, id), at_text = std::to_string(at);
    const State state = state_of(id);
    const bool done = state == completed || state == failed;
    const auto body = words(dice_.chance(0.25) ? 20 : dice_.heavy_tail(120, 4000));
    const std::string data = fmt::format(R"({{"user":{},"body":"{}"}})", id % 1000, body);
    begin(2 + 2 * (6 + (done ? 4 : 0)));
    for (const std::string_view text : {"HSET", key.c_str(), "name", "process", "data", data.c_str(), "opts",
                                        R"({"attempts":3,"backoff":{"type":"exponential","delay":1000}})",
                                        "timestamp", at_text.c_str(), "delay", "0", "priority", "0"})
      server_.part(text);
    if (done) finished_fields(queue, state, at);
    add_to_state(queue, state, id, at);
    count(queue.name.bullmq ? "BullMQ job" : "Bull job");
  }

  // Fields seven to ten of a job that has run.
  void finished_fields(const Queue& queue, State state, std::uint64_t at) {
    server_.part("processedOn");
    server_.part(at + 40);
    server_.part("finishedOn");
    server_.part(at + 90);
    server_.part(queue.name.bullmq ? "atm" : "attemptsMade");
    server_.part("1");
    server_.part(state == completed ? "returnvalue" : "failedReason");
    server_.part(state == completed ? words(dice_.between(2, 60)) : words(80));
  }

  Queue& queue_of(double share) {
    // Queues that have not reached every state come first: a small fill must have whole queues too.
    if (queues_.back().last_id < state_count)
      for (auto& queue : queues_)
        if (queue.last_id < state_count) return queue;
    return queues_[static_cast<std::size_t>(share * static_cast<double>(queues_.size()))];
  }

  void add_to_state(const Queue& queue, State state, std::uint64_t id, std::uint64_t at) {
    const std::string set = fmt::format("{}:{}", queue.name.root, state_names[state]),
                      member = std::to_string(id);
    if (state == wait || state == active) return send({"LPUSH", set, member});
    // BullMQ and Bull keep a delayed job under ms * 4096 + a counter.
    send({"ZADD", set, std::to_string(state == delayed ? at * 4096 + (id & 4095) : at + 90), member});
  }

  void finish_queue(const Queue& queue) {
    const std::string root(queue.name.root), prefix = root + ":";
    send({"SET", prefix + "id", std::to_string(queue.last_id)});
    if (queue.name.bullmq) {
      send({"HSET", prefix + "meta", "opts.maxLenEvents", "10000", "version", "bullmq:5.81.5"});
      send({"ZADD", prefix + "marker", "0", "0"});
      const std::string events = prefix + "events";
      for (std::uint64_t i = 0, n = std::min<std::uint64_t>(10'000, queue.last_id * 3); i < n; ++i)
        send({"XADD", events, fmt::format("{}-{}", epoch_ms + i * 250, i % 3), "event", "completed", "jobId",
              std::to_string(i / 3 + 1), "returnvalue", words(24), "prev", "active"});
    }
    count("queue infrastructure", infrastructure(queue.name));
  }

  void cache_entry() {
    const std::string ttl = std::to_string(dice_.between(half_day, 14 * 86400));
    if (dice_.chance(0.6)) {
      send({"SET", fmt::format(":1:{}.{}", dice_.chance(0.5) ? "views.page" : "product", ++serial_),
            words(dice_.heavy_tail(60, 20'000)), "EX", ttl});
      return count("django cache");
    }
    const auto user = dice_.below(1'000'000);
    send({"SET", fmt::format("user:{}:session:{}", user, dice_.uuid()), words(dice_.between(80, 400)), "EX",
          ttl});
    count("session");
  }

  void other() {
    const std::uint64_t n = sized(dice_.heavy_tail(6, 20'000)), id = ++serial_;
    const std::uint64_t kind = dice_.below(20);
    if (kind < 3) return count("list", grow("RPUSH", fmt::format("feed:{}:items", id), n));
    if (kind < 6) return count("set", grow("SADD", fmt::format("followers:{}", id), n));
    if (kind < 8) return count("set of numbers", numbers(fmt::format("segment:{}:ids", id), n));
    if (kind < 11) return count("sorted set", grow("ZADD", fmt::format("ranking:{}", id), n));
    if (kind < 13)
      return count("stream", grow("XADD", fmt::format("audit-log:{}", id), std::min<std::uint64_t>(n, 2000)));
    if (kind < 16) return count("hash", grow("HSET", fmt::format("basket:{}", id), n));
    send({"SET", fmt::format("stat:{}:hits", id),
          kind < 18 ? std::to_string(dice_.below(1 << 30)) : dice_.uuid()});
    count(kind < 18 ? "counter" : "short string");
  }

  // --- collections
  // --------------------------------------------------------------------------------------------------------------
  // Adds `n` elements to `key` in commands of at most giant_step; returns 1, the keys made.
  std::uint64_t grow(std::string_view verb, const std::string& key, std::uint64_t n) {
    if (verb == "XADD") return stream(key, n);
    const bool pairs = verb == "ZADD" || verb == "HSET";
    for (std::uint64_t done = 0; done < n;) {
      const auto step = std::min(giant_step, n - done);
      begin(2 + step * (pairs ? 2 : 1));
      server_.part(verb);
      server_.part(key);
      for (const auto end = done + step; done < end; ++done) {
        if (verb == "ZADD") server_.part(dice_.below(1'000'000));
        server_.part(verb == "RPUSH" ? std::string(words(60))
                                     : fmt::format("member:{:08}:{:x}", done, dice_.below(1 << 20)));
        if (verb == "HSET") server_.part(words(30));
      }
    }
    return 1;
  }
  std::uint64_t numbers(const std::string& key, std::uint64_t n) {
    n = std::min<std::uint64_t>(n, 500);  // above set-max-intset-entries (512) it would be a hash table
    begin(2 + n);
    server_.part("SADD");
    server_.part(key);
    for (std::uint64_t i = 0; i < n; ++i) server_.part(dice_.below(1 << 30));
    return 1;
  }
  std::uint64_t stream(const std::string& key, std::uint64_t n) {
    for (std::uint64_t i = 0; i < n; ++i)
      send({"XADD", key, fmt::format("{}-0", epoch_ms + i * 100), "who",
            fmt::format("user:{}", dice_.below(10'000)), "what", words(60)});
    return 1;
  }

  // --- the whole
  // ----------------------------------------------------------------------------------------------------------------
  // The giants of data set A at 5 M keys; fewer keys get smaller ones, or a small fill would be nothing but
  // giants.
  void giants() {
    const double scale = wanted_.giants * std::min(1.0, static_cast<double>(wanted_.keys) / 5e6);
    if (scale <= 0) return;
    const auto n = [scale](double full) {
      return std::max<std::uint64_t>(1, static_cast<std::uint64_t>(full * scale));
    };
    count("giant", grow("HSET", "sessions:by-user", n(600'000)));
    count("giant", grow("SADD", "seen:messages", n(500'000)));
    count("giant", grow("ZADD", "leaderboard:global", n(400'000)));
    count("giant", grow("RPUSH", "outbox:pending", n(300'000)));
    count("giant", grow("XADD", "telemetry:raw", n(100'000)));
    begin(3);
    server_.part("SET");
    server_.part("export:catalogue");
    server_.part_of(words_, n(50e6));
    count("giant");
  }

  // Draws from an urn without putting back: the shares come out exact, in an order as random as that of a
  // real server.
  void keys_in_random_order() {
    const std::uint64_t n = wanted_.keys, celery = n * 60 / 100, bull = n * 25 / 100, cache = n * 10 / 100;
    std::uint64_t around = 0;
    for (const auto& queue : queues_) around += infrastructure(queue.name);
    std::array<std::uint64_t, 4> left{celery, bull - around, cache,
                                      n - celery - bull - cache - made_.keys["giant"]};
    for (std::uint64_t total = n - around - made_.keys["giant"]; total > 0; --total) {
      std::uint64_t drawn = dice_.below(total);
      std::size_t family = 0;
      while (drawn >= left[family]) drawn -= left[family++];
      --left[family];
      if (family == 0)
        celery_result();
      else if (family == 1)
        job();
      else if (family == 2)
        cache_entry();
      else
        other();
    }
  }

  RedisSocket server_;
  MixedKeys wanted_;
  Dice dice_;
  std::vector<Queue> queues_;
  std::string words_;         // cheap text: slices of it are the values
  std::uint64_t serial_ = 0;  // numbers in key names, so that no two keys are one
  std::uint64_t queued_ = 0, awaited_ = 0;
  Made made_;
};

}  // namespace

Made fill(const std::string& socket_path, const MixedKeys& wanted) {
  if (wanted.keys < 1000) throw std::runtime_error("at least 1000 keys: fewer cannot hold ten whole queues");
  return Filler(socket_path, wanted).run();
}

}  // namespace headroom::bench
