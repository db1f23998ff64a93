#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/hash_set.h"
#include "model/bull_queue.h"
#include "model/key_record.h"

namespace headroom::plan::bull {

/// Names under one queue that its sets and lists do not explain.
struct QueueLeftovers {
  HashSet named{};                  ///< ids in all sets and lists, sealed; set before
  HashSet seen{};                   ///< those of them whose key was met
  std::vector<std::string> jobs{};  ///< ids; what they are, their type must tell
  std::vector<std::pair<std::string, std::size_t>>
      sub_keys{};                            ///< id of a job that is not named, bull_job_parts
  std::vector<std::string> deduplication{};  ///< "de:..."
};

/// Listens to a scan that names all keys, and keeps those that may be left over: a job whose id is named
/// nowhere costs its name, all others 8 bytes, of other owners nothing. Each key belongs to the longest root
/// that fits, unless a queue around that one names it: then it is a job of that queue.
class LeftoverNames : public RecordSink {
 public:
  /// Names kept over all queues; more are counted in left_out().
  static constexpr std::size_t most_names = 1'000'000;

  /// `roots`: every confirmed queue, also those that are left alone: what is theirs is nobody else's.
  /// `wanted`: those whose leftovers matter, in the same order; null for the others. Borrowed.
  LeftoverNames(std::vector<std::pair<std::uint32_t, std::string>> roots,
                std::vector<QueueLeftovers*> wanted);

  Interest look(std::uint32_t db, std::string_view key) override;
  void take(const KeyRecord&) override {}
  void restart() override;
  /// Seals the sets of names. Needed before they are asked.
  void finish();
  std::uint64_t left_out() const { return left_out_; }

 private:
  void sort(QueueLeftovers& queue, std::string_view suffix);
  /// Whether the key may be a job of a queue around this one: `bull:mail:eu:7` is job 7 of the queue
  /// `bull:mail:eu`, and job `eu:7` of the queue `bull:mail`.
  bool job_of_outer(std::size_t root, std::string_view key);
  /// Whether the name is that of a part of a job: "user:42:logs", which may be the job of that id as well.
  bool sort_part(QueueLeftovers& queue, std::string_view suffix);
  bool room();

  std::vector<std::pair<std::uint32_t, std::string>> roots_;
  std::vector<QueueLeftovers*> wanted_;
  std::vector<std::vector<std::size_t>> around_;  ///< of each root, those that it is inside of
  std::map<std::uint32_t, std::unordered_map<std::string_view, std::size_t>> by_root_{};
  std::size_t kept_ = 0;
  std::uint64_t left_out_ = 0;
};

}  // namespace headroom::plan::bull
