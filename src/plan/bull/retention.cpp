#include "plan/bull/retention.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace headroom::plan::bull {

std::uint64_t oldest_to_go(const Retention& retention, const FinishedCount& count) {
  const auto beyond = [&](std::uint64_t newest) { return count.size > newest ? count.size - newest : 0; };
  std::uint64_t oldest = 0;
  if (retention.age) oldest = std::max(oldest, count.older);
  if (retention.count) oldest = std::max(oldest, beyond(*retention.count));
  if (retention.bytes && count.fit) oldest = std::max(oldest, beyond(*count.fit));
  return std::min(oldest, count.size);
}

std::string in_words(const Retention& retention) {
  std::string words;
  const auto add = [&](const std::string& more) { words += (words.empty() ? "" : ", ") + more; };
  if (retention.age) add("older than " + human_duration(*retention.age));
  if (retention.count) add(fmt::format("beyond the newest {}", *retention.count));
  if (retention.bytes) add("beyond the newest " + human_bytes(*retention.bytes));
  return words;
}

}  // namespace headroom::plan::bull
