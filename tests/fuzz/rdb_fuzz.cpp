#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "source/rdb_kit.h"

// Any bytes as an RDB file: the decoder must end, stay inside them, and tell the same however they are cut
// into pieces. The first byte of an input says how large the pieces are; the file lies behind it. The
// checksum is judged when all has been told, so it stops no mutation from being decoded. Seeds:
// tests/fuzz/make_rdb_seeds.py.
namespace headroom::source::rdb {
namespace {

// Beyond this the bytewise reading costs more than it finds.
constexpr std::size_t compared_bytewise = 8 * 1024;

void must(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

/// Also counts the elements of values whose header says how many there are.
class CountingTranscript final : public Transcript {
 public:
  using Transcript::Transcript;
  bool element(const StoredKey& key, const Element& element) override {
    ++told_;
    return Transcript::element(key, element);
  }
  void ends(const StoredKey& key, const ValueSize& size) override {
    const bool is_counted =
        key.type == KeyType::list || key.type == KeyType::set || key.type == KeyType::zset;
    if (is_counted && counts) must(told_ == size.elements, "all elements that a value counts are told");
    told_ = 0;
    Transcript::ends(key, size);
  }
  bool counts = false;

 private:
  std::uint64_t told_ = 0;
};

struct FullReading {
  Decoded decoded{};
  CountingTranscript told;
};

FullReading read(const std::string& bytes, Reading wanted, std::size_t piece) {
  FullReading reading{{}, CountingTranscript(wanted)};
  reading.told.counts = wanted == Reading::elements;
  reading.decoded = decode_bytes(bytes, reading.told, piece);
  const auto& decoded = reading.decoded;
  must(decoded.offset <= bytes.size() && decoded.bytes <= bytes.size(), "offsets lie inside the input");
  must(decoded.complete == decoded.fault.empty(), "there is a fault or the reading is complete");
  must(!decoded.input_failed, "memory never fails");
  return reading;
}

void must_agree(const FullReading& one, const FullReading& other) {
  must(one.told.lines == other.told.lines, "pieces of another size tell the same");
  must(one.told.parts_told == other.told.parts_told && one.told.part_bytes == other.told.part_bytes,
       "pieces of another size have the same parts");
  must(one.decoded.fault == other.decoded.fault, "pieces of another size fail alike");
  must(one.decoded.offset == other.decoded.offset && one.decoded.bytes == other.decoded.bytes,
       "pieces of another size fail at the same place");
  must(one.decoded.keys == other.decoded.keys && one.decoded.last_key == other.decoded.last_key &&
           one.decoded.skipped == other.decoded.skipped && one.decoded.checksum == other.decoded.checksum,
       "pieces of another size count alike");
}

void decode_in_every_way(std::size_t piece, const std::string& bytes) {
  std::uint64_t keys = 0;
  bool sound = false;
  for (const auto wanted : {Reading::elements, Reading::names, Reading::nothing, Reading::stored}) {
    const auto pieces = read(bytes, wanted, piece);
    must_agree(pieces, read(bytes, wanted, bytes.size() + 1));
    if (bytes.size() <= compared_bytewise) must_agree(pieces, read(bytes, wanted, 1));
    if (wanted == Reading::elements) {
      sound = pieces.decoded.checksum != Checksum::unread, keys = pieces.decoded.keys;
    } else if (sound) {
      must(pieces.decoded.keys == keys, "who reads less finds the same keys in a sound file");
    }
  }
}

}  // namespace
}  // namespace headroom::source::rdb

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2 || size > 256 * 1024) return 0;
  const std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  headroom::source::rdb::decode_in_every_way(std::size_t{1} + data[0], bytes);
  return 0;
}
