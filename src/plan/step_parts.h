#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "model/plan.h"

/// The checks and changes that rules are made of, in words. `key` is the number of one of Step::keys.
namespace headroom::plan {

inline Check check_of(CheckKind kind, std::uint16_t key) {
  Check check;
  check.kind = kind, check.key = key;
  return check;
}
inline Check absent(std::uint16_t key) { return check_of(CheckKind::absent, key); }
inline Check no_ttl(std::uint16_t key) { return check_of(CheckKind::no_ttl, key); }
inline Check type_is(std::uint16_t key, std::string_view type) {
  auto check = check_of(CheckKind::type_is, key);
  check.text = type;
  return check;
}
inline Check idle_at_least(std::uint16_t key, std::chrono::seconds idle) {
  auto check = check_of(CheckKind::idle_at_least, key);
  check.number = idle.count();
  return check;
}
inline Check value_is(std::uint16_t key, std::string_view value) {
  auto check = check_of(CheckKind::value_is, key);
  check.text = value;
  return check;
}
inline Check length_at_most(std::uint16_t key, std::string_view type, std::uint64_t length) {
  auto check = check_of(CheckKind::length_at_most, key);
  check.text = type, check.number = static_cast<std::int64_t>(length);
  return check;
}
inline Check is_member(std::uint16_t key, std::string_view member) {
  auto check = check_of(CheckKind::member, key);
  check.text = member;
  return check;
}
inline Check no_member(std::uint16_t key, std::string_view member) {
  auto check = check_of(CheckKind::no_member, key);
  check.text = member;
  return check;
}
inline Check field_is(std::uint16_t key, std::string_view field, std::string_view value) {
  auto check = check_of(CheckKind::field_is, key);
  check.member = field, check.text = value;
  return check;
}

inline Change change_of(ChangeKind kind, std::uint16_t key) {
  Change change;
  change.kind = kind, change.key = key;
  return change;
}
/// zset_remove, set_remove, hash_remove, list_remove.
inline Change without(ChangeKind kind, std::uint16_t key, std::string_view member) {
  auto change = change_of(kind, key);
  change.member = member;
  return change;
}
inline Change expire_at(std::uint16_t key, std::chrono::milliseconds deadline) {
  auto change = change_of(ChangeKind::expire_at, key);
  change.number = deadline.count();
  return change;
}

}  // namespace headroom::plan
