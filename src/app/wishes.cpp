#include "app/wishes.h"

#include <fmt/format.h>

#include <charconv>

#include "app/live_survey.h"
#include "app/session.h"
#include "base/quantity.h"
#include "plan/setting_text.h"

namespace headroom::app {
namespace {

Error wrong(std::string what, std::string example) {
  return {std::move(what), "command line", std::move(example), Exit::usage};
}

/// "20%", "20" as a share of one.
Result<std::optional<double>> percentage(std::string_view text, std::string_view option) {
  if (text.empty()) return std::optional<double>();
  const auto share = plan::read_percent(text.ends_with('%') ? std::string(text) : std::string(text) + "%");
  if (share && *share > 0 && *share <= 1) return share;
  return fail(
      wrong(fmt::format("{} is a percentage above 0 and up to 100", option), fmt::format("{} 50", option)));
}

Result<std::optional<std::chrono::seconds>> run_time(std::string_view text) {
  if (text.empty()) return std::optional<std::chrono::seconds>();
  const auto length = read_duration(text);
  if (!length || length->count() < 1000)
    return fail(wrong("--run-time is a length of time of a second or more", "--run-time 15m"));
  return std::optional(std::chrono::duration_cast<std::chrono::seconds>(*length));
}

Result<std::optional<std::uint64_t>> keys(std::string_view text) {
  if (text.empty()) return std::optional<std::uint64_t>();
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size())
    return fail(wrong("--limit-keys is a number of keys", "--limit-keys 2000000"));
  return std::optional(count);
}

}  // namespace

Result<Wishes> read_wishes(const Options& options) {
  const auto duty = percentage(options.duty, "--duty"), until = percentage(options.until, "--until"),
             share = percentage(options.max_share, "--max-share");
  for (const auto* one : {&duty, &until, &share})
    if (!*one) return fail(one->error());
  const auto length = run_time(options.run_time);
  if (!length) return fail(length.error());
  const auto count = keys(options.limit_keys);
  if (!count) return fail(count.error());
  if (const auto precision = precision_of(options); !precision) return fail(precision.error());
  if (const auto scan = scan_options(options); !scan) return fail(scan.error());
  return Wishes{*duty, *until, *length, {*count, *share, options.phrase}};
}

}  // namespace headroom::app
