#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "act/private_file.h"
#include "act/seal.h"
#include "base/result.h"

/// The parts of a plan file that writer and reader share; the format is in act/plan_file.h.
namespace headroom::act {

inline constexpr std::string_view plan_magic = "HRPLAN1\n";
inline constexpr char plan_steps = 'S', plan_header = 'H', plan_end = 'E';
inline constexpr std::size_t plan_block_head = 17;
inline constexpr std::size_t plan_seal = 1 + 8 + 32;
inline constexpr std::size_t plan_block_size =
    1U << 20U;  ///< a block of steps that has grown to this is written

/// A digest of everything before the seal. Whoever writes learns the secret only at the end, so what is
/// sealed is this digest: HMAC-SHA-256 under a key that everybody knows, which is as hard to meet again as
/// SHA-256.
Sealer plan_digest();
Seal seal_of_plan(const Seal& digest, const std::string& secret);
/// Tells secrets apart and gives nothing of them away.
std::string name_of_secret(const std::string& secret);

/// Fills in the head, the first bytes of `block`.
void close_plan_block(std::string& block, char kind, std::uint64_t unpacked);

struct PlanBlock {
  char kind = 0;
  std::uint64_t unpacked = 0;
  std::string bytes{};  ///< head and content
  std::string_view content() const { return std::string_view(bytes).substr(plan_block_head); }
};
/// Reads the block at `at` of a file of `size` bytes, the seal included; the room of `block` is used again.
/// Errors (Exit::refused): it was cut, or is damaged.
Result<bool> read_plan_block(const Fd& file, const std::string& path, std::uint64_t at, std::uint64_t size,
                             PlanBlock& block);

}  // namespace headroom::act
