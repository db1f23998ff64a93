#pragma once

#include <string>
#include <string_view>

/// Ids of stream entries, "1700000000000-3".
namespace headroom::source::bull {

/// The smallest id behind it; the "(" of XRANGE came with 6.2 only.
std::string next_stream_id(std::string_view id);
bool stream_id_less(std::string_view left, std::string_view right);

}  // namespace headroom::source::bull
