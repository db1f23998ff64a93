#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace headroom::family {

/// Confirmed roots, by segment: finds all that a name lies under in one walk over the name, however many ':'
/// it has.
///
/// A survey folds names only where there are many of a kind, so the segments of a group and of its root may
/// be folded to different degrees: `bull:tenant-7:failed` under `bull:tenant-{n}`, or `bull:{text}:{n}` under
/// the `bull:mail` of its example. Each segment is therefore looked up as it stands, weakened, as any text,
/// and as the example has it.
class RootTree {
 public:
  /// `root` is pattern text; `owner` is the caller's number for it.
  void add(std::uint32_t db, std::string_view root, std::size_t owner);

  struct Step {
    std::size_t owner = 0;
    std::size_t lead = 0;     ///< bytes of the pattern that are the root
    std::size_t tail = 0;     ///< where in the example the text behind the root begins (with its ':')
    bool by_example = false;  ///< the pattern itself says less than the root: it is folded further
  };
  /// The roots above a name into `steps`, which is emptied first: the shortest first, of equally long ones
  /// those found by the example before the others. Needs: `pattern` and `example` have the same number of ':'
  /// (aligned_pattern).
  void walk(std::uint32_t db, std::string_view pattern, std::string_view example,
            std::vector<Step>& steps) const;

 private:
  using Node = std::uint32_t;
  struct Path {
    Node node = 0;
    bool by_example = false;
  };
  static constexpr std::size_t most_paths = 8;  // more are names made to keep us busy

  static std::string edge(Node from, std::string_view segment);
  Node child(Node from, std::string_view segment);
  void follow(const Path& path, std::string_view segment, bool by_example, std::vector<Path>& next) const;
  std::vector<Path> next_paths(const std::vector<Path>& paths, std::string_view pattern,
                               std::string_view example) const;

  // Node 0 is above all databases; a database is a node named by its number.
  std::unordered_map<std::string, Node> edges_{};
  std::vector<std::vector<std::size_t>> owners_{1};
};

}  // namespace headroom::family
