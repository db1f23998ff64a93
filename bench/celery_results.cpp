#include "celery_results.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>
#include <string_view>

#include "dice.h"
#include "redis_socket.h"

namespace headroom::bench {
namespace {

constexpr std::uint64_t per_write = 1000;
constexpr std::string_view prefix = "celery-task-meta-";

}  // namespace

void fill_results(const std::string& socket_path, std::uint64_t count) {
  RedisSocket socket(socket_path);
  const auto next = result_names();
  const auto done = fmt::format("{:%Y-%m-%dT%H:%M:%S}.695318", fmt::gmtime(std::time(nullptr) - 3 * 3600));
  for (std::uint64_t made = 0; made < count;) {
    std::uint64_t queued = 0;
    for (; queued < per_write && made < count; ++queued, ++made) {
      const auto name = next();
      socket.queue(
          {"SET", name,
           fmt::format(
               R"({{"status": "SUCCESS", "result": {}, "traceback": null, "children": [], "date_done": "{}", "task_id": "{}"}})",
               made % 1000, done, name.substr(prefix.size()))});
    }
    socket.send();
    while (queued-- > 0) socket.reply();
  }
}

std::function<std::string()> result_names() {
  return [dice = Dice(7)]() mutable { return std::string(prefix).append(dice.uuid()); };
}

}  // namespace headroom::bench
