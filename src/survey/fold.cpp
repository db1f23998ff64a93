#include "survey/fold.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>

#include "survey/name_classes.h"

namespace headroom::survey {
namespace {

enum class Stands : std::uint8_t { number, uuid, hex, date, ip, email, token, digits };
constexpr std::array<std::string_view, 7> placeholders{"{n}",  "{uuid}",  "{hex}",  "{date}",
                                                       "{ip}", "{email}", "{token}"};

/// A run of bytes between separators.
struct Word {
  std::string_view text{};
  bool all_digits = true, all_hex = true, plain = true, has_digit = false, has_letter = false,
       has_brace = false;
  int changes = 0;  // from digits to letters and back: a name before a year has one, a random token many
};

/// The first word of `rest`, however long.
Word read_long_word(std::string_view rest) {
  Word word;
  std::size_t size = 0;
  for (; size < rest.size(); ++size) {
    const auto kind = class_of(rest[size]);
    if ((kind & separator) != 0) break;
    word.all_digits &= (kind & digit) != 0;
    word.all_hex &= (kind & (digit | hex_letter)) != 0;
    word.plain &= (kind & (digit | letter)) != 0;
    word.has_digit |= (kind & digit) != 0;
    word.has_letter |= (kind & letter) != 0;
    word.has_brace |= (kind & brace) != 0;
    word.changes += size > 0 && ((kind ^ class_of(rest[size - 1])) & digit) != 0 ? 1 : 0;
  }
  word.text = rest.substr(0, size);
  return word;
}

constexpr std::size_t uuid_size = 36, date_size = 10;
constexpr std::size_t long_number = 9, shortest_hex = 16, shortest_token = 20;

/// A name and a window of 64 bytes into it whose classes are known. Positions are those of the name; the
/// window moves along when what is asked about ends beyond it.
class Reader {
 public:
  explicit Reader(std::string_view name) : name_(name) { see(0); }

  std::string_view text(std::size_t begin, std::size_t end) const { return name_.substr(begin, end - begin); }
  std::size_t size() const { return name_.size(); }

  /// Where the segment that begins at `at` ends.
  std::size_t segment_end(std::size_t at) {
    if (at >= name_.size()) return name_.size();
    if (at >= seen_end()) see(at);
    if (const auto colons = masks_.colons >> (at - from_); colons != 0)
      return at + static_cast<std::size_t>(std::countr_zero(colons));
    return seen_end() == name_.size() ? name_.size() : std::min(name_.find(':', at), name_.size());
  }

  bool all_digits(std::size_t begin, std::size_t end) {
    if (covers(begin, end)) return all(masks_.digits, begin, end - begin);
    const auto segment = text(begin, end);
    return std::all_of(segment.begin(), segment.end(), [](char c) { return (class_of(c) & digit) != 0; });
  }

  bool has_at_sign(std::size_t begin, std::size_t end) {
    if (covers(begin, end)) return (masks_.at_signs >> (begin - from_) & low_bits(end - begin)) != 0;
    return std::memchr(name_.data() + begin, '@', end - begin) != nullptr;
  }

  /// The word at `at`, in a segment that ends at `end`.
  Word word(std::size_t at, std::size_t end) {
    auto size = covered_word(at);
    if (size == incomplete) see(at), size = covered_word(at);
    return size == incomplete ? read_long_word(text(at, end)) : short_word(at, size);
  }

  bool uuid_at(std::size_t at, std::size_t end) {
    constexpr auto hex_places = low_bits(36) & ~(1ULL << 8 | 1ULL << 13 | 1ULL << 18 | 1ULL << 23);
    return ids_at(at, end, uuid_size, hex_places, true);
  }
  bool date_at(std::size_t at, std::size_t end) {
    constexpr auto digit_places = low_bits(10) & ~(1ULL << 4 | 1ULL << 7);
    return ids_at(at, end, date_size, digit_places, false);
  }

 private:
  static constexpr std::size_t window = 64, incomplete = ~std::size_t{0};

  void see(std::size_t at) {
    from_ = at;
    masks_ = ClassMasks::of(name_.substr(at, window));
  }
  std::size_t seen_end() const { return std::min(from_ + window, name_.size()); }
  /// Whether [begin, end) is in the window, when need be after it moved.
  bool covers(std::size_t begin, std::size_t end) {
    if (end - begin > window) return false;
    if (begin < from_ || end > seen_end()) see(begin);
    return true;
  }
  bool all(std::uint64_t mask, std::size_t at, std::size_t size) const {
    return (~(mask >> (at - from_)) & low_bits(size)) == 0;
  }

  std::size_t covered_word(std::size_t at) const {
    if (at < from_ || at >= seen_end()) return incomplete;
    if (const auto stops = masks_.stops >> (at - from_); stops != 0)
      return static_cast<std::size_t>(std::countr_zero(stops));
    return seen_end() == name_.size() ? name_.size() - at : incomplete;
  }

  Word short_word(std::size_t at, std::size_t size) const {
    const auto shift = at - from_;
    const auto here = low_bits(size), digits = masks_.digits >> shift & here;
    const auto letters = masks_.letters >> shift & here;
    Word word;
    word.text = name_.substr(at, size);
    word.all_digits = digits == here;
    word.all_hex = (digits | (masks_.hex_letters >> shift & here)) == here;
    word.plain = (digits | letters) == here;
    word.has_digit = digits != 0, word.has_letter = letters != 0;
    word.has_brace = (masks_.braces >> shift & here) != 0;
    // Bit i: byte i + 1 is of another kind than byte i.
    if (size >= shortest_token) word.changes = std::popcount((digits ^ digits >> 1) & low_bits(size - 1));
    return word;
  }

  /// Whether hex or decimal digits stand at all `places` of `size` bytes and '-' at the others, and the word
  /// breaks there.
  bool ids_at(std::size_t at, std::size_t end, std::size_t size, std::uint64_t places, bool hex) {
    if (end - at < size) return false;
    if (const auto longer = at + size < name_.size() ? size + 1 : size; !covers(at, at + longer))
      return false;
    const auto shift = at - from_;
    const auto found = (masks_.digits | (hex ? masks_.hex_letters : 0)) >> shift;
    if ((found & low_bits(size)) != places) return false;
    for (auto joints = ~places & low_bits(size); joints != 0; joints &= joints - 1)
      if (name_[at + static_cast<std::size_t>(std::countr_zero(joints))] != '-') return false;
    return at + size == end || ((masks_.digits | masks_.letters) >> shift >> size & 1) == 0;
  }

  std::string_view name_;
  std::size_t from_ = 0;
  ClassMasks masks_{};
};

bool is_ip(std::string_view segment) {
  int dots = 0, digits = 0;
  for (const char c : segment) {
    if (c == '.' && digits > 0)
      ++dots, digits = 0;
    else if ((class_of(c) & digit) == 0 || ++digits > 3)
      return false;
  }
  return dots == 3 && digits > 0;
}

bool is_email(std::string_view segment) {
  const auto at = segment.find('@');
  if (at == std::string_view::npos || at == 0 || segment.find('@', at + 1) != std::string_view::npos)
    return false;
  const auto dot = segment.find('.', at);
  return dot != std::string_view::npos && dot > at + 1 && dot + 1 < segment.size() &&
         segment.find(' ') == std::string_view::npos;
}

/// What stands for the word, or nothing when it is not an id.
std::optional<Stands> stands_for(const Word& word) {
  const auto size = word.text.size();
  if (size < long_number) return std::nullopt;
  if (word.all_digits) return Stands::number;
  if (word.all_hex && word.has_digit && size >= shortest_hex) return Stands::hex;
  if (word.plain && word.has_letter && word.changes >= 3 && size >= shortest_token) return Stands::token;
  return std::nullopt;
}

/// Writes the folded name. Says no when it is full.
class Writer {
 public:
  explicit Writer(FoldedName& out) : out_(out) {}
  bool placeholder(Stands id) { return out_.add(placeholders[static_cast<std::size_t>(id)]); }
  bool separator(std::string_view one) { return out_.add(one); }
  bool literal(const Word& word) {
    if (!word.has_brace) return out_.add(word.text);
    for (const char c : word.text) {
      const char twice[] = {c, c};
      if (!out_.add({twice, c == '{' || c == '}' ? 2U : 1U})) return false;
    }
    return true;
  }

 private:
  FoldedName& out_;
};

/// Hashes what Writer would write without writing it: literal runs straight from the name. Two names have the
/// same hash if their folded names are the same (but for chance), and another one otherwise.
class Hasher {
 public:
  Hasher(std::uint64_t seed, bool weakly) : hash_(seed), weakly_(weakly) {}
  bool placeholder(Stands id) {
    end_run();
    mix(~std::uint64_t{0} - static_cast<std::uint64_t>(id));
    return true;
  }
  bool separator(std::string_view one) { return run_on(one); }
  bool literal(const Word& word) {
    has_digits_ |= word.has_digit;
    if (!weakly_ || !word.has_digit) return run_on(word.text);
    if (word.all_digits) return placeholder(Stands::digits);
    for (auto rest = word.text; !rest.empty();) {
      const bool digits = is_digit(rest[0]);
      const auto next = std::find_if(rest.begin(), rest.end(), [&](char c) { return is_digit(c) != digits; });
      const auto part = rest.substr(0, static_cast<std::size_t>(next - rest.begin()));
      digits ? placeholder(Stands::digits) : run_on(part);
      rest.remove_prefix(part.size());
    }
    return true;
  }
  Fingerprint done() {
    end_run();
    return {hash_, has_digits_};
  }

 private:
  static bool is_digit(char c) { return (class_of(c) & digit) != 0; }

  // Both halves of a product of 64 bits by 64 depend on all bits of both factors.
  void mix(std::uint64_t word) {
    __extension__ using Wide = unsigned __int128;
    const auto product = Wide{hash_ ^ 0x2d358dccaa6c78a5ULL} * (word ^ 0x8bb84b93962eacc9ULL);
    hash_ = static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64) ^ word;
  }
  bool run_on(std::string_view more) {
    if (run_.data() + run_.size() != more.data()) {
      end_run();
      run_ = more;
    } else {
      run_ = {run_.data(), run_.size() + more.size()};
    }
    return true;
  }
  template <class Number>
  static std::uint64_t number_at(const char* at) {
    Number out{};
    std::memcpy(&out, at, sizeof out);
    return out;
  }
  void end_run() {
    const auto size = run_.size();
    const char* at = run_.data();
    run_ = {};
    if (size == 0) return;
    hash_ += size;  // what is read twice below must not pass for a longer run
    if (size >= 8) {
      for (std::size_t i = 0; i + 8 < size; i += 8) mix(number_at<std::uint64_t>(at + i));
      mix(number_at<std::uint64_t>(at + size - 8));
    } else if (size >= 4) {
      mix(number_at<std::uint32_t>(at) | number_at<std::uint32_t>(at + size - 4) << 32);
    } else {
      const auto byte = [at](std::size_t i) { return std::uint64_t{static_cast<std::uint8_t>(at[i])}; };
      mix(byte(0) | byte(size / 2) << 8 | byte(size - 1) << 16);
    }
  }

  std::uint64_t hash_;
  bool weakly_, has_digits_ = false;
  std::string_view run_{};
};

template <class Out>
bool fold_words(Reader& name, std::size_t at, std::size_t end, Out& out) {
  while (at < end) {
    const auto word = name.word(at, end);
    std::size_t used = word.text.size();
    bool fits = true;
    if (used == 8 && word.all_hex && name.uuid_at(at, end)) {
      used = uuid_size;
      fits = out.placeholder(Stands::uuid);
    } else if (used == 4 && word.all_digits && name.date_at(at, end)) {
      used = date_size;
      fits = out.placeholder(Stands::date);
    } else if (const auto id = stands_for(word)) {
      fits = out.placeholder(*id);
    } else if (used > 0) {
      fits = out.literal(word);
    }
    at += used;
    if (!fits) return false;
    if (at < end && (class_of(name.text(at, end)[0]) & separator) != 0) {
      if (!out.separator(name.text(at, at + 1))) return false;
      ++at;
    }
  }
  return true;
}

template <class Out>
bool fold_segment(Reader& name, std::size_t begin, std::size_t end, Out& out) {
  if (begin == end) return true;
  const auto segment = name.text(begin, end);
  if ((class_of(segment[0]) & digit) != 0) {
    if (name.all_digits(begin, end)) return out.placeholder(Stands::number);
    if (segment.size() <= 15 && is_ip(segment)) return out.placeholder(Stands::ip);
  }
  if (segment.size() <= longest_pattern && name.has_at_sign(begin, end) && is_email(segment))
    return out.placeholder(Stands::email);
  return fold_words(name, begin, end, out);
}

}  // namespace

bool FoldedName::add(std::string_view more) {
  if (size_ + more.size() > longest_pattern) return false;
  std::memcpy(bytes_.data() + size_, more.data(), more.size());
  size_ += more.size();
  return true;
}

void FoldedName::cut_at(std::size_t size) {
  constexpr std::string_view mark = "{long}";
  static_assert(mark.size() <= 16, "the array has so many bytes to spare");
  std::memcpy(bytes_.data() + size, mark.data(), mark.size());
  size_ = size + mark.size();
}

void fold(std::string_view key, FoldedName& out) {
  out.clear();
  Reader name(key);
  Writer writer(out);
  for (std::size_t at = 0;; ++at) {
    const auto end = name.segment_end(at);
    const auto before = out.size();
    if (!fold_segment(name, at, end, writer)) return out.cut_at(before);
    if (end == key.size()) return;
    if (!out.add(":")) return out.cut_at(out.size());
    at = end;
  }
}

Fingerprint fingerprint(std::uint32_t db, std::string_view key, bool weakly) {
  Reader name(key);
  Hasher hasher(db, weakly);
  for (std::size_t at = 0;; ++at) {
    const auto end = name.segment_end(at);
    fold_segment(name, at, end, hasher);
    if (end == key.size()) return hasher.done();
    hasher.separator(name.text(end, end + 1));
    at = end;
  }
}

}  // namespace headroom::survey
