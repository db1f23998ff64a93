#pragma once

#include <string_view>

#include "model/attribution.h"
#include "model/key_record.h"
#include "model/plan.h"

/// The words that stand for the model's enumerations in every format. They are part of the JSON contract.
namespace headroom::report {

/// "string", "list", "set", "zset", "hash", "stream", "module", "unknown": as TYPE names them.
std::string_view type_name(KeyType type);
/// "listpack", "int", ...: as OBJECT ENCODING names them; "unknown", "other".
std::string_view encoding_name(Encoding encoding);
/// "hands_off", "finished", "debris-if-proved", "expirable".
std::string_view care_name(Care care);
/// "suspected", "proved".
std::string_view certainty_name(Certainty certainty);
/// "ttl", "quarantine", "journal".
std::string_view removal_name(Removal removal);
/// As the kinds themselves are called: "value_is", "remove_if_there".
std::string_view check_name(CheckKind kind);
std::string_view change_name(ChangeKind kind);

}  // namespace headroom::report
