#include "app/rdb/key_filter.h"

#include <fmt/format.h>

#include "app/session.h"
#include "base/glob.h"
#include "base/quantity.h"
#include "base/text.h"
#include "report/names.h"

namespace headroom::app {
namespace {

using std::chrono::milliseconds;

Error bad_value(std::string_view option, std::string_view value, std::string_view remedy) {
  return {fmt::format("{} cannot be '{}'", option, printable(value)), "command line", std::string(remedy),
          Exit::usage};
}

Result<bool> read_expiry(const std::string& text, KeyFilter& filter) {
  using enum KeyFilter::Expiry;
  constexpr std::string_view within_word = "within=";
  if (text.empty()) return true;
  if (text == "never") return filter.expiry = never, true;
  if (text == "any") return filter.expiry = any, true;
  if (text == "expired") return filter.expiry = expired, true;
  const auto length = text.starts_with(within_word)
                          ? read_duration(std::string_view(text).substr(within_word.size()))
                          : std::nullopt;
  if (!length)
    return fail(bad_value("--expiry", text, "never, any, expired, or within=7d (ms, s, m, h, d, w)"));
  filter.expiry = within, filter.within = *length;
  return true;
}

KeyType type_named(std::string_view name) {
  for (std::size_t i = 1; i < key_type_count; ++i)
    if (const auto type = static_cast<KeyType>(i); report::type_name(type) == name) return type;
  return KeyType::unknown;
}

}  // namespace

bool KeyFilter::takes_all() const {
  return !db && pattern.empty() && type == KeyType::unknown && !min_size && expiry == Expiry::whatever &&
         family.empty();
}

bool KeyFilter::takes_name(std::uint32_t db_of_key, std::string_view key) const {
  return (!db || *db == db_of_key) && (pattern.empty() || glob_matches(pattern, key));
}

bool KeyFilter::takes(KeyType type_of_key, std::optional<milliseconds> ttl) const {
  if (type != KeyType::unknown && type != type_of_key) return false;
  switch (expiry) {
    case Expiry::whatever:
      return true;
    case Expiry::never:
      return !ttl;
    case Expiry::any:
      return ttl.has_value();
    case Expiry::expired:
      return ttl && *ttl < milliseconds(0);
    case Expiry::within:
      return ttl && *ttl >= milliseconds(0) && *ttl <= within;
  }
  return false;
}

bool KeyFilter::takes_size(std::optional<Bytes> bytes) const {
  return !min_size || (bytes && *bytes >= *min_size);
}

Result<KeyFilter> key_filter(const Options& options) {
  KeyFilter filter;
  const auto scan = scan_options(options);
  if (!scan) return fail(scan.error());
  filter.db = scan->db, filter.pattern = options.pattern, filter.family = options.family;
  filter.type = type_named(options.type);
  if (const auto read = read_expiry(options.expiry, filter); !read) return fail(read.error());
  if (options.min_size.empty()) return filter;
  filter.min_size = read_bytes(options.min_size);
  if (!filter.min_size) return fail(bad_value("--min-size", options.min_size, "--min-size 500, 1K, 10M, 2G"));
  return filter;
}

}  // namespace headroom::app
