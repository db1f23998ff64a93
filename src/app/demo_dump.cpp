#include "app/demo_dump.h"

// .incbin costs no compile time; the same bytes as a C array take seconds and hundreds of MB (measured,
// stack.md Q).
__asm__(
    ".section .rodata\n"
    "headroom_demo_begin:\n"
    ".incbin \"" HEADROOM_DEMO_DUMP
    "\"\n"
    "headroom_demo_end:\n"
    ".previous\n");

extern "C" const char headroom_demo_begin[];
extern "C" const char headroom_demo_end[];

namespace headroom::app {

std::string_view demo_dump() {
  return {headroom_demo_begin, static_cast<std::size_t>(headroom_demo_end - headroom_demo_begin)};
}

}  // namespace headroom::app
