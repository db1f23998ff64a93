#include "celery_results.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>

#include "dice.h"
#include "redis_socket.h"

namespace headroom::bench {
namespace {

constexpr std::uint64_t per_write = 1000;

}  // namespace

void fill_results(const std::string& socket_path, std::uint64_t count) {
  RedisSocket socket(socket_path);
  Dice dice(7);
  const auto done = fmt::format("{:%Y-%m-%dT%H:%M:%S}.695318", fmt::gmtime(std::time(nullptr) - 3 * 3600));
  for (std::uint64_t made = 0; made < count;) {
    std::uint64_t queued = 0;
    for (; queued < per_write && made < count; ++queued, ++made) {
      const auto id = dice.uuid();
      socket.queue(
          {"SET", "celery-task-meta-" + id,
           fmt::format(
               R"({{"status": "SUCCESS", "result": {}, "traceback": null, "children": [], "date_done": "{}", "task_id": "{}"}})",
               made % 1000, done, id)});
    }
    socket.send();
    while (queued-- > 0) socket.reply();
  }
}

}  // namespace headroom::bench
