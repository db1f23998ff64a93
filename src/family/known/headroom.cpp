#include "family/family.h"

namespace headroom::family {
namespace {

// headroom itself: act/lease.h, act/quarantine.h. Fixed names, so nothing has to confirm them.
constexpr KeyShape shapes[] = {
    {.shape = "headroom:lease",
     .types = KeyType::string,
     .role = "lease",
     .why = "keeps two runs of headroom from changing one server; expires 15 s after its run has ended"},
    {.shape = "headroom:q:{id}:{{{any}",
     .role = "quarantine",
     .why = "put aside by a run: `headroom undo RUN` puts it back, `headroom sweep RUN` removes it for good; "
            "the run is the part behind headroom:q:"},
};

}  // namespace

Family headroom() {
  return {
      .name = "headroom",
      .title = "headroom",
      .shapes = {std::begin(shapes), std::end(shapes)},
      .examples = {{"headroom:lease", KeyType::string, "lease"},
                   {"headroom:q:00112233445566778899aabbccddeeff:{bull:mail:17}", KeyType::hash,
                    "quarantine"},
                   {"headroom:q:00112233445566778899aabbccddeeff-undo:{bull:mail:events}bull:mail:events",
                    KeyType::stream, "quarantine"},
                   {"headroom:q:00112233445566778899aabbccddeeff:{a}celery-task-meta-{a}x", KeyType::string,
                    "quarantine"}},
  };
}

}  // namespace headroom::family
