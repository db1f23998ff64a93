#include "source/live/details.h"

#include <utility>

#include "wire/server_error.h"

namespace headroom::source {
namespace {

using namespace std::string_view_literals;
using wire::Reply;

// Exact up to here, 0.6 ms at most above (rdb-and-speed.md 3, finding 5).
constexpr std::string_view samples = "1000";
// 1000 elements at the least that one takes anywhere: a member of up to 7 bytes in a Valkey 8.1 set (8 bytes,
// and 8 of its bucket).
constexpr Bytes surely_counted_in_full{1000 * 16};

DetailSet set_of(std::initializer_list<Detail> details) {
  DetailSet set;
  for (const Detail detail : details) set.set(static_cast<std::size_t>(detail));
  return set;
}

void queue(wire::Link& link, std::string_view key, Detail detail) {
  switch (detail) {
    case Detail::type:
      return link.queue(std::array{"TYPE"sv, key});
    case Detail::ttl:
      return link.queue(std::array{"PTTL"sv, key});
    case Detail::bytes:
      return link.queue(std::array{"MEMORY"sv, "USAGE"sv, key, "SAMPLES"sv, samples});
    case Detail::encoding:
      return link.queue(std::array{"OBJECT"sv, "ENCODING"sv, key});
    case Detail::idle:
      return link.queue(std::array{"OBJECT"sv, "IDLETIME"sv, key});
    case Detail::freq:
      return link.queue(std::array{"OBJECT"sv, "FREQ"sv, key});
  }
}

template <class Value, std::size_t n>
Value named(const std::array<std::pair<std::string_view, Value>, n>& names, std::string_view name,
            Value otherwise) {
  for (const auto& [known, value] : names)
    if (known == name) return value;
  return otherwise;
}

constexpr std::array<std::pair<std::string_view, KeyType>, 6> types{{{"string", KeyType::string},
                                                                     {"list", KeyType::list},
                                                                     {"set", KeyType::set},
                                                                     {"zset", KeyType::zset},
                                                                     {"hash", KeyType::hash},
                                                                     {"stream", KeyType::stream}}};

// "listpackex" is a listpack whose fields have TTLs (7.4); its size behaves like one.
constexpr std::array<std::pair<std::string_view, Encoding>, 11> encodings{{{"int", Encoding::integer},
                                                                           {"embstr", Encoding::embstr},
                                                                           {"raw", Encoding::raw},
                                                                           {"listpack", Encoding::listpack},
                                                                           {"listpackex", Encoding::listpack},
                                                                           {"ziplist", Encoding::ziplist},
                                                                           {"intset", Encoding::intset},
                                                                           {"quicklist", Encoding::quicklist},
                                                                           {"hashtable", Encoding::hashtable},
                                                                           {"skiplist", Encoding::skiplist},
                                                                           {"stream", Encoding::stream}}};

bool is_word(const Reply& reply) {
  return reply.kind == Reply::Kind::status || reply.kind == Reply::Kind::text;
}
bool is_count(const Reply& reply) { return reply.kind == Reply::Kind::integer && reply.integer >= 0; }

void learn_type(const Reply& reply, Found& found) {
  if (!is_word(reply)) return;
  found.gone |= reply.text == "none";
  found.record.type = named(types, reply.text, KeyType::module);
}

void learn_ttl(const Reply& reply, Found& found) {
  if (reply.kind != Reply::Kind::integer) return;
  found.gone |= reply.integer == -2;
  if (reply.integer == -1) found.record.expires = Expires::never;
  if (reply.integer < 0) return;
  found.record.expires = Expires::at;
  found.record.ttl = std::chrono::milliseconds(reply.integer);
}

void learn_freq(const Reply& reply, Found& found) {
  if (is_count(reply) && reply.integer <= 255) found.record.freq = static_cast<std::uint8_t>(reply.integer);
}

bool has_no_length_limit(const KeyRecord& record) {
  if (record.type == KeyType::module) return true;
  switch (record.encoding) {
    case Encoding::quicklist:
    case Encoding::hashtable:
    case Encoding::skiplist:
    case Encoding::stream:
    case Encoding::other:
      return true;
    case Encoding::unknown:
      return record.type != KeyType::string;
    default:
      return false;
  }
}

}  // namespace

Details::Details(bool lfu)
    : askable_(set_of(
          {Detail::type, Detail::ttl, Detail::bytes, Detail::encoding, lfu ? Detail::freq : Detail::idle})) {}

DetailSet Details::wanted(Look look) const {
  if (look == Look::name) return {};
  if (look == Look::type) return askable_ & set_of({Detail::type});
  if (look == Look::size) return askable_ & set_of({Detail::type, Detail::ttl, Detail::bytes});
  return askable_;
}

void Details::ask(wire::Link& link, std::string_view key, DetailSet set) {
  for (const Detail detail : all_details)
    if (set.test(static_cast<std::size_t>(detail))) queue(link, key, detail);
}

void Details::learn(Detail detail, const Reply& reply, Found& found) {
  if (reply.is_error()) {
    if (wire::command_refused(reply)) askable_.reset(static_cast<std::size_t>(detail));
    // Redis before 7.0 says so in words where later ones answer nil.
    found.gone |= reply.text.starts_with("ERR no such key");
    return;
  }
  ++found.learned;
  found.gone |= reply.kind == Reply::Kind::nil;
  switch (detail) {
    case Detail::type:
      return learn_type(reply, found);
    case Detail::ttl:
      return learn_ttl(reply, found);
    case Detail::bytes:
      if (is_count(reply)) found.record.bytes = Bytes{static_cast<std::uint64_t>(reply.integer)};
      return;
    case Detail::encoding:
      if (is_word(reply)) found.record.encoding = named(encodings, reply.text, Encoding::other);
      return;
    case Detail::idle:
      if (is_count(reply)) found.record.idle = std::chrono::seconds(reply.integer);
      return;
    case Detail::freq:
      return learn_freq(reply, found);
  }
}

void mark_if_sampled(KeyRecord& record) {
  record.bytes_sampled =
      record.bytes && *record.bytes > surely_counted_in_full && has_no_length_limit(record);
}

}  // namespace headroom::source
