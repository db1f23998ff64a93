#pragma once

#include <fmt/format.h>

#include <string>

#include "wire/link.h"

namespace headroom::wire::test {

/// A reply in one line, to compare whole trees: 7 | 1.5 | nil | 'text' | +status | -error | [a, b].
inline std::string in_words(const Reply& reply) {
  switch (reply.kind) {
    case Reply::Kind::nil:
      return "nil";
    case Reply::Kind::integer:
      return fmt::format("{}", reply.integer);
    case Reply::Kind::real:
      return fmt::format("{}", reply.real);
    case Reply::Kind::text:
      return "'" + reply.text + "'";
    case Reply::Kind::status:
      return "+" + reply.text;
    case Reply::Kind::error:
      return "-" + reply.text;
    case Reply::Kind::array:
      break;
  }
  std::string out = "[";
  for (const Reply& item : reply.items) out += (out.size() > 1 ? ", " : "") + in_words(item);
  return out + "]";
}

}  // namespace headroom::wire::test
