#include "family/proof/name_gate.h"

#include <algorithm>
#include <cstring>

namespace headroom::family {

std::size_t NameGate::gram_slot(const char* at) {
  std::uint32_t bytes = 0;
  std::memcpy(&bytes, at, gram);
  return (bytes * 0x9E3779B1U) >> 22U;
}

std::size_t NameGate::edge_slot(const char* at) {
  return (static_cast<unsigned char>(at[0]) * 31U + static_cast<unsigned char>(at[1])) & 255U;
}

void NameGate::admit(std::size_t proof, Types types, std::span<const Sign> signs) {
  const Asked bit = Asked{1} << proof;
  if (signs.empty()) words_.push_back({bit, {.types = types}});
  for (const Sign& sign : signs) words_.push_back({bit, sign});
}

void NameGate::build() {
  for (std::size_t type = 0; type < key_type_count; ++type) {
    Table& table = tables_[type];
    table = {};
    std::vector<Word> words;
    for (const Word& word : words_)
      if (word.sign.types.has(static_cast<KeyType>(type))) words.push_back(word);
    // The shortest text decides how far apart the looks are.
    for (const auto& [proof, sign] : words) {
      if (sign.where != Sign::Where::anywhere || sign.text.size() < gram) continue;
      const std::size_t places = sign.text.size() - gram + 1;
      table.stride = table.stride == 0 ? places : std::min(table.stride, places);
    }
    for (const Word& word : words) enter(table, word);
  }
}

/// What is too short for its table may stand in any name.
void NameGate::enter(Table& table, const Word& word) {
  const std::string_view text = word.sign.text;
  if (text.empty() && word.sign.longer_than > 0) {
    table.longer.push_back({word.sign.longer_than, word.proof});
  } else if (text.size() < (word.sign.where == Sign::Where::anywhere ? gram : edge)) {
    table.always |= word.proof;
  } else if (word.sign.where == Sign::Where::at_begin) {
    table.begins[edge_slot(text.data())] |= word.proof;
  } else if (word.sign.where == Sign::Where::at_end) {
    table.ends[edge_slot(text.data() + text.size() - edge)] |= word.proof;
  } else {
    for (std::size_t i = 0; i < table.stride; ++i) table.grams[gram_slot(text.data() + i)] |= word.proof;
  }
}

NameGate::Asked NameGate::asked(const Table& table, std::string_view name) {
  Asked asked = table.always;
  if (name.size() < edge) return asked;
  asked |= table.begins[edge_slot(name.data())] | table.ends[edge_slot(name.data() + name.size() - edge)];
  for (const Long& longer : table.longer)
    if (name.size() > longer.than) asked |= longer.asked;
  if (table.stride == 0) return asked;
  for (std::size_t at = 0; at + gram <= name.size(); at += table.stride)
    asked |= table.grams[gram_slot(name.data() + at)];
  return asked;
}

}  // namespace headroom::family
