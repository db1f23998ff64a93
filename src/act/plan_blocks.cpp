#include "act/plan_blocks.h"

#include <fmt/format.h>

#include "act/fixed_number.h"
#include "base/hash.h"

namespace headroom::act {
namespace {

tl::unexpected<Error> refuse(std::string what, const std::string& path) {
  return fail({std::move(what), path, "make a new plan", Exit::refused});
}

}  // namespace

Sealer plan_digest() { return Sealer("headroom plan"); }

Seal seal_of_plan(const Seal& digest, const std::string& secret) {
  Sealer sealer(secret);
  sealer.add(view(digest));
  return sealer.finish();
}

std::string name_of_secret(const std::string& secret) {
  Sealer sealer(secret);
  sealer.add("the name of this secret");
  return std::string(view(sealer.finish()).substr(0, 8));
}

void close_plan_block(std::string& block, char kind, std::uint64_t unpacked) {
  const auto content = std::string_view(block).substr(plan_block_head);
  const std::uint64_t checksum = hash_bytes(content);
  block[0] = kind;
  put(block, 1, static_cast<std::uint32_t>(content.size()));
  put(block, 5, static_cast<std::uint32_t>(unpacked));
  put(block, 9, checksum);
}

Result<bool> read_plan_block(const Fd& file, const std::string& path, std::uint64_t at, std::uint64_t size,
                             PlanBlock& block) {
  const auto read = [&](std::size_t from, std::size_t length) -> Result<bool> {
    block.bytes.resize(from + length);
    auto got = read_at(file, at + from, block.bytes.data() + from, length, path);
    if (!got) return fail(got.error());
    if (*got < length) return refuse("this plan became shorter while it was read", path);
    return true;
  };
  if (size - at < plan_block_head + plan_seal) return refuse("this plan was cut: its end is missing", path);
  if (auto head = read(0, plan_block_head); !head) return head;
  block.kind = block.bytes[0];
  if (block.kind != plan_steps && block.kind != plan_header)
    return refuse(fmt::format("this plan is damaged at byte {}: no block begins there", at), path);
  const std::uint64_t length = get<std::uint32_t>(block.bytes, 1);
  if (length > size - at - plan_block_head - plan_seal)
    return refuse(fmt::format("this plan was cut: the block at byte {} is not whole", at), path);
  block.unpacked = get<std::uint32_t>(block.bytes, 5);
  if (auto content = read(plan_block_head, length); !content) return content;
  if (get<std::uint64_t>(block.bytes, 9) != hash_bytes(block.content()))
    return refuse(fmt::format("this plan is damaged in the block at byte {}", at), path);
  return true;
}

}  // namespace headroom::act
