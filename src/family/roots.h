#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "family/evidence.h"
#include "family/family.h"
#include "family/matcher.h"
#include "model/key_record.h"

/// Finds the queues themselves, by exact name, for the `queues` command.
namespace headroom::family {

/// A queue, or what holds several queues of one library (a broker, a namespace).
struct Root {
  const Family* family = nullptr;  ///< of the table given to RootFinder
  std::string root{};              ///< exact bytes: "bull:mail", a prefix such as "app1:", often empty
  std::string queue{};             ///< set by queues_of() where a root holds several: "orders"
  std::uint32_t db = 0;
  std::string version{};  ///< as far as names and types tell: "4 or later"; empty: cannot tell
  /// Keys of the shapes in Family::name_sets and name_keys, which lead to the names of queues: shape and
  /// exact bytes.
  std::vector<std::pair<std::size_t, std::string>> naming_keys{};
  std::vector<std::pair<std::string_view, std::uint64_t>> counted{};  ///< QueuePart::counted, by name
};

/// Listens to a scan. look() asks for the type of a key only when its name could belong to a queue's
/// machinery: of a million jobs and results, none. Memory: at most `most_roots` candidates of some 300 bytes;
/// more are counted in left_out().
class RootFinder : public RecordSink {
 public:
  static constexpr std::size_t most_roots = 100'000;

  /// The families must outlive the finder and its roots.
  explicit RootFinder(std::span<const Family> families);
  Interest look(std::uint32_t db, std::string_view key) override;
  void take(const KeyRecord& record) override;
  void restart() override;

  /// The confirmed roots of families that have queues, in order of database and name.
  std::vector<Root> finish() const;
  /// Keys that would have begun a root when there was no room for another.
  std::uint64_t left_out() const { return left_out_; }

 private:
  struct NamingKey {
    std::uint32_t db = 0;
    Fit fit{};
    std::string key{};
  };
  bool keep(const KeyRecord& record, const Fit& fit);
  Root made(const Owner& owner) const;
  std::string version_of(const Owner& owner) const;
  void add_naming_keys(std::vector<Root>& roots) const;

  ShapeBook book_;
  ShapeFinder finder_;
  Evidence evidence_;
  std::vector<NamingKey> naming_keys_{};
  std::vector<Fit> fits_{};
  std::uint64_t left_out_ = 0;
};

}  // namespace headroom::family
