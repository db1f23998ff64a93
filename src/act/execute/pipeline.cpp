#include "act/execute/pipeline.h"

#include <array>
#include <chrono>

namespace headroom::act {

using std::chrono::steady_clock;

namespace {

constexpr std::array<std::string_view, 1> time{"TIME"};

}  // namespace

void Pipeline::ask(std::initializer_list<std::string_view> command, Take take) {
  ask(wire::Command(command.begin(), command.size()), std::move(take));
}

// Between two looks at the server's clock.
void Pipeline::begin_round() {
  if (clock_ == nullptr || !takes_.empty()) return;
  link_.queue(time);
  takes_.emplace_back([this](const wire::Reply& reply) { begun_ = clock_->heard(reply); });
}

void Pipeline::end_round() {
  if (clock_ == nullptr || takes_.empty() || ended_) return;
  link_.queue(time);
  takes_.emplace_back([this](const wire::Reply& reply) {
    const auto end = clock_->heard(reply);
    if (begun_ && end) clock_->worked(*begun_, *end);
  });
  ended_ = true;
}

void Pipeline::ask(wire::Command command, Take take) {
  begin_round();
  link_.queue(command);
  takes_.push_back(std::move(take));
}

void Pipeline::send() {
  end_round();
  (void)link_.flush();
}

Trouble Pipeline::run() {
  end_round();
  for (std::size_t i = 0; i < takes_.size(); ++i) {
    const auto begin = i == 0 ? steady_clock::now() : steady_clock::time_point{};
    const auto reply = link_.read();
    // All answers come at once, when the server is through: with the others it is our reading that takes
    // time.
    if (i == 0 && clock_ != nullptr) clock_->waited(steady_clock::now() - begin);
    if (!reply) return {Trouble::Kind::lost, reply.error().what};
    takes_[i](reply->get());
  }
  takes_.clear();
  ended_ = false;
  return {};
}

}  // namespace headroom::act
