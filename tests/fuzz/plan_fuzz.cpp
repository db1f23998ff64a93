// Any bytes as steps and as a header of a plan: taking them ends, stays inside, and what was taken is written
// and taken again the same. Input: one byte that says which, then the bytes.

#include <cstdlib>
#include <string>
#include <string_view>

#include "act/plan_codec.h"

namespace headroom::act {
namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

template <class Value>
void take_all(const std::string& bytes) {
  std::string_view rest = bytes;
  Value value, again;
  while (!rest.empty()) {
    const auto before = rest.size();
    if (!take(rest, value)) {
      require(rest.size() == before);
      return;
    }
    std::string written, once_more;
    append(written, value);
    require(rest.size() < before && written.size() <= before - rest.size());
    std::string_view of_written = written;
    require(take(of_written, again) && of_written.empty());
    append(once_more, again);
    require(once_more == written);
  }
}

}  // namespace
}  // namespace headroom::act

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);  // a room of exactly that size
  if (data[0] % 2 == 0)
    headroom::act::take_all<headroom::Step>(bytes);
  else
    headroom::act::take_all<headroom::PlanHeader>(bytes);
  return 0;
}
