#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "source/rdb/cursor.h"
#include "source/rdb/events.h"
#include "source/rdb/hash_templates.h"
#include "source/rdb/packed.h"
#include "source/rdb/strings.h"

namespace headroom::source::rdb {

/// Reads values, one after the other, and tells what they are made of; what they hold is told when `events`
/// asks for it. One object per file: it keeps its scratch space.
class ValueDecoder {
 public:
  ValueDecoder(Cursor& in, Events& events) : in_(in), events_(events) {}

  /// The key whose value comes next. The caller fills all of it but `type` and `layout`, and in place: a copy
  /// right behind so many small writes waits for each of them.
  StoredKey& next() { return key_; }
  /// Reads the value of next(). False, and the cursor has failed, when the value is damaged or of an unknown
  /// type.
  bool read(bool valkey);
  /// True when the layout of values of this type byte is known.
  static bool knows(std::uint8_t type, bool valkey);
  /// A template that hashes behind it refer to.
  void read_template() { templates_.read(in_); }
  /// Of all values so far, bytes passed over by their framing alone.
  std::uint64_t skipped() const { return skipped_; }

 private:
  friend class StreamDecoder;
  enum class HashForm : std::uint8_t { plain, with_ttls, with_absolute_ttls, valkey };

  void read_string();
  void pass_on(const StringHead& head);
  void read_collection(bool valkey);
  void read_members();
  void read_scored_members();
  void read_hash(HashForm form);
  bool read_field();
  std::chrono::milliseconds read_deadline(std::uint64_t earliest);
  void read_quicklist(bool with_containers);
  void read_node(bool plain);
  void read_module();
  void read_templated();

  // Values in one blob: packed_values.cpp.
  void read_packed(Packing packing, std::uint64_t per_element);
  void read_packed_with_ttls();
  void read_packed_templated();
  bool tell_templated(PackedReader reader);
  std::uint64_t count_items(Packing packing, const StringHead& head);
  PackedReader::Step tell_packed(PackedReader reader);
  PackedReader::Step tell_fields(PackedReader& reader, std::uint64_t per_element);
  PackedReader::Step tell_members(PackedReader& reader);
  PackedReader::Step tell_scored(PackedReader& reader);

  bool begin();
  void add(Part part) {  // by value: in registers
    parts_[part_count_++] = part;
    if (part_count_ == parts_.size()) flush();
  }
  void flush();
  void tell(const Element& element) { telling_ = events_.element(key_, element); }
  Part take_text(std::string& out);
  std::uint64_t read_names(std::uint64_t fields);
  void give_back_room();

  Cursor& in_;
  Events& events_;
  StoredKey key_{};
  ValueSize size_{};
  Reading reading_ = Reading::nothing;
  bool telling_ = false;  ///< elements are wanted, and not yet enough of them were told
  std::array<Part, 256> parts_{};
  std::size_t part_count_ = 0;
  std::uint64_t told_items_ = 0;
  std::string first_{}, second_{}, blob_{};
  HashTemplates templates_{};
  std::uint64_t skipped_ = 0;
};

/// Passes over what a module wrote, by the framing that every module's values have. False: damaged.
bool skip_module_data(Cursor& in);

}  // namespace headroom::source::rdb
