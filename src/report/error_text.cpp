#include "report/error_text.h"

#include "base/text.h"
#include "report/json_value.h"

namespace headroom::report {

std::string error_text(const Error& error) {
  std::string out = "headroom: " + printable(error.what) + '\n';
  if (!error.where.empty()) out += "  where: " + printable(error.where) + '\n';
  if (!error.remedy.empty()) out += "  try: " + printable(error.remedy) + '\n';
  return out;
}

std::string error_json(const Error& error) {
  Json json = {{"schema", "headroom.error/1"}};
  add_json(json, Object{{"what", error.what},
                        {"where", error.where},
                        {"remedy", error.remedy},
                        {"exit", std::int64_t{static_cast<std::uint8_t>(error.exit)}}});
  return dump(json) + '\n';
}

}  // namespace headroom::report
