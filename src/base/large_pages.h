#pragma once

#include <cstddef>
#include <new>

namespace headroom {

/// Memory of at least `bytes` bytes; where the system lends pages of 2 MiB, of those. Throws std::bad_alloc.
void* allocate_large(std::size_t bytes);
void free_large(void* memory) noexcept;

/// For tables that are looked into all over: with pages of 4 KiB nearly every look first waits for the
/// processor to find out where the page is, and that takes longer than the look itself.
template <class T>
struct LargePages {
  using value_type = T;
  LargePages() = default;
  template <class U>
  LargePages(const LargePages<U>&) {}  // NOLINT: allocators convert
  T* allocate(std::size_t count) { return static_cast<T*>(allocate_large(count * sizeof(T))); }
  void deallocate(T* memory, std::size_t) noexcept { free_large(memory); }
  friend bool operator==(const LargePages&, const LargePages&) { return true; }
};

}  // namespace headroom
