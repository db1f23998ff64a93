#include "memory/stream_value.h"

#include <algorithm>

namespace headroom::memory {
namespace {

constexpr std::uint64_t first_length_of_a_live_blob = 4096;

}  // namespace

StreamValue::StreamValue(const ServerModel& server, const VersionLayout& layout, const Sizes& sizes)
    : server_(server),
      layout_(layout),
      sizes_(sizes),
      entries_(sizes, layout.radix_tree),
      groups_(sizes, layout.radix_tree),
      consumers_(sizes, layout.radix_tree),
      pending_(sizes, layout.radix_tree),
      consumer_pending_(sizes, layout.radix_tree) {}

void StreamValue::add(const StreamPiece& piece) {
  switch (piece.kind) {
    case StreamPiece::Kind::node:
      if (last_blob_ > 0) count(sizes_.of(last_blob_));
      last_blob_ = piece.length;
      entries_.add(piece.id);
      break;
    case StreamPiece::Kind::group:
      close_group();
      in_group_ = true;
      groups_.add(piece.name);
      count(sizes_.of(layout_.group));
      break;
    case StreamPiece::Kind::pending:
      add_pending(piece);
      break;
    case StreamPiece::Kind::consumer:
      close_consumer();
      in_consumer_ = true;
      consumers_.add(piece.name);
      count(sizes_.of(layout_.consumer) + sizes_.sds(piece.name.size()));
      break;
    case StreamPiece::Kind::consumer_pending:
      consumer_pending_.add(piece.id);
      break;
  }
}

void StreamValue::add_pending(const StreamPiece& piece) {
  pending_.add(piece.id);
  count(sizes_.of(layout_.pending));
  // A list per message, with one element per group: not measured.
  if (layout_.pending_by_message) count(sizes_.of(24) + sizes_.of(48) + sizes_.of(16));
}

void StreamValue::close_consumer() {
  if (in_consumer_) count(consumer_pending_.finish());
  in_consumer_ = false;
}

void StreamValue::close_group() {
  close_consumer();
  if (in_group_) {
    const auto pending = pending_.finish();
    // The second tree has keys of 24 bytes instead of 16; not measured.
    count(pending + consumers_.finish() + (layout_.pending_by_time ? pending : 0));
  }
  in_group_ = false;
}

std::uint64_t StreamValue::finish() {
  close_group();
  const bool live = server_.held == Held::live;
  if (last_blob_ > 0) count(sizes_.of(live ? std::max(last_blob_, first_length_of_a_live_blob) : last_blob_));
  count(sizes_.of(layout_.stream) + entries_.finish());
  if (groups_.keys() > 0) count(groups_.finish());
  const auto bytes = bytes_;
  bytes_ = last_blob_ = 0;
  return bytes;
}

}  // namespace headroom::memory
