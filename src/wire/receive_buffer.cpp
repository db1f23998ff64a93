#include "wire/receive_buffer.h"

#include <algorithm>
#include <cstring>

namespace headroom::wire {

void ReceiveBuffer::resize(std::size_t size) {
  // Not a vector: it would write zeroes over every byte that recv() is about to write.
  auto bigger = std::make_unique_for_overwrite<char[]>(size);
  const auto kept = filled();
  if (!kept.empty()) std::memcpy(bigger.get(), kept.data(), kept.size());
  bytes_ = std::move(bigger);
  size_ = size;
  end_ -= begin_;
  begin_ = 0;
}

std::span<char> ReceiveBuffer::room() {
  if (begin_ == end_) {
    begin_ = end_ = 0;
    if (size_ > large) resize(usual);
  }
  if (size_ - end_ < least_room && begin_ > 0) {
    std::memmove(bytes_.get(), bytes_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (size_ - end_ < least_room && size_ < most_) resize(std::min(2 * size_, most_));
  return {bytes_.get() + end_, size_ - end_};
}

}  // namespace headroom::wire
