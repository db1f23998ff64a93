#include "act/journal_blocks.h"

#include <fmt/format.h>

#include <algorithm>

#include "act/fixed_number.h"
#include "act/packing.h"
#include "base/hash.h"

namespace headroom::act {
namespace {

constexpr std::string_view magic = "HRJ1";
constexpr std::size_t sector = 512;  // what disks write as a whole

std::uint32_t check_of_head(std::string_view head) {
  return static_cast<std::uint32_t>(hash_bytes(head.substr(16, 48), hash_bytes(head.substr(0, 12))));
}

/// What is wrong with the first four bytes; empty: nothing.
std::string wrong_magic(std::string_view front) {
  if (front.substr(0, 4) == magic.substr(0, front.size())) return {};
  if (front.starts_with("HRJ")) return "it was written by a newer headroom";
  return "no block begins here";
}

/// Where the blocks end, and how.
class Walk {
 public:
  Walk(const BlockSource& source, BlockChain& chain, const OnBlock& on_block)
      : source_(source), chain_(chain), on_block_(on_block) {}

  Result<JournalHealth> run() {
    health_.bytes = source_.size;
    while (at_ < source_.size) {
      auto more = next();
      if (!more) return fail(more.error());
      if (!*more) break;
      at_ += block_.size();
      ++health_.blocks;
    }
    health_.good_bytes = at_;
    return health_;
  }

 private:
  /// False: the good part ends here.
  Result<bool> next() {
    if (auto read = fill(std::min<std::uint64_t>(block_head, source_.size - at_)); !read) return read;
    auto wrong = wrong_magic(block_);
    if (!wrong.empty()) return ends_with_zeros(block_head, std::move(wrong));
    if (block_.size() < block_head) return cut();
    if (get<std::uint32_t>(block_, 12) != check_of_head(block_))

      return ends_with_zeros(block_head, "its head is damaged");
    const std::uint64_t length = block_head + get<std::uint32_t>(block_, 4);
    if (length > source_.size - at_) return cut();
    if (auto read = fill(length); !read) return read;
    if (get<std::uint64_t>(block_, 24) != hash_bytes(std::string_view(block_).substr(block_head)))
      return ends_with_zeros(length, "its content is damaged");
    wrong = chain_.prove(block_);
    if (!wrong.empty()) return damaged(std::move(wrong));
    if (!on_block_(std::string_view(block_).substr(block_head), get<std::uint32_t>(block_, 8)))
      return damaged("its entries cannot be read");
    return true;
  }

  Result<bool> fill(std::uint64_t length) {
    block_.resize(length);
    auto got = source_.read_at(at_, block_.data(), length);
    if (!got) return fail(got.error());
    block_.resize(*got);
    if (*got < length)
      return fail(
          {"this journal became shorter while it was read", "", "find out who writes there", Exit::refused});
    return true;
  }

  bool cut() {
    health_.cut = true;
    return false;
  }

  bool damaged(std::string why) {
    health_.damage = fmt::format("block {} at byte {}: {}", health_.blocks, at_, why);
    return false;
  }

  /// A file system may have made the file longer and not have written all of it when the power went: then
  /// zeros stand there, from the border of a sector to the end. That explains what is wrong when they begin
  /// within the `extent` bytes that were looked at.
  Result<bool> ends_with_zeros(std::uint64_t extent, std::string why) {
    std::string part;
    std::uint64_t end = source_.size;
    while (end > at_) {
      part.resize(std::min<std::uint64_t>(end - at_, 1U << 16U));
      auto got = source_.read_at(end - part.size(), part.data(), part.size());
      if (!got) return fail(got.error());
      const auto last = part.find_last_not_of('\0');
      if (last == std::string::npos) {
        end -= part.size();
        continue;
      }
      end = end - part.size() + last + 1;
      break;
    }
    const auto border = end == at_ ? at_ : (end + sector - 1) / sector * sector;
    return border < std::min(at_ + extent, source_.size) ? cut() : damaged(std::move(why));
  }

  const BlockSource& source_;
  BlockChain& chain_;
  const OnBlock& on_block_;
  JournalHealth health_{};
  std::uint64_t at_ = 0;
  std::string block_{};
};

}  // namespace

Seal BlockChain::seal_of(std::string_view block) {
  sealer_.add(view(last_));
  sealer_.add(block.substr(0, 12));
  sealer_.add(block.substr(16, 16));
  sealer_.add(block.substr(block_head));
  return sealer_.finish();
}

void BlockChain::close(std::string& block, std::uint64_t unpacked) {
  const auto content = std::string_view(block).substr(block_head);
  const std::uint64_t checksum = hash_bytes(content);
  magic.copy(block.data(), magic.size());
  put(block, 4, static_cast<std::uint32_t>(content.size()));
  put(block, 8, static_cast<std::uint32_t>(unpacked));
  put(block, 16, sequence_++);
  put(block, 24, checksum);
  last_ = seal_of(block);
  view(last_).copy(block.data() + 32, last_.size());
  put(block, 12, check_of_head(block));
}

std::string BlockChain::prove(std::string_view block) {
  const auto number = get<std::uint64_t>(block, 16);
  if (number != sequence_) return fmt::format("block {} stands where block {} should", number, sequence_);
  const auto seal = seal_of(block);
  if (!same_seal(view(seal), block.substr(32, seal.size())))
    return "it is not sealed with the secret of this state folder, or was changed";
  last_ = seal;
  ++sequence_;
  return {};
}

Result<JournalHealth> walk_blocks(const BlockSource& source, BlockChain& chain, const OnBlock& on_block) {
  return Walk(source, chain, on_block).run();
}

}  // namespace headroom::act
