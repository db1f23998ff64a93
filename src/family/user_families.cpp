#include "family/user_families.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <utility>

#include "family/matcher.h"
#include "family/shape.h"

namespace headroom::family {
namespace {

template <class T>
struct Word {
  std::string_view word{};
  T value{};
};

constexpr std::array types = {
    Word<KeyType>{"string", KeyType::string}, Word<KeyType>{"list", KeyType::list},
    Word<KeyType>{"set", KeyType::set},       Word<KeyType>{"zset", KeyType::zset},
    Word<KeyType>{"hash", KeyType::hash},     Word<KeyType>{"stream", KeyType::stream},
    Word<KeyType>{"module", KeyType::module}};
constexpr std::array cares = {
    Word<Care>{"hands_off", Care::hands_off}, Word<Care>{"finished", Care::finished},
    Word<Care>{"debris_if_proved", Care::debris_if_proved}, Word<Care>{"expirable", Care::expirable}};
constexpr std::array occasions = {Word<DebrisWhen>{"none", DebrisWhen::none},
                                  Word<DebrisWhen>{"without_ttl", DebrisWhen::without_ttl},
                                  Word<DebrisWhen>{"idle", DebrisWhen::idle},
                                  Word<DebrisWhen>{"smaller_than_job", DebrisWhen::smaller_than_job}};
constexpr std::array certainties = {Word<Certainty>{"suspected", Certainty::suspected},
                                    Word<Certainty>{"proved", Certainty::proved}};

template <class Words>
std::string listed(const Words& words) {
  std::string text;
  for (const auto& word : words) text += fmt::format("{}{}", text.empty() ? "" : ", ", word.word);
  return text;
}

/// Reads one file. The first error stays; what is read after it is thrown away.
class FamilyReader {
 public:
  explicit FamilyReader(std::string_view file) : file_(file) {}

  Result<UserFamilies> read(const toml::table& file) {
    if (const toml::node* node = file.get("family")) {
      for (const toml::table* table : tables(*node, "family")) read_family(*table);
    }
    if (error_) return fail(std::move(*error_));
    return std::move(out_);
  }

 private:
  void read_family(const toml::table& table) {
    only_known(table, {"name", "title", "shapes", "rivals", "closed_world", "read_only", "examples"});
    Family family{.name = text(table, "name", true), .title = text(table, "title", false)};
    if (family.title.empty()) family.title = family.name;
    if (const toml::node* shapes = needed(table, "shapes"))
      for (const toml::table* shape : tables(*shapes, "shapes")) family.shapes.push_back(read_shape(*shape));
    if (const toml::node* rivals = table.get("rivals")) family.rivals = texts(*rivals, "rivals");
    family.closed_world = truth(table, "closed_world");
    family.read_only = truth(table, "read_only");
    if (!error_) check_tells(family, table);
    if (const toml::node* examples = table.get("examples"))
      for (const toml::table* example : tables(*examples, "examples")) read_example(*example, family);
    out_.families.push_back(std::move(family));
  }

  KeyShape read_shape(const toml::table& table) {
    only_known(table, {"shape", "type", "role", "care", "why", "tell", "debris_when", "debris", "certainty",
                       "debris_why", "idle_minutes"});
    KeyShape shape{.shape = text(table, "shape", true), .role = text(table, "role", true)};
    shape.types = read_types(table);
    shape.care = word(table, "care", cares);
    shape.why = text(table, "why", true);
    shape.tell = static_cast<std::uint8_t>(number(table, "tell", 10));
    shape.debris_when = word(table, "debris_when", occasions);
    const bool can_be_debris = shape.debris_when != DebrisWhen::none;
    shape.debris = text(table, "debris", can_be_debris);
    shape.certainty = word(table, "certainty", certainties);
    shape.debris_why = text(table, "debris_why", can_be_debris);
    shape.idle_minutes = number(table, "idle_minutes", 100U * 365 * 24 * 60);
    if (shape.debris_when == DebrisWhen::idle && shape.idle_minutes == 0)
      refuse(table, "debris_when = \"idle\" needs idle_minutes",
             "say after how many minutes: idle_minutes = 1440");
    if (error_) return shape;
    if (const auto program = Shape::compile(shape.shape); !program)
      refuse(*table.get("shape"), program.error().what, program.error().remedy);
    return shape;
  }

  Types read_types(const toml::table& table) {
    Types all;
    const toml::node* node = table.get("type");
    if (node == nullptr) return all;
    if (!node->is_array()) return found(*node, "type", types);
    for (const toml::node& one : *node->as_array()) all = all | found(one, "type", types);
    return all;
  }

  void read_example(const toml::table& table, Family& family) {
    only_known(table, {"key", "type", "role"});
    const Example example{text(table, "key", true), word(table, "type", types), text(table, "role", true)};
    if (error_) return;
    const auto fits = [&](const KeyShape& shape) {
      return may_be(shape.types, example.type) && Shape::compile(shape.shape)->fit(example.key).has_value();
    };
    const auto first = std::find_if(family.shapes.begin(), family.shapes.end(), fits);
    if (first == family.shapes.end())
      refuse(table, fmt::format("no shape of \"{}\" fits its example", family.name),
             "correct the shape or the example");
    else if (first->role != example.role)
      refuse(table, fmt::format("the first shape that fits the example is \"{}\"", first->role),
             "put the more special shape first, or correct the role");
    family.examples.push_back(example);
  }

  void check_tells(const Family& family, const toml::table& table) {
    const auto leads = [](const KeyShape& shape) {
      return Shape::compile(shape.shape)->lead() == Lead::root;
    };
    unsigned tells = 0;
    for (const KeyShape& shape : family.shapes) tells += shape.tell;
    const bool rooted = std::any_of(family.shapes.begin(), family.shapes.end(), leads);
    if ((rooted || tells > 0) && tells < 4)
      refuse(table,
             fmt::format("the tells of \"{}\" add up to {}, and 4 are needed to know an owner", family.name,
                         tells),
             "give tell = 2 to two shapes that nobody else writes");
  }

  // --- values of a table. Each returns a harmless default beside an error.

  const toml::node* needed(const toml::table& table, std::string_view key) {
    const toml::node* node = table.get(key);
    if (node == nullptr)
      refuse(table, fmt::format("\"{}\" is missing", key), fmt::format("add {} = ...", key));
    return node;
  }

  std::string_view text(const toml::table& table, std::string_view key, bool is_needed) {
    const toml::node* node = is_needed ? needed(table, key) : table.get(key);
    return node == nullptr ? std::string_view() : kept_text(*node, key);
  }

  std::string_view kept_text(const toml::node& node, std::string_view key) {
    const auto value = node.value_exact<std::string>();
    if (!value || value->empty()) {
      refuse(node, fmt::format("\"{}\" must be a text that is not empty", key), "put it in quotes");
      return {};
    }
    return out_.texts.emplace_back(*value);
  }

  std::vector<std::string_view> texts(const toml::node& node, std::string_view key) {
    std::vector<std::string_view> all;
    if (!node.is_array())
      refuse(node, fmt::format("\"{}\" must be a list of texts", key), fmt::format("{} = [\"...\"]", key));
    else
      for (const toml::node& one : *node.as_array()) all.push_back(kept_text(one, key));
    return all;
  }

  template <class T, std::size_t size>
  T word(const toml::table& table, std::string_view key, const std::array<Word<T>, size>& words) {
    const toml::node* node = table.get(key);
    return node == nullptr ? words.front().value : found(*node, key, words);
  }

  template <class T, std::size_t size>
  T found(const toml::node& node, std::string_view key, const std::array<Word<T>, size>& words) {
    const auto value = node.value_exact<std::string>();
    const auto known =
        std::find_if(words.begin(), words.end(), [&](const auto& one) { return one.word == value; });
    if (known != words.end()) return known->value;
    refuse(node, fmt::format("\"{}\" is not one of its words", key),
           fmt::format("one of: {}", listed(words)));
    return words.front().value;
  }

  bool truth(const toml::table& table, std::string_view key) {
    const toml::node* node = table.get(key);
    if (node == nullptr) return false;
    const auto value = node->value_exact<bool>();
    if (!value) refuse(*node, fmt::format("\"{}\" must be true or false", key), "without quotes");
    return value.value_or(false);
  }

  std::uint32_t number(const toml::table& table, std::string_view key, std::uint32_t most) {
    const toml::node* node = table.get(key);
    if (node == nullptr) return 0;
    const auto value = node->value_exact<std::int64_t>();
    if (value && *value >= 0 && *value <= most) return static_cast<std::uint32_t>(*value);
    refuse(*node, fmt::format("\"{}\" must be a whole number from 0 to {}", key, most), "without quotes");
    return 0;
  }

  std::vector<const toml::table*> tables(const toml::node& node, std::string_view key) {
    std::vector<const toml::table*> all;
    if (const toml::array* array = node.as_array())
      for (const toml::node& one : *array)
        if (one.is_table()) all.push_back(one.as_table());
    if (const toml::array* array = node.as_array();
        array == nullptr || array->size() != all.size() || all.empty())
      refuse(node, fmt::format("\"{}\" must be a list of tables", key), fmt::format("[[{}]]", key));
    return all;
  }

  void only_known(const toml::table& table, std::initializer_list<std::string_view> known) {
    for (const auto& [key, node] : table) {
      if (std::find(known.begin(), known.end(), key.str()) != known.end()) continue;
      std::string all;
      for (const auto one : known) all += fmt::format("{}{}", all.empty() ? "" : ", ", one);
      refuse_at(key.source(), fmt::format("\"{}\" is not known here", key.str()), "known: " + all);
    }
  }

  void refuse(const toml::node& node, std::string what, std::string remedy) {
    refuse_at(node.source(), std::move(what), std::move(remedy));
  }

  void refuse_at(const toml::source_region& region, std::string what, std::string remedy) {
    if (error_) return;
    const auto where = fmt::format("{}:{}:{}", file_, region.begin.line, region.begin.column);
    error_ = Error{std::move(what), where, std::move(remedy), Exit::usage};
  }

  std::string_view file_;
  UserFamilies out_{};
  std::optional<Error> error_{};
};

}  // namespace

Result<UserFamilies> parse_families(std::string_view toml, std::string_view file_name) {
  try {
    const toml::table file = toml::parse(toml, file_name);
    return FamilyReader(file_name).read(file);
  } catch (const toml::parse_error& error) {
    const auto at = error.source().begin;
    return fail({std::string(error.description()), fmt::format("{}:{}:{}", file_name, at.line, at.column),
                 "see https://toml.io for the form of the file", Exit::usage});
  }
}

}  // namespace headroom::family
