#include "act/dump_payload.h"

#include "act/fixed_number.h"
#include "base/crc64.h"

namespace headroom::act {

std::string dump_payload(const KeyBefore& key) {
  std::string payload;
  payload.reserve(key.body.size() + 10);
  payload = key.body;
  payload.resize(key.body.size() + 2);
  put(payload, key.body.size(), key.rdb_version);
  const std::uint64_t checksum = crc64(0, payload);
  payload.resize(payload.size() + 8);
  put(payload, payload.size() - 8, checksum);
  return payload;
}

}  // namespace headroom::act
