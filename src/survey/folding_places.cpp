#include "survey/folding_places.h"

#include <algorithm>
#include <unordered_map>

#include "base/hash.h"
#include "survey/pattern_parts.h"

namespace headroom::survey {
namespace {

struct Word {
  std::uint64_t hash = 0;
  std::size_t place = 0;
  std::size_t at_depth = 0;  // index of its counter
  std::uint64_t keys = 0;
  bool is_name = false;
};

/// Numbers given to hashes in the order in which they first come: iteration is the same on every machine.
class Index {
 public:
  /// The number of `hash`, and whether it is new.
  std::pair<std::size_t, bool> of(std::uint64_t hash) {
    const auto [entry, is_new] = numbers_.try_emplace(hash, numbers_.size());
    return {entry->second, is_new};
  }

 private:
  std::unordered_map<std::uint64_t, std::size_t> numbers_{};
};

class Survey {
 public:
  void add(const NamedPattern& named) {
    std::uint64_t depth = 0;
    for (const auto [begin, end] : PatternParts(named.pattern)) {
      const auto word = named.pattern.substr(begin, end - begin);
      ++depth;
      if (word.empty() || is_placeholder(word)) continue;
      const auto counter = at_depth_.of(hash_bytes(word, named.db * 64ULL + depth));
      if (counter.second) counts_.push_back(0);
      ++counts_[counter.first];
      add_word(named, named.pattern.substr(0, begin), word, counter.first);
    }
  }

  std::vector<Place> places() && {
    for (const auto& word : words_) keys_[word.place] += word.keys;
    for (const auto& word : words_) weigh(word);
    std::erase_if(places_, [](const Place& place) { return place.words < fewest_words; });
    std::stable_sort(places_.begin(), places_.end(),
                     [](const Place& a, const Place& b) { return a.score > b.score; });
    return std::move(places_);
  }

 private:
  static constexpr std::size_t fewest_words = 4;
  static constexpr std::uint64_t notable_keys = 64, notable_part = 64;

  void add_word(const NamedPattern& named, std::string_view beginning, std::string_view word,
                std::size_t counter) {
    const auto hash = place_hash(named.db, beginning, "");
    const auto place = place_index_.of(hash);
    if (place.second) places_.push_back({hash}), keys_.push_back(0);
    const auto word_hash = place_hash(named.db, beginning, word);
    const auto number = word_index_.of(word_hash);
    if (number.second) words_.push_back({word_hash, place.first, counter});
    words_[number.first].keys += named.keys;
    words_[number.first].is_name |= named.landmark;
  }

  void weigh(const Word& word) {
    auto& place = places_[word.place];
    if (word.is_name || (word.keys > notable_keys && word.keys > keys_[word.place] / notable_part)) {
      place.kept.push_back(word.hash);
      return;
    }
    const auto times = static_cast<double>(counts_[word.at_depth]);
    place.score += 1 / (times * times);
    ++place.words;
  }

  Index at_depth_{}, place_index_{}, word_index_{};
  std::vector<std::uint64_t> counts_{}, keys_{};
  std::vector<Word> words_{};
  std::vector<Place> places_{};
};

}  // namespace

std::uint64_t place_hash(std::uint32_t db, std::string_view beginning, std::string_view word) {
  return hash_bytes(word, hash_bytes(beginning, db));
}

std::vector<Place> places_to_fold(const std::vector<NamedPattern>& patterns) {
  Survey survey;
  for (const auto& named : patterns) survey.add(named);
  return std::move(survey).places();
}

}  // namespace headroom::survey
