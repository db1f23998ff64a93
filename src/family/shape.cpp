#include "family/shape.h"

#include <fmt/format.h>

#include <algorithm>

namespace headroom::family {
namespace {

constexpr std::string_view digits = "0123456789";
constexpr std::string_view hex_digits = "0123456789abcdefABCDEF";
constexpr std::size_t shortest_hex = 8;  // shorter runs are words and counters more often than hashes

std::bitset<256> only(std::string_view bytes) {
  std::bitset<256> set;
  for (const char byte : bytes) set.set(static_cast<unsigned char>(byte));
  return set;
}

std::bitset<256> all() { return std::bitset<256>().set(); }
std::bitset<256> all_but_colon() { return all().reset(':'); }

void add_times(std::vector<ShapePosition>& positions, std::size_t times, const std::bitset<256>& bytes) {
  positions.insert(positions.end(), times, ShapePosition{bytes, false});
}

void add_uuid(std::vector<ShapePosition>& positions, std::string_view version) {
  const auto hex = only(hex_digits);
  add_times(positions, 8, hex);
  for (const std::string_view first : {hex_digits, version, hex_digits}) {
    add_times(positions, 1, only("-"));
    add_times(positions, 1, only(first));
    add_times(positions, 3, hex);
  }
  add_times(positions, 1, only("-"));
  add_times(positions, 12, hex);
}

}  // namespace

/// Reads the text of one shape. Placeholders become positions; a lead only marks the shape.
class ShapeParser {
 public:
  explicit ShapeParser(std::string_view text) : text_(text) {}

  Result<Shape> parse() {
    while (at_ < text_.size()) {
      const bool doubled = at_ + 1 < text_.size() && text_[at_] == text_[at_ + 1];
      if (text_[at_] == '{' && !doubled) {
        if (auto read = placeholder(); !read) return fail(read.error());
      } else if (text_[at_] == '}' && !doubled) {
        return refuse("a '}' without '{'; a brace that belongs to the name is doubled");
      } else {
        literal(text_[at_]);
      }
    }
    if (positions_.empty()) return refuse("nothing but a lead; it needs the text that follows");
    if (positions_.size() > Shape::most_positions) return refuse("longer than 255 bytes");
    shape_.finish(positions_);
    return std::move(shape_);
  }

 private:
  tl::unexpected<Error> refuse(std::string_view what) const {
    return fail({fmt::format("the shape is wrong: {}", what), std::string(text_),
                 "placeholders: {root} {prefix} {n} {uuid} {uuid3} {hex} {id} {any}", Exit::usage});
  }

  void literal(char byte) {
    at_ += byte == '{' || byte == '}' ? 2 : 1;
    if (positions_.empty()) shape_.literal_first_ = true;
    if (shape_.literal_bytes_ == 0) literal_open_ = true;
    if (literal_open_) shape_.literal_ += byte;
    ++shape_.literal_bytes_;
    add_times(positions_, 1, only({&byte, 1}));
  }

  Result<bool> placeholder() {
    const auto end = text_.find('}', at_);
    if (end == std::string_view::npos)
      return refuse("a '{' without '}'; a brace that belongs to the name is doubled");
    const auto name = text_.substr(at_ + 1, end - at_ - 1);
    const bool first = at_ == 0;
    at_ = end + 1;
    literal_open_ = false;
    if (name == "root" || name == "prefix") {
      if (!first) return refuse(fmt::format("{{{}}} stands at the start or not at all", name));
      shape_.lead_ = name == "root" ? Lead::root : Lead::prefix;
      return true;
    }
    if (!add(name)) return refuse(fmt::format("no placeholder is called {{{}}}", name));
    return true;
  }

  bool add(std::string_view name) {
    if (name == "n") return repeat(only(digits));
    if (name == "id") return repeat(all_but_colon());
    if (name == "any") return repeat(all());
    if (name == "hex") {
      add_times(positions_, shortest_hex - 1, only(hex_digits));
      return repeat(only(hex_digits));
    }
    if (name != "uuid" && name != "uuid3") return false;
    add_uuid(positions_, name == "uuid3" ? "3" : hex_digits);
    return true;
  }

  bool repeat(const std::bitset<256>& bytes) {
    positions_.push_back({bytes, true});
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool literal_open_ = false;
  std::vector<ShapePosition> positions_{};
  Shape shape_{};
};

Result<Shape> Shape::compile(std::string_view text) { return ShapeParser(text).parse(); }

void Shape::finish(const std::vector<ShapePosition>& positions) {
  positions_ = positions.size();
  lasts_ = positions.back().bytes;
  open_ = lead_ == Lead::prefix && positions.front().repeats && positions.front().bytes.all();
  const bool ends_in_any = positions.back().repeats && positions.back().bytes.all();
  if (literal_first_ && literal_.size() == positions_) plan_ = Plan::literal;
  if (literal_first_ && literal_.size() + 1 == positions_ && ends_in_any) plan_ = Plan::literal_then_any;
  if (plan_ == Plan::general) build_masks(positions);
}

void Shape::build_masks(const std::vector<ShapePosition>& positions) {
  // Most bytes are named by no position and are all of one class: 256 masks are seldom worth making.
  std::bitset<256> named;
  for (const ShapePosition& position : positions)
    named |= position.bytes.count() > 128 ? ~position.bytes : position.bytes;
  std::optional<std::uint8_t> unnamed;
  for (std::size_t byte = 0; byte < class_of_.size(); ++byte) {
    if (named.test(byte) || !unnamed) {
      masks_.push_back(mask_of(byte, positions));
      class_of_[byte] = static_cast<std::uint8_t>(masks_.size() - 1);
    }
    if (named.test(byte)) continue;
    if (!unnamed) unnamed = class_of_[byte];
    class_of_[byte] = *unnamed;
  }
  for (std::size_t i = 0; i < positions_; ++i)
    if (positions[positions_ - 1 - i].repeats) repeats_[i / 64] |= std::uint64_t{1} << (i % 64);
}

Shape::Bits Shape::mask_of(std::size_t byte, const std::vector<ShapePosition>& positions) const {
  Bits mask{};
  for (std::size_t i = 0; i < positions_; ++i)
    if (positions[positions_ - 1 - i].bytes.test(byte)) mask[i / 64] |= std::uint64_t{1} << (i % 64);
  return mask;
}

std::optional<std::size_t> Shape::fit(std::string_view name) const {
  if (name.empty() || !may_end_in(name.back())) return std::nullopt;
  return fit_behind(name, lead_);
}

bool Shape::fits_tail(std::string_view tail) const {
  return !tail.empty() && may_end_in(tail.back()) && fit_behind(tail, Lead::none).has_value();
}

std::optional<std::size_t> Shape::fit_behind(std::string_view name, Lead lead) const {
  if (plan_ == Plan::literal) return fit_literal(name, lead);
  if (plan_ == Plan::literal_then_any) return fit_literal_then_any(name, lead);
  return fit_general(name, lead);
}

std::optional<std::size_t> Shape::fit_literal(std::string_view name, Lead lead) const {
  if (!name.ends_with(literal_)) return std::nullopt;
  const auto front = name.size() - literal_.size();
  if (lead == Lead::none ? front != 0 : lead == Lead::root && front == 0) return std::nullopt;
  return front;
}

std::optional<std::size_t> Shape::fit_literal_then_any(std::string_view name, Lead lead) const {
  if (name.size() <= literal_.size()) return std::nullopt;
  if (lead == Lead::none) return name.starts_with(literal_) ? std::optional<std::size_t>(0) : std::nullopt;
  // The last byte is left to {any}. Forward even for the longest root: find() leaps from first byte to first
  // byte, while rfind() compares at every place, and a literal seldom stands in a name twice.
  const auto searched = name.substr(0, name.size() - 1);
  auto at = searched.find(literal_, lead == Lead::root ? 1 : 0);
  if (at == std::string_view::npos) return std::nullopt;
  while (lead == Lead::root) {
    const auto next = searched.find(literal_, at + 1);
    if (next == std::string_view::npos) break;
    at = next;
  }
  return at;
}

std::optional<std::size_t> Shape::fit_general(std::string_view name, Lead lead) const {
  const auto words = (positions_ + 63) / 64;
  const auto end_bit = std::uint64_t{1} << ((positions_ - 1) % 64);
  std::optional<std::size_t> found;
  Bits state{};  // bit i: the bytes read so far are what the last i + 1 positions ask for
  for (std::size_t at = name.size(); at-- > 0;) {
    const Bits& mask = masks_[class_of_[static_cast<unsigned char>(name[at])]];
    std::uint64_t carry = at + 1 == name.size() ? 1 : 0;
    std::uint64_t alive = 0;
    for (std::size_t w = 0; w < words; ++w) {
      const auto old = state[w];
      state[w] = ((old << 1 | carry) | (old & repeats_[w])) & mask[w];
      carry = old >> 63;
      alive |= state[w];
    }
    if (alive == 0) break;
    if ((state[words - 1] & end_bit) == 0) continue;
    if (lead == Lead::none ? at != 0 : lead == Lead::root && at == 0) continue;
    found = at;
    if (lead == Lead::root) break;
  }
  return found;
}

}  // namespace headroom::family
