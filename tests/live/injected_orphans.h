#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "kit/redis_server.h"
#include "wire/connection.h"

namespace headroom::test {

/// A client that leaves orphans in queues of BullMQ while these are at work: exact copies of the hashes of
/// finished jobs, under ids that no job has and none will get, some with logs. Remembers what it left.
class InjectedOrphans {
 public:
  struct OfQueue {
    std::set<std::string> jobs{};  ///< whole names of keys
    std::set<std::string> logs{};
    bool above_counter = false;  ///< one of the ids is a number beyond the queue's counter
  };

  /// Only the first of the queues gets numbers above its counter as ids; the others numbers below it that
  /// belonged to jobs which are gone: a job never gets a number for the second time.
  InjectedOrphans(const RedisServer& server, const std::vector<std::string>& roots);

  /// Adds exactly `count`, spread over the queues; returns when the server has answered for all.
  void add(std::size_t count);

  const std::map<std::string, OfQueue>& queues() const { return queues_; }
  std::size_t size() const { return size_; }

 private:
  struct Copy {
    std::string root{}, from{}, to{};
    bool above_counter = false;
  };
  std::vector<Copy> plan(std::size_t count);
  std::string free_id(std::size_t queue, bool& above_counter);
  void make(const std::vector<Copy>& copies);
  void add_logs(const std::vector<std::string>& names);
  void queue(std::initializer_list<std::string_view> words) { link_->queue({words.begin(), words.size()}); }
  wire::Reply reply();

  std::unique_ptr<wire::Connection> link_;
  std::vector<std::string> roots_;
  std::map<std::string, OfQueue> queues_{};
  std::vector<std::uint64_t> counters_, used_;  ///< by queue: its counter, and the last number below it tried
  std::uint64_t serial_ = 0;
  std::size_t size_ = 0;
};

}  // namespace headroom::test
