#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "act/journal.h"
#include "act/seal.h"
#include "base/result.h"

/// The blocks of a journal. All numbers little-endian:
///
///    0  "HRJ1"
///    4  u32  bytes of the content, as it stands here (packed)
///    8  u32  bytes of the content unpacked
///   12  u32  checksum of the other 60 bytes of this head: a wrong length is never believed
///   16  u64  sequence number, from 0
///   24  u64  checksum of the content (hash_bytes)
///   32  32 bytes HMAC-SHA-256 of: the one of the block before (zeros for the first), bytes 0-11 and 16-31 of
///       this head, the content
///   64  content, packed by zstd: entries as act/journal_form.h says
///
/// Checksums find accidents and the HMACs whoever does not know the secret: a block that was changed, added,
/// left out, or put elsewhere breaks the chain. Only at the end may something be missing: that is what a
/// crash leaves.
namespace headroom::act {

inline constexpr std::size_t block_head = 64;

/// The chain up to some block: makes the next one, or proves it.
class BlockChain {
 public:
  explicit BlockChain(const std::string& secret) : sealer_(secret) {}
  /// Fills in the head, the first `block_head` bytes of `block`; the rest is the packed content.
  void close(std::string& block, std::uint64_t unpacked);
  /// Whether `block` is the next one. The reason why it is not; empty: it is, and the chain has moved on.
  std::string prove(std::string_view block);
  std::uint64_t blocks() const { return sequence_; }

 private:
  Seal seal_of(std::string_view block);
  Sealer sealer_;
  Seal last_{};
  std::uint64_t sequence_ = 0;
};

/// Where a journal is read from: as pread(2), short only at the end.
struct BlockSource {
  std::uint64_t size = 0;
  std::function<Result<std::size_t>(std::uint64_t offset, char* to, std::size_t room)> read_at{};
};

/// Takes the packed content of a block that is proved. False: it is not what it should be, which is damage.
using OnBlock = std::function<bool(std::string_view packed, std::uint64_t unpacked)>;

/// Proves block after block as far as they are good. Holds one block at a time, and never more than the file
/// has. Errors: those of the source.
Result<JournalHealth> walk_blocks(const BlockSource& source, BlockChain& chain, const OnBlock& on_block);

}  // namespace headroom::act
