#include "source/rdb/cursor.h"

#include <algorithm>
#include <bit>
#include <cassert>

#include "base/crc64.h"

namespace headroom::source::rdb {

static_assert(std::endian::native == std::endian::little, "numbers of the file are read as they lie");

void Cursor::fail(std::string_view what, std::uint64_t offset) {
  if (failed_) return;
  failed_ = true;
  fault_ = what;
  fault_offset_ = offset;
  end_offset_ = this->offset();
  end_ = at_;
  waiting_ = nullptr;
}

std::uint64_t Cursor::crc_here() const {
  if (chunk_ == nullptr) return 0;
  const char* place = waiting_ != nullptr ? waiting_ : at_;
  assert(place >= chunk_->data);
  return crc64(chunk_->crc_before, {chunk_->data, static_cast<std::size_t>(place - chunk_->data)});
}

bool Cursor::at_end() {
  if (at_ != end_) return false;
  return failed_ || (waiting_ == nullptr && !next_chunk());
}

/// Moves to the next chunk when this one is used up. False at the end, which is no failure by itself.
bool Cursor::next_chunk() {
  if (waiting_ != nullptr) {
    at_ = waiting_;
    end_ = chunk_->data + chunk_->size;
    end_offset_ = chunk_->offset + chunk_->size;
    waiting_ = nullptr;
    if (side_.capacity() > (std::size_t{4} << 20U)) side_ = {};
    if (at_ != end_) return true;
  }
  const Chunk* next = failed_ ? nullptr : chunks_.next();
  if (next == nullptr) return false;
  chunk_ = next;
  at_ = next->data;
  end_ = next->data + next->size;
  end_offset_ = next->offset + next->size;
  return true;
}

/// Puts what is left of this chunk in front of the next one.
bool Cursor::join_with_next(std::size_t rest) {
  const char* from = at_;
  if (waiting_ != nullptr || rest > Chunk::headroom || !next_chunk()) return false;
  at_ -= rest;
  std::memcpy(const_cast<char*>(at_), from, rest);  // NOLINT: the headroom of a chunk is ours to write
  return true;
}

bool Cursor::gather(std::size_t count) {
  if (failed_) return false;
  const auto here = offset();
  if (count > longest_held) return fail("a string is longer than any that Redis keeps", here), false;
  const auto rest = static_cast<std::size_t>(end_ - at_);
  if (rest == 0 ? next_chunk() : join_with_next(rest)) {
    if (static_cast<std::size_t>(end_ - at_) >= count) return true;
  }
  assemble(count);
  if (static_cast<std::size_t>(end_ - at_) >= count) return true;
  at_ = end_;
  waiting_ = nullptr;
  if (chunks_.error())
    fail(chunks_.error()->what, here);
  else
    fail("the data ends here, in the middle of something", here);
  return false;
}

/// Collects `count` bytes in side_, from as many chunks as it takes.
void Cursor::assemble(std::size_t count) {
  std::vector<char> whole(at_, end_);
  while (whole.size() < count) {
    at_ = end_;
    if (!next_chunk()) break;
    const auto more = std::min(count - whole.size(), static_cast<std::size_t>(end_ - at_));
    whole.insert(whole.end(), at_, at_ + more);
    at_ += more;
  }
  waiting_ = at_;
  const auto chunk_place = offset();
  side_ = std::move(whole);
  at_ = side_.data();
  end_ = side_.data() + side_.size();
  end_offset_ = chunk_place;
}

void Cursor::skip_far(std::uint64_t count) {
  const auto here = offset();
  while (!failed_) {
    const auto rest = static_cast<std::uint64_t>(end_ - at_);
    if (rest >= count) {
      at_ += count;
      return;
    }
    count -= rest;
    at_ = end_;
    if (next_chunk()) continue;
    if (chunks_.error())
      fail(chunks_.error()->what, here);
    else
      fail("the data ends here, in the middle of something", here);
  }
}

}  // namespace headroom::source::rdb
