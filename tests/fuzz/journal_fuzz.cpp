// Bytes as the content of a journal, and as the journal itself: reading ends, stays inside, and what was read
// is written and read again the same. Input: one byte that says which, one that says where, then the bytes.

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>

#include "act/journal_blocks.h"
#include "act/journal_form.h"
#include "act/packing.h"

namespace headroom::act {
namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

/// Writes again what it is given.
struct Again : JournalVisitor {
  std::string bytes{};
  void start(const JournalStart& start) override { append(bytes, start); }
  void step(const JournalStep& step) override { append(bytes, step); }
  void outcome(const JournalOutcome& outcome) override { append(bytes, outcome); }
  void note(std::string_view text) override { append_note(bytes, text); }
};

void read_content(std::string_view content) {
  Again first, second;
  JournalHealth health, same;
  visit_entries(content, first, health);
  require(first.bytes.size() <= content.size());  // numbers may have been written longer than needed
  require(visit_entries(first.bytes, second, same));
  require(second.bytes == first.bytes && health.steps == same.steps && health.outcomes == same.outcomes);
}

JournalHealth walk(std::string_view journal, std::string& content) {
  const BlockSource source{journal.size(), [&](std::uint64_t offset, char* to, std::size_t room) {
                             require(offset <= journal.size());
                             return Result<std::size_t>(journal.copy(to, room, offset));
                           }};
  BlockChain chain("secret");
  content.clear();
  std::string block;
  auto health = walk_blocks(source, chain, [&](std::string_view packed, std::uint64_t unpacked) {
    if (!unpack(packed, unpacked, block)) return false;
    content += block;
    return true;
  });
  require(health.has_value() && health->good_bytes <= journal.size());
  require(health->good_bytes == journal.size() ? health->damage.empty() && !health->cut
                                               : health->cut == health->damage.empty());
  return *health;
}

/// A journal of the bytes in blocks of `size`, with one byte changed: what stands before it is read, and it
/// is noticed.
void change_a_block(std::string_view content, std::size_t size, unsigned char where) {
  BlockChain chain("secret");
  Packer packer;
  std::string journal, read;
  for (std::size_t at = 0; at < content.size(); at += size) {
    const auto part = content.substr(at, size);
    std::string block(block_head, '\0');
    packer.pack(part, block);
    chain.close(block, part.size());
    journal += block;
  }
  walk(journal, read);
  require(read == content);
  if (journal.empty()) return;
  const auto place = journal.size() * where / 256;
  journal[place] = static_cast<char>(journal[place] ^ (1 + where % 255));
  const auto health = walk(journal, read);
  require(health.good_bytes <= place && (health.cut || !health.damage.empty()));
  require(content.starts_with(read));
}

}  // namespace
}  // namespace headroom::act

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string bytes(reinterpret_cast<const char*>(data) + 2, size - 2);  // a room of exactly that size
  std::string content;
  switch (data[0] % 4) {
    case 0:
      headroom::act::read_content(bytes);
      break;
    case 1:
      headroom::act::walk(bytes, content);
      break;
    case 2:
      headroom::act::change_a_block(bytes, 1 + data[0] / 4, data[1]);
      break;
    default:
      headroom::act::unpack(bytes, data[1] * std::uint64_t{4096}, content);
      break;
  }
  return 0;
}
