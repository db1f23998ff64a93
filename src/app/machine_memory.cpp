#include "app/machine_memory.h"

#include <algorithm>
#include <fstream>
#include <string>

namespace headroom::app {
namespace {

std::optional<std::uint64_t> number_in(const char* path) {
  std::ifstream file(path);
  std::uint64_t value = 0;
  return file >> value ? std::optional(value) : std::nullopt;
}

std::optional<std::uint64_t> left_by_system() {
  std::ifstream file("/proc/meminfo");
  for (std::string name, unit; file >> name;) {
    std::uint64_t kib = 0;
    if (file >> kib && name == "MemAvailable:") return kib * 1024;
    std::getline(file, unit);
  }
  return std::nullopt;
}

/// Version 2, as containers see theirs. Without a limit `memory.max` is no number.
std::optional<std::uint64_t> left_by_group() {
  const auto most = number_in("/sys/fs/cgroup/memory.max"), now = number_in("/sys/fs/cgroup/memory.current");
  if (!most || !now) return std::nullopt;
  return *most - std::min(*most, *now);
}

}  // namespace

std::optional<Bytes> available_memory() {
  auto left = left_by_system();
  if (const auto group = left_by_group(); group && (!left || *group < *left)) left = group;
  return left ? std::optional(Bytes{*left}) : std::nullopt;
}

}  // namespace headroom::app
