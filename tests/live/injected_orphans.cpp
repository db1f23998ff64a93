#include "live/injected_orphans.h"

#include <stdexcept>

namespace headroom::test {
namespace {

constexpr std::uint64_t out_of_reach = 1'000'000'000'000;  // no counter of this test gets there
constexpr std::size_t batch = 450;

std::unique_ptr<wire::Connection> connect(const RedisServer& server) {
  wire::Endpoint endpoint;
  endpoint.kind = wire::Endpoint::Kind::unix_socket;
  endpoint.path = server.socket_path();
  auto link = wire::Connection::open(endpoint, "orphans");
  if (!link) throw std::runtime_error(link.error().what);
  return std::move(*link);
}

}  // namespace

InjectedOrphans::InjectedOrphans(const RedisServer& server, const std::vector<std::string>& roots)
    : link_(connect(server)), roots_(roots), counters_(roots.size()), used_(roots.size()) {
  for (const auto& root : roots_) queues_[root];
}

wire::Reply InjectedOrphans::reply() {
  auto read = link_->read();
  if (!read) throw std::runtime_error(read.error().what);
  if (read->get().is_error()) throw std::runtime_error(read->get().text);
  return read->get();
}

void InjectedOrphans::add(std::size_t count) {
  // A job may be gone between the question for its id and the copy, and then there is no copy.
  for (const auto goal = size_ + count; size_ < goal;) make(plan(std::min(goal - size_, batch)));
}

/// Sources are asked for anew: the queues keep few finished jobs, and these change many times a second.
std::vector<InjectedOrphans::Copy> InjectedOrphans::plan(std::size_t count) {
  for (const auto& root : roots_) {
    queue({"ZREVRANGE", root + ":completed", "0", "49"});
    queue({"GET", root + ":id"});
  }
  std::vector<std::vector<std::string>> finished(roots_.size());
  for (std::size_t i = 0; i < roots_.size(); ++i) {
    for (const auto& id : reply().items) finished[i].push_back(id.text);
    counters_[i] = std::stoull(reply().text);
  }
  std::vector<Copy> copies;
  for (std::size_t n = 0; n < count; ++n) {
    const auto i = n % roots_.size();
    if (finished[i].empty()) continue;
    Copy copy{roots_[i], roots_[i] + ":" + finished[i][n / roots_.size() % finished[i].size()]};
    copy.to = roots_[i] + ":" + free_id(i, copy.above_counter);
    if (copy.to != copy.from) copies.push_back(std::move(copy));  // a number that is still in use
  }
  return copies;
}

std::string InjectedOrphans::free_id(std::size_t queue, bool& above_counter) {
  const auto n = std::to_string(++serial_);
  switch (serial_ / roots_.size() % 4) {
    case 0:
      above_counter = queue == 0;
      if (above_counter) return std::to_string(out_of_reach + serial_);
      return used_[queue] < counters_[queue] ? std::to_string(++used_[queue]) : "ghost-" + n;
    case 1:
      return "ghost-" + n;
    case 2:
      return "ghost:" + n + ":copy";
    default:
      return "ghost:" + n + ":failed";  // as the key of a job's failed children is named
  }
}

void InjectedOrphans::make(const std::vector<Copy>& copies) {
  for (const Copy& copy : copies) queue({"COPY", copy.from, copy.to});  // not where a key of this name is
  std::vector<std::string> with_logs;
  for (const Copy& copy : copies) {
    if (reply().integer != 1) continue;
    auto& of_queue = queues_[copy.root];
    of_queue.jobs.insert(copy.to);
    of_queue.above_counter = of_queue.above_counter || copy.above_counter;
    if (++size_ % 5 != 0) continue;
    with_logs.push_back(copy.to + ":logs");
    of_queue.logs.insert(with_logs.back());
  }
  add_logs(with_logs);
}

void InjectedOrphans::add_logs(const std::vector<std::string>& names) {
  for (const auto& name : names) queue({"RPUSH", name, "connecting to smtp.shop.example", "250 2.0.0 OK"});
  for (std::size_t i = 0; i < names.size(); ++i) reply();
}

}  // namespace headroom::test
