#include "app/until_pace.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

#include "base/text.h"
#include "wire/info_text.h"

namespace headroom::app {
namespace {

using namespace std::string_view_literals;

// INFO memory takes the server some 20 us; in this time it frees a thousand keys at most.
constexpr std::chrono::milliseconds between_looks{20};
constexpr std::string_view goal = "used_memory is below ";

}  // namespace

Result<std::unique_ptr<act::Pace>> UntilPace::over(std::unique_ptr<act::Pace> pace, double share,
                                                   const Open& open) {
  auto link = open();
  if (!link) return fail(link.error());
  std::unique_ptr<UntilPace> made(new UntilPace(std::move(pace), share, std::move(*link)));
  if (const auto looked = made->look(); !looked) return fail(looked.error());
  return made;
}

Error UntilPace::no_maxmemory() {
  return {"--until is a share of maxmemory, and this server has none", "--until", "leave it out",
          Exit::usage};
}

bool UntilPace::is_goal(std::string_view why_stopped) { return why_stopped.starts_with(goal); }

Result<act::Pace::Go> UntilPace::permit() {
  const auto now = std::chrono::steady_clock::now();
  if (reached_.empty() && now >= next_) {
    next_ = now + between_looks;
    if (const auto looked = look(); !looked) return fail(looked.error());
  }
  if (!reached_.empty()) return Go::stop;
  return pace_->permit();
}

Result<bool> UntilPace::look() {
  const auto reply = link_->call(std::array{"INFO"sv, "memory"sv});
  if (!reply) return fail(reply.error());
  const wire::InfoText info(reply->text);
  const auto used = info.number("used_memory"), most = info.number("maxmemory");
  if (!used || !most || *most == 0) return fail(no_maxmemory());
  if (static_cast<double>(*used) < share_ * static_cast<double>(*most))
    reached_ = fmt::format("{}{} of maxmemory, as asked", goal, human_share(share_));
  return true;
}

}  // namespace headroom::app
