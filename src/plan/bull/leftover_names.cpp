#include "plan/bull/leftover_names.h"

namespace headroom::plan::bull {

LeftoverNames::LeftoverNames(std::vector<std::pair<std::uint32_t, std::string>> roots,
                             std::vector<QueueLeftovers*> wanted)
    : roots_(std::move(roots)), wanted_(std::move(wanted)), around_(roots_.size()) {
  for (std::size_t i = 0; i < roots_.size(); ++i) by_root_[roots_[i].first].emplace(roots_[i].second, i);
  for (std::size_t i = 0; i < roots_.size(); ++i) {
    const std::string_view root = roots_[i].second;
    for (auto colon = root.find(':'); colon != std::string_view::npos; colon = root.find(':', colon + 1)) {
      const auto& others = by_root_[roots_[i].first];
      if (const auto outer = others.find(root.substr(0, colon)); outer != others.end())
        around_[i].push_back(outer->second);
    }
  }
}

Interest LeftoverNames::look(std::uint32_t db, std::string_view key) {
  const auto roots = by_root_.find(db);
  if (roots == by_root_.end()) return {};
  for (auto colon = key.rfind(':'); colon != std::string_view::npos && colon > 0;
       colon = key.rfind(':', colon - 1)) {
    const auto found = roots->second.find(key.substr(0, colon));
    if (found == roots->second.end()) continue;
    auto* queue = wanted_[found->second];
    if (queue != nullptr && !job_of_outer(found->second, key)) sort(*queue, key.substr(colon + 1));
    return {};
  }
  return {};
}

bool LeftoverNames::job_of_outer(std::size_t root, std::string_view key) {
  for (const auto outer : around_[root]) {
    auto* queue = wanted_[outer];
    if (queue == nullptr) return true;  // nobody knows its jobs
    const auto hash = hash_bytes(key.substr(roots_[outer].second.size() + 1));
    if (!queue->named.has_hash(hash)) continue;
    queue->seen.add_hash(hash);
    return true;
  }
  return false;
}

void LeftoverNames::sort(QueueLeftovers& queue, std::string_view suffix) {
  if (suffix.empty() || bull_queue_part(suffix) != nullptr) return;
  const auto hash = hash_bytes(suffix);
  if (queue.named.has_hash(hash)) {
    queue.seen.add_hash(hash);
    return;
  }
  if (suffix.ends_with(":lock") || suffix.starts_with("dn:")) return;
  if (sort_part(queue, suffix) || !room()) return;
  auto& list = suffix.starts_with("de:") ? queue.deduplication : queue.jobs;
  list.emplace_back(suffix);
}

bool LeftoverNames::sort_part(QueueLeftovers& queue, std::string_view suffix) {
  const auto colon = suffix.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  const auto id = suffix.substr(0, colon), tail = suffix.substr(colon + 1);
  for (std::size_t i = 0; i < bull_job_parts.size(); ++i) {
    if (bull_job_parts[i].suffix != tail) continue;
    // Part of a job that is named. (An orphan of this very id would be missed; nothing else can be told apart
    // without remembering the names of all logs.)
    if (queue.named.has(id)) return true;
    if (room()) queue.sub_keys.emplace_back(id, i);
    return true;
  }
  return false;
}

bool LeftoverNames::room() {
  if (kept_ < most_names) return ++kept_, true;
  ++left_out_;
  return false;
}

void LeftoverNames::restart() {
  for (auto* queue : wanted_)
    if (queue != nullptr)
      queue->seen = HashSet(), queue->jobs.clear(), queue->sub_keys.clear(), queue->deduplication.clear();
  kept_ = 0, left_out_ = 0;
}

void LeftoverNames::finish() {
  for (auto* queue : wanted_)
    if (queue != nullptr) queue->seen.seal();
}

}  // namespace headroom::plan::bull
