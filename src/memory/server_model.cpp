#include "memory/server_model.h"

#include <charconv>

namespace headroom::memory {
namespace {

Version parse_version(std::string_view text) {
  Version version;
  const auto end = text.data() + text.size();
  const auto major = std::from_chars(text.data(), end, version.major);
  if (major.ec != std::errc{}) return {};
  if (major.ptr == end || *major.ptr != '.') return {version.major, 0};
  const auto minor = std::from_chars(major.ptr + 1, end, version.minor);
  return minor.ec == std::errc{} ? version : Version{version.major, 0};
}

Allocator allocator_of(const ServerFacts& server, Flavour flavour, Version version) {
  if (server.allocator.starts_with("libc")) return Allocator::libc;
  if (server.quantum == 16) return Allocator::jemalloc_16;
  const bool systems_own =
      server.allocator == "jemalloc-5.3.0" && flavour == Flavour::redis && version < Version{7, 2};
  return server.quantum == 0 && systems_own ? Allocator::jemalloc_16 : Allocator::jemalloc_8;
}

bool evicts_by_use(std::string_view policy) { return policy.ends_with("lru") || policy.ends_with("lfu"); }

void redis_layout(Version version, VersionLayout& layout) {
  if (version < Version{7, 0}) {
    layout.listpacks = false;
    layout.table_header = 96;
    layout.stream = 40;
    layout.group = 32;
    layout.quicklist_node = 32;
  }
  if (version >= Version{7, 4}) {
    layout.main_table_doubles_when_full = true;
    layout.field = VersionLayout::Field::mstr;
  }
  if (version >= Version{8, 2}) {
    layout.sds = {252, 65530};
    layout.key = VersionLayout::Key::in_object;
    layout.deadline_kept_for_long_keys = true;
    layout.shares_integers = false;
    layout.embedded_value_limit = 64;
    layout.stream = 112;
    layout.pending = 32;
    layout.pending_by_message = true;
  }
  if (version >= Version{8, 4}) {
    layout.table_header = 64;
    layout.group = 48;
    layout.pending_by_time = true;
  }
  if (version >= Version{8, 6}) {
    layout.field = VersionLayout::Field::with_value;
    layout.member_in_skiplist_node = true;
  }
}

void valkey_layout(Version version, VersionLayout& layout) {
  if (version >= Version{8, 0}) {
    layout.sds = {253, 65531};
    layout.key = VersionLayout::Key::in_entry;
    layout.main_table_doubles_when_full = true;
  }
  if (version >= Version{8, 1}) {
    layout.key = VersionLayout::Key::in_object;
    layout.deadline_kept_for_long_keys = true;
    layout.shares_integers = false;
    layout.embedded_value_limit = version < Version{9, 1} ? 64 : 128;
    layout.table = VersionLayout::Table::buckets;
    layout.table_header = 72;
    layout.field = VersionLayout::Field::with_value;
    layout.radix_tree = 32;
  }
  if (version >= Version{9, 1}) layout.member_in_skiplist_node = true;
}

}  // namespace

ServerModel server_model(const ServerFacts& server, Held held) {
  ServerModel model;
  model.flavour = server.flavour == "valkey" ? Flavour::valkey : Flavour::redis;
  model.version = parse_version(server.version);
  model.allocator = allocator_of(server, model.flavour, model.version);
  model.held = held;
  model.shared_integers =
      !(server.maxmemory && server.maxmemory->count > 0 && evicts_by_use(server.maxmemory_policy));
  return model;
}

VersionLayout version_layout(Flavour flavour, Version version) {
  VersionLayout layout;
  if (version >= Version{7, 2}) {
    layout.sets_have_entries = false;
    layout.small_sets = layout.small_lists = layout.converted_for_one_more = true;
    layout.consumer = 32;
  }
  if (flavour == Flavour::valkey)
    valkey_layout(version, layout);
  else
    redis_layout(version, layout);
  return layout;
}

}  // namespace headroom::memory
