#pragma once

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "source/rdb/packed.h"

/// Reading blobs in tests: from rooms of exactly their size, so that the address sanitizer sees one byte too
/// many.
namespace headroom::source::rdb {

struct Walked {
  std::vector<std::string> texts{};
  PackedReader::Step end = PackedReader::Step::item;
  std::uint64_t offset = 0;
  std::string why{};
  std::optional<std::uint64_t> announced{};
};

/// Walks the first `there` bytes of `blob`.
inline Walked walk_front(Packing packing, std::string_view blob, std::size_t there) {
  const std::unique_ptr<char[]> room(new char[there]);
  blob.copy(room.get(), there);
  PackedReader reader(packing, {room.get(), there}, blob.size());
  Walked walked;
  walked.announced = reader.announced();
  PackedItem item;
  while ((walked.end = reader.next(item)) == PackedReader::Step::item) walked.texts.emplace_back(item.text());
  PackedItem again;
  if (reader.next(again) != walked.end) throw std::logic_error("the last answer was not repeated");
  if (reader.items() != walked.texts.size())
    throw std::logic_error("items were not counted as they were given");
  walked.offset = reader.offset();
  walked.why = reader.why();
  return walked;
}
inline Walked walk(Packing packing, std::string_view blob) { return walk_front(packing, blob, blob.size()); }

/// The low `bytes` bytes of `value`, lowest first.
inline std::string little(std::uint64_t value, unsigned bytes) {
  std::string text;
  for (unsigned i = 0; i < bytes; ++i) text += static_cast<char>(value >> 8 * i);
  return text;
}

/// Texts around every width of integer and every threshold of string length that a packed format has.
inline std::vector<std::string> edge_texts() {
  std::vector<std::string> texts{"",
                                 "-",
                                 "-0",
                                 "00",
                                 "01",
                                 "+1",
                                 "1.5",
                                 " 1",
                                 "1 ",
                                 "1e3",
                                 "-1x",
                                 "0x10",
                                 "9223372036854775808",
                                 "-9223372036854775809",
                                 "99999999999999999999",
                                 "18446744073709551616",
                                 "123456789012345678901"};
  std::vector<std::int64_t> numbers{INT64_MIN, INT64_MIN + 1, INT64_MAX, INT64_MAX - 1};
  for (const std::int64_t edge :
       {0L, 12L, 13L, 127L, 128L, 255L, 4095L, 4096L, 8191L, 32767L, 32768L, 65535L, 8388607L, 8388608L,
        16777215L, 2147483647L, 2147483648L, 4294967295L, 1L << 53}) {
    for (const std::int64_t near : {-1, 0, 1})
      numbers.push_back(edge + near), numbers.push_back(-edge + near);
  }
  for (const auto number : numbers) texts.push_back(std::to_string(number));
  char letter = 'a';
  for (const std::size_t edge :
       {1U,    20U,   21U,   62U,    63U,    64U,    126U,   127U,   128U,   253U,   254U,  255U,
        4094U, 4095U, 4096U, 16376U, 16377U, 16378U, 16379U, 16380U, 16383U, 16384U, 70000U}) {
    texts.emplace_back(edge, letter);
    letter = letter == 'z' ? 'a' : static_cast<char>(letter + 1);
  }
  return texts;
}

}  // namespace headroom::source::rdb
