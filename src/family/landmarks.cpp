#include "family/landmarks.h"

namespace headroom::family {

Landmarks::Landmarks(std::span<const Family> families)
    : book_(families), finder_(book_, [](const Family&, const KeyShape& shape, const Shape& program) {
        return program.fixed() || (shape.tell > 0 && shape.care == Care::hands_off);
      }) {}

}  // namespace headroom::family
