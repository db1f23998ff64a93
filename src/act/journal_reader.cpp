#include <fcntl.h>

#include "act/journal_file.h"
#include "act/journal_form.h"
#include "act/packing.h"

namespace headroom::act {

Result<BlockSource> journal_source(const Fd& file, const std::string& path) {
  auto size = size_of(file, path);
  if (!size) return fail(size.error());
  return BlockSource{*size, [&file, path](std::uint64_t offset, char* to, std::size_t room) {
                       return act::read_at(file, offset, to, room, path);
                     }};
}

Result<JournalHealth> read_journal(const std::string& folder, const std::string& secret,
                                   JournalVisitor& visitor) {
  const auto path = journal_path(folder);
  auto file = open_private(path, O_RDONLY);
  if (!file) return fail(file.error());
  auto source = journal_source(*file, path);
  if (!source) return fail(source.error());
  BlockChain chain(secret);
  std::string content;
  JournalHealth counted;
  auto health = walk_blocks(*source, chain, [&](std::string_view packed, std::uint64_t unpacked) {
    return unpack(packed, unpacked, content) && visit_entries(content, visitor, counted);
  });
  if (!health) return health;
  health->steps = counted.steps, health->outcomes = counted.outcomes;
  return health;
}

}  // namespace headroom::act
