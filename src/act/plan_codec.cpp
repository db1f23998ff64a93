#include "act/plan_codec.h"

#include "act/plan_form.h"

namespace headroom::act {
namespace {

template <class Value>
bool take_value(std::string_view& bytes, Value& value) {
  Decoder decoder(bytes);
  decoder(value);
  if (decoder.ok()) bytes = decoder.rest();
  return decoder.ok();
}

}  // namespace

void append(std::string& out, const Step& step) { Encoder{out}(step); }
bool take(std::string_view& bytes, Step& step) { return take_value(bytes, step); }

void append(std::string& out, const PlanHeader& header) { Encoder{out}(header); }
bool take(std::string_view& bytes, PlanHeader& header) { return take_value(bytes, header); }

}  // namespace headroom::act
