#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace headroom::bench {

/// Celery results as a worker without result_expires leaves them: "celery-task-meta-UUID", finished three
/// hours ago, no TTL, 163 bytes each (reference/celery-kombu-and-others.md, section 2).
void fill_results(const std::string& socket_path, std::uint64_t count);
/// Their names, in the order in which they were written: each call gives the next.
std::function<std::string()> result_names();

}  // namespace headroom::bench
