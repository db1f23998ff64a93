#include "wire/link.h"

namespace headroom::wire {

std::string_view Reply::error_prefix() const {
  if (!is_error()) return {};
  const std::string_view whole = text;
  // Errors raised inside a script carry " script: <sha>, on @user_script:1." behind them; only the first word
  // is stable.
  std::string_view first = whole.substr(0, whole.find_first_of(" \t\r\n"));
  while (!first.empty() && (first.back() == ':' || first.back() == ',' || first.back() == '.'))
    first.remove_suffix(1);
  return first;
}

}  // namespace headroom::wire
