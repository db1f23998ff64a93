#include "family/root_tree.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/fold_digits.h"
#include "family/pattern_text.h"

namespace headroom::family {

std::string RootTree::edge(Node from, std::string_view segment) {
  std::array<char, sizeof from> bytes{};
  std::memcpy(bytes.data(), &from, sizeof from);
  return std::string(bytes.data(), bytes.size()).append(segment);
}

RootTree::Node RootTree::child(Node from, std::string_view segment) {
  const auto [found, fresh] = edges_.emplace(edge(from, segment), static_cast<Node>(owners_.size()));
  if (fresh) owners_.emplace_back();
  return found->second;
}

void RootTree::add(std::uint32_t db, std::string_view root, std::size_t owner) {
  Node node = child(0, std::to_string(db));
  for (std::size_t at = 0; at <= root.size();) {
    const auto end = std::min(root.find(':', at), root.size());
    node = child(node, root.substr(at, end - at));
    at = end + 1;
  }
  owners_[node].push_back(owner);
}

void RootTree::follow(const Path& path, std::string_view segment, bool by_example,
                      std::vector<Path>& next) const {
  const auto found = edges_.find(edge(path.node, segment));
  if (found == edges_.end() || next.size() >= most_paths) return;
  const auto known = [&](const Path& other) { return other.node == found->second; };
  if (std::none_of(next.begin(), next.end(), known))
    next.push_back({found->second, path.by_example || by_example});
}

std::vector<RootTree::Path> RootTree::next_paths(const std::vector<Path>& paths, std::string_view pattern,
                                                 std::string_view example) const {
  const auto weak = fold_digits(pattern);
  const auto exact = doubled_braces(example);
  std::vector<Path> next;
  for (const Path& path : paths) {
    follow(path, pattern, false, next);
    if (weak != pattern) follow(path, weak, false, next);
    follow(path, "{text}", false, next);
    if (exact == pattern) continue;
    follow(path, exact, true, next);
    follow(path, fold_digits(exact), true, next);
  }
  return next;
}

void RootTree::walk(std::uint32_t db, std::string_view pattern, std::string_view example,
                    std::vector<Step>& steps) const {
  steps.clear();
  const auto top = edges_.find(edge(0, std::to_string(db)));
  if (top == edges_.end()) return;
  std::vector<Path> paths = {{top->second, false}};
  for (std::size_t at = 0, tail = 0; !paths.empty(); ++at, ++tail) {
    const auto end = pattern.find(':', at);
    if (end == std::string_view::npos) return;  // the last segment: nothing lies behind it
    const auto tail_end = example.find(':', tail);
    paths = next_paths(paths, pattern.substr(at, end - at), example.substr(tail, tail_end - tail));
    at = end, tail = tail_end;
    for (const bool by_example : {true, false})
      for (const Path& path : paths)
        if (path.by_example == by_example)
          for (const auto owner : owners_[path.node]) steps.push_back({owner, end, tail_end, by_example});
  }
}

}  // namespace headroom::family
