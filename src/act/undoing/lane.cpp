#include "act/undoing/lane.h"

#include <fmt/format.h>

#include "base/text.h"
#include "wire/reactions.h"

namespace headroom::act {

Result<UndoLane> UndoLane::open(const ApplyTarget& target, Pace& pace) {
  auto link = target.open();
  if (!link) return fail(link.error());
  return UndoLane(*std::move(link), pace);
}

void UndoLane::stop(std::string why) {
  if (why_.empty()) why_ = std::move(why);
}

bool UndoLane::permit() {
  if (stopped()) return false;
  const auto go = pace_->permit();
  if (!go) stop(go.error().what);
  if (go && *go == Pace::Go::stop) stop(pace_->why_stopped());
  return !stopped();
}

bool UndoLane::use(std::uint32_t db) {
  if (stopped() || db_ == db) return !stopped();
  const auto number = std::to_string(db);
  const auto reply = ask({"SELECT", number});
  if (!reply) return false;
  if (reply->is_error()) stop(fmt::format("SELECT {}: {}", db, printable(reply->text)));
  db_ = db;
  return !stopped();
}

std::optional<std::vector<wire::Reply>> UndoLane::exchange(std::size_t units) {
  std::vector<wire::Reply> replies;
  const auto begin = std::chrono::steady_clock::now();
  while (link_->pending() > 0) {
    auto reply = link_->read();
    if (!reply) {
      stop(fmt::format("the connection broke: {}", reply.error().what));
      return std::nullopt;
    }
    replies.push_back(reply->get());
  }
  pace_->served({{}, std::chrono::steady_clock::now() - begin, units});
  return replies;
}

std::optional<wire::Reply> UndoLane::ask(const std::vector<std::string_view>& words) {
  if (stopped()) return std::nullopt;
  link_->queue(words);
  auto replies = exchange(1);
  if (!replies) return std::nullopt;
  return std::move(replies->front());
}

bool ends_run(const std::string& error) {
  using enum wire::Reaction;
  const auto reaction = wire::reaction_to(error).reaction;
  return reaction != skip_key && reaction != feature_missing;
}

}  // namespace headroom::act
