// Arbitrary names and types through shapes, finders, attribution and the search for roots: no crash, no
// endless work, the same answer twice, and for short names the same reading as the slow one written from the
// description of the language. Input: records of a type byte, a length byte and that many bytes of a name; a
// length of 255 repeats the name up to 64 KB.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "family/attribution.h"
#include "family/groups.h"
#include "family/questions.h"
#include "family/roots.h"
#include "family/slow_shape.h"

namespace {

using namespace headroom;

void require(bool holds) {
  if (!holds) std::abort();
}

const std::vector<family::Family>& families() {
  static const std::vector<family::Family> all = family::known_families();
  return all;
}

const family::ShapeBook& book() {
  static const family::ShapeBook all(families());
  return all;
}

std::vector<test::Named> records(std::string_view data) {
  std::vector<test::Named> keys;
  while (data.size() >= 2 && keys.size() < 64) {
    const auto type = static_cast<KeyType>(static_cast<unsigned char>(data[0]) % key_type_count);
    const auto length = static_cast<unsigned char>(data[1]);
    data.remove_prefix(2);
    std::string name(data.substr(0, length));
    data.remove_prefix(name.size());
    for (const std::string once = name; length == 255 && !once.empty() && name.size() < 65536;) name += once;
    if (!name.empty()) keys.push_back({std::move(name), type});
  }
  return keys;
}

void compare_with_slow(const std::string& name, std::size_t choice) {
  const auto f = choice % families().size();
  const auto s = choice / families().size() % families()[f].shapes.size();
  const auto& shape = families()[f].shapes[s];
  require(book().program(f, s).fit(name) == test::slow_fit(shape.shape, name));
}

// Five families at a time: compiling the shapes of all would take most of the time.
std::span<const family::Family> some_families(std::size_t choice) {
  constexpr std::size_t some = 5;
  return std::span(families()).subspan(choice % (families().size() - some + 1), some);
}

void attribute_twice(const std::vector<test::Named>& keys, std::size_t choice) {
  const auto judges = some_families(choice);
  const bool fold = choice % 2 == 0;
  std::vector<PatternGroup> groups;
  for (const auto& one : keys)
    groups.push_back(
        test::group_of(one.key, one.type, fold ? test::folded(one.key) : test::escaped(one.key)));
  family::attribute(groups, judges);
  std::vector<Attribution> first;
  for (const auto& group : groups) first.push_back(group.attribution);
  family::attribute(groups, judges);
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const Attribution& given = groups[i].attribution;
    require(given.family == first[i].family && given.owner == first[i].owner && given.role == first[i].role);
    require(given.family.empty() == given.role.empty());
    require(given.owner.size() <= 2 * groups[i].example.size());
  }
}

void find_roots(const std::vector<test::Named>& keys, std::size_t choice) {
  family::RootFinder finder(some_families(choice));
  for (const auto& one : keys)
    if (finder.look(0, one.key).look == Look::type) finder.take({.key = one.key, .type = one.type});
  for (const auto& root : finder.finish())
    for (const auto& queue : family::queues_of(root, {}))
      family::state(queue, {}, std::chrono::milliseconds(0));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto keys = records({reinterpret_cast<const char*>(data), size});
  std::size_t choice = size;
  for (const auto& one : keys) {
    choice = choice * 31 + static_cast<unsigned char>(one.key.front());
    if (one.key.size() <= 48) compare_with_slow(one.key, choice);
  }
  attribute_twice(keys, choice);
  find_roots(keys, choice);
  return 0;
}
