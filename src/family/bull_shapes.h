#pragma once

#include <chrono>
#include <initializer_list>
#include <vector>

#include "family/family.h"

/// What Bull, BullMQ and BullMQ Pro have in common: they grew out of one another and still share most names.
/// Facts: the packages' own Lua scripts, and runs of bull 3.29 and 4.16, bullmq 1.91 to 6.7.
namespace headroom::family {

/// The keys of fixed name that all of them write. {root} is prefix and queue: "bull:mail".
std::vector<KeyShape> bull_state_shapes();

/// Behind all other shapes of a family: what belongs to a job, and the job itself, which is any hash under
/// the root.
std::vector<KeyShape> bull_job_shapes();

/// What is asked of every queue besides its states.
std::vector<QueueFact> bull_queue_facts();

/// Puts retention into words from what is there: the libraries keep it in the options of each job, where it
/// cannot be read. Needs: the states "completed" and "failed", and oldest_finished where there is one.
void describe_bull_retention(std::chrono::milliseconds now, QueueState& state);

/// `parts` joined in order.
template <class T>
std::vector<T> joined(std::initializer_list<std::vector<T>> parts) {
  std::vector<T> all;
  for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

}  // namespace headroom::family
