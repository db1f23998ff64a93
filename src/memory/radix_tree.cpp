#include "memory/radix_tree.h"

#include <algorithm>

namespace headroom::memory {

void RadixTree::clear() {
  keys_ = 0;
  bytes_ = 0;
  last_.clear();
  way_.assign(1, Node{});
}

void RadixTree::count(std::uint64_t characters, std::uint64_t children, bool is_key) {
  const auto text = (4 + characters + 7) / 8 * 8;
  bytes_ = add_capped(bytes_, sizes_->of(text + 8 * children + (is_key ? 8 : 0)));
}

/// One character of a way is in the parent's list of children, the rest is a run of its own. A parent with
/// one child is itself the run: that is known only when it closes or gets its second child.
void RadixTree::attach(Node& parent, std::uint64_t child_depth) {
  const auto way = child_depth - parent.depth;
  if (parent.children++ == 0) {
    parent.first_way = way;
    return;
  }
  if (parent.children == 2 && parent.first_way > 1) count(parent.first_way - 1, 1, false);
  if (way > 1) count(way - 1, 1, false);
}

void RadixTree::close(const Node& node) {
  if (node.children == 1)
    count(node.first_way, 1, node.is_key);
  else
    count(node.children, node.children, node.is_key);
}

void RadixTree::close_below(std::uint64_t depth) {
  while (way_.back().depth > depth) {
    const auto node = way_.back();
    way_.pop_back();
    close(node);
    if (way_.back().depth < depth) way_.push_back({depth, 0, 0, false});
    attach(way_.back(), node.depth);
  }
}

void RadixTree::add(std::string_view key) {
  const auto most = std::min(key.size(), last_.size());
  const auto split =
      std::mismatch(key.begin(), key.begin() + static_cast<std::ptrdiff_t>(most), last_.begin());
  const auto shared = static_cast<std::uint64_t>(split.first - key.begin());
  if (keys_ > 0 && shared == key.size() && shared == last_.size()) return;
  ++keys_;
  close_below(shared);
  if (key.size() > shared)
    way_.push_back({key.size(), 0, 0, true});
  else
    way_.back().is_key = true;
  last_.assign(key);
}

std::uint64_t RadixTree::finish() {
  close_below(0);
  close(way_.front());
  const auto bytes = add_capped(bytes_, sizes_->of(header_));
  clear();
  return bytes;
}

}  // namespace headroom::memory
