#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "wire/link.h"

namespace headroom::source::bull {

using OnMember = std::function<void(std::string_view member)>;

/// Every item of a list, from its head, in windows that overlap by 100: items that are pushed at the head
/// while it is read come twice, and up to 100 that are taken out between two windows make none be missed. No
/// such key, or another type: none.
Result<bool> each_item(wire::Link& link, std::string_view key, const OnMember& take);

/// Every member of a zset with its score, in windows that overlap alike.
Result<bool> each_member(wire::Link& link, std::string_view key,
                         const std::function<void(std::string_view member, double score)>& take);

}  // namespace headroom::source::bull
