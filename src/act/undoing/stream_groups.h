#pragma once

#include <optional>
#include <string>
#include <string_view>

/// Redis adds consumer groups to a stream one by one, without what their consumers have been given. So groups
/// move to another stream in the form in which DUMP writes them.
namespace headroom::act {

/// What RESTORE takes for the entries, ids and counters of one stream with the consumer groups of another.
/// Both are DUMP payloads of one server. Empty: they are not of a form that is known. Source: rdbSaveObject()
/// in src/rdb.c of Redis 7.0 and 7.2: the nodes with the entries, then numbers, then the groups.
std::optional<std::string> with_groups_of(std::string_view entries, std::string_view groups);

}  // namespace headroom::act
