#include "memory/size_class.h"

namespace headroom::memory {

Sizes::Sizes(Allocator allocator, SdsLimits limits) : allocator_(allocator), limits_(limits) {
  // Every class boundary of the three allocators is a multiple of 8, so one entry serves eight lengths.
  for (std::size_t i = 0; i < classes_.size(); ++i)
    classes_[i] = static_cast<std::uint16_t>(size_class(allocator, i * 8));
  for (std::size_t length = 0; length < tabled; ++length)
    strings_[length] = static_cast<std::uint16_t>(long_sds(length));
  strings_[0] = static_cast<std::uint16_t>(size_class(allocator, 3 + 1));
}

}  // namespace headroom::memory
