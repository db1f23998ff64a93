#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "model/report.h"

/// Values as JSON, by the contract in render.h. Of the report room only: nlohmann is not shown outside.
namespace headroom::report {

using Json = nlohmann::ordered_json;

/// Adds `name` to `object`, and the siblings that the value needs (`_low`, `_high`, `_base64`, `_length`,
/// `_xxh3`). Never throws on hostile bytes, and never writes a number that JSON does not have.
void add_json(Json& object, const std::string& name, const Value& value);

/// The fields meant for programs, in order, added to `object`.
void add_json(Json& object, const Object& fields);

/// A table row as an object. Cells that are missing at the end are null.
Json row_json(const std::vector<Column>& columns, const std::vector<Value>& row);

/// One line, ASCII only: a name that is harmless to a parser may still be poison to the terminal that shows
/// the file.
std::string dump(const Json& json);

}  // namespace headroom::report
