#include "act/execute/pipeline.h"

namespace headroom::act {

void Pipeline::ask(std::initializer_list<std::string_view> command, Take take) {
  ask(wire::Command(command.begin(), command.size()), std::move(take));
}

void Pipeline::ask(wire::Command command, Take take) {
  link_.queue(command);
  takes_.push_back(std::move(take));
}

void Pipeline::send() { (void)link_.flush(); }

Trouble Pipeline::run() {
  for (const auto& take : takes_) {
    const auto reply = link_.read();
    if (!reply) return {Trouble::Kind::lost, reply.error().what};
    take(reply->get());
  }
  takes_.clear();
  return {};
}

}  // namespace headroom::act
