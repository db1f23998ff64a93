#include "base/large_pages.h"

#include <sys/mman.h>

#include <cstdlib>

namespace headroom {
namespace {

constexpr std::size_t page = std::size_t{2} << 20U;
constexpr std::size_t alignment = alignof(std::max_align_t);

constexpr std::size_t rounded_up(std::size_t bytes, std::size_t unit) {
  return (bytes + unit - 1) / unit * unit;
}

}  // namespace

void* allocate_large(std::size_t bytes) {
  const std::size_t unit = bytes < page ? alignment : page;
  void* const memory = std::aligned_alloc(unit, rounded_up(bytes, unit));
  if (memory == nullptr) throw std::bad_alloc();
  // A wish: where it is refused, small pages do.
  if (unit == page) static_cast<void>(::madvise(memory, rounded_up(bytes, unit), MADV_HUGEPAGE));
  return memory;
}

void free_large(void* memory) noexcept { std::free(memory); }

}  // namespace headroom
