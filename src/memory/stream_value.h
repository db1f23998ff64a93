#pragma once

#include <cstdint>

#include "memory/radix_tree.h"
#include "memory/server_model.h"
#include "model/stored_value.h"

namespace headroom::memory {

/// The bytes of a stream without its object: the blobs of its entries, the radix tree over them, and for each
/// consumer group a tree of consumers by name, of what is pending, and of what is pending for each consumer.
/// After finish() it is empty again.
///
/// The last blob of a live stream is made 4096 bytes long at once (t_stream.c, streamAppendItem) and cut to
/// its length when the next begins; after a restart it is as long as it is.
class StreamValue {
 public:
  StreamValue(const ServerModel& server, const VersionLayout& layout, const Sizes& sizes);
  void add(const StreamPiece& piece);
  std::uint64_t finish();

 private:
  void add_pending(const StreamPiece& piece);
  void close_consumer();
  void close_group();
  void count(std::uint64_t bytes) { bytes_ = add_capped(bytes_, bytes); }

  const ServerModel& server_;
  const VersionLayout& layout_;
  const Sizes& sizes_;
  RadixTree entries_, groups_, consumers_, pending_, consumer_pending_;
  std::uint64_t bytes_ = 0;
  std::uint64_t last_blob_ = 0;
  bool in_group_ = false;
  bool in_consumer_ = false;
};

}  // namespace headroom::memory
