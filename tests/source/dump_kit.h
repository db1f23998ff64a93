#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/crc64.h"
#include "scan_kit.h"

/// DUMP payloads of a real server, taken apart and put together: one type byte, the value, 2 bytes of RDB
/// version, 8 bytes of CRC64. Source: createDumpPayload() in src/cluster.c of Redis 7.0.
namespace headroom::source::rdb {

/// A string at the front of `bytes` in the RDB encoding, as far as values in one blob need it.
struct RdbString {
  bool packed = false;
  std::uint64_t length = 0;  ///< unpacked
  std::string_view bytes{};
};

inline std::uint64_t take_length(std::string_view& bytes) {
  const auto byte = [&](std::size_t i) { return std::uint64_t{static_cast<unsigned char>(bytes.at(i))}; };
  std::uint64_t length = 0;
  std::size_t size = 1;
  if (byte(0) < 0x40) {
    length = byte(0);
  } else if (byte(0) < 0x80) {
    length = (byte(0) & 0x3f) << 8 | byte(1), size = 2;
  } else if (byte(0) == 0x80) {
    for (size = 1; size < 5; ++size) length = length << 8 | byte(size);
  } else {
    throw std::runtime_error("not a length that the tests make");
  }
  bytes.remove_prefix(size);
  return length;
}

inline RdbString take_string(std::string_view bytes) {
  RdbString string;
  std::uint64_t there = 0;
  if (static_cast<unsigned char>(bytes.at(0)) == 0xc3) {
    bytes.remove_prefix(1);
    string.packed = true;
    there = take_length(bytes);
    string.length = take_length(bytes);
  } else {
    there = string.length = take_length(bytes);
  }
  string.bytes = bytes.substr(0, there);
  return string;
}

/// A payload for RESTORE of `value`, a type byte and what follows it. Version 9 is what Redis 5 and 6 wrote;
/// every later server takes it.
inline std::string sealed(std::string value) {
  value += std::string_view("\x09\x00", 2);
  for (std::uint64_t crc = crc64(0, value), i = 0; i < 8; ++i) value += static_cast<char>(crc >> 8 * i);
  return value;
}

/// The same for a value that is one string.
inline std::string sealed(unsigned char type, std::string_view blob) {
  std::string value{static_cast<char>(type), '\x80'};
  for (int shift = 24; shift >= 0; shift -= 8) value += static_cast<char>(blob.size() >> shift);
  return sealed(value.append(blob));
}

/// A server that writes and loads values for a test. It speaks RESP2, in which scores are texts.
struct Judge {
  Judge() { ask({"HELLO", "2"}); }
  RedisServer server;
  std::unique_ptr<wire::Link> link = connect(server);

  wire::Reply ask(std::initializer_list<std::string_view> words) { return command(*link, words); }
  wire::Reply ask(const std::vector<std::string>& words) {
    const std::vector<std::string_view> views(words.begin(), words.end());
    auto reply = link->call(views);
    if (!reply) throw std::runtime_error(reply.error().what);
    return *std::move(reply);
  }
  /// Loads a value that is one blob, and says what the server says: "OK", or its error.
  std::string restore(std::string_view key, unsigned char type, std::string_view blob) {
    return ask({"RESTORE", key, "0", sealed(type, blob), "REPLACE"}).text;
  }
  std::string dump(std::string_view key) { return ask({"DUMP", key}).text; }
  /// The texts of the reply to a command that answers with an array.
  std::vector<std::string> texts(std::initializer_list<std::string_view> words) {
    std::vector<std::string> all;
    for (const auto& item : ask(words).items) all.push_back(item.text);
    return all;
  }
};

/// A judge that keeps everything in one blob and writes it as it is.
struct ListpackJudge : Judge {
  ListpackJudge() {
    for (const char* setting :
         {"hash-max-listpack-entries", "hash-max-listpack-value", "zset-max-listpack-entries",
          "zset-max-listpack-value", "set-max-intset-entries"}) {
      ask({"CONFIG", "SET", setting, "100000000"});
    }
    ask({"CONFIG", "SET", "rdbcompression", "no"});
  }
  /// The blob of a hash or zset in a listpack, or of a set in an intset.
  std::string blob(std::string_view key) {
    const std::string payload = dump(key);
    if (payload.at(0) != 16 && payload.at(0) != 17 && payload.at(0) != 11)
      throw std::runtime_error("not one blob");
    return std::string(take_string(std::string_view(payload).substr(1)).bytes);
  }
};

}  // namespace headroom::source::rdb
