#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "memory/size_class.h"

namespace headroom::memory {

/// The bytes of one of the server's radix trees (rax), from its keys in order, without building it: a stack
/// of the nodes on the way to the last key. Keys that are out of order give a number that is wrong, never a
/// fault. After finish() it is empty and may be used again; its buffers stay.
///
/// A node takes 4 + n + padding to 8 + 8 for each child, + 8 when a key with a value ends there, rounded up
/// by the allocator; n is the number of its children, or of the characters of a run that has one way only,
/// which is one node with one child (rax.c, raxNodeCurrentLength; the same in every version). The tree
/// itself: `header` (rax.h).
class RadixTree {
 public:
  explicit RadixTree(const Sizes& sizes, std::uint64_t header = 24) : sizes_(&sizes), header_(header) {
    clear();
  }
  void add(std::string_view key);
  std::uint64_t keys() const { return keys_; }
  std::uint64_t finish();

 private:
  struct Node {
    std::uint64_t depth = 0;
    std::uint32_t children = 0;
    std::uint64_t first_way = 0;  // characters to its first child
    bool is_key = false;
  };
  void clear();
  void close_below(std::uint64_t depth);
  void attach(Node& parent, std::uint64_t child_depth);
  void close(const Node& node);
  void count(std::uint64_t characters, std::uint64_t children, bool is_key);

  const Sizes* sizes_;
  std::uint64_t header_;
  std::uint64_t keys_ = 0;
  std::uint64_t bytes_ = 0;
  std::string last_;
  std::vector<Node> way_;
};

}  // namespace headroom::memory
