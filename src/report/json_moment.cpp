#include "report/json_moment.h"

#include <charconv>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace headroom::report {
namespace {

/// The decimal number in text[at, at + size); -1 when there is none.
int number_at(std::string_view text, std::size_t at, std::size_t size) {
  int value = -1;
  if (text.size() >= at + size) std::from_chars(text.data() + at, text.data() + at + size, value);
  return value;
}

}  // namespace

std::chrono::milliseconds moment_of(const nlohmann::json& value) {
  using namespace std::chrono;
  if (!value.is_string()) return {};
  const auto text = value.get<std::string>();
  const year_month_day date{year(number_at(text, 0, 4)), month(static_cast<unsigned>(number_at(text, 5, 2))),
                            day(static_cast<unsigned>(number_at(text, 8, 2)))};
  if (!date.ok()) return {};
  return sys_days(date).time_since_epoch() + hours(number_at(text, 11, 2)) + minutes(number_at(text, 14, 2)) +
         seconds(number_at(text, 17, 2));
}

}  // namespace headroom::report
