#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

/// The content of blocks, packed by zstd at level 1: journals of jobs shrink to a third, and it costs less
/// than writing the difference.
namespace headroom::act {

/// No block holds more; a declared length beyond it is damage.
inline constexpr std::uint64_t most_unpacked = 512U << 20U;
/// A block that has grown to this is written.
inline constexpr std::size_t block_size = 4U << 20U;

class Packer {
 public:
  Packer();
  Packer(Packer&&) noexcept;
  Packer& operator=(Packer&&) noexcept;
  ~Packer();
  /// Appends `bytes`, packed, to `out`.
  void pack(std::string_view bytes, std::string& out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Unpacks into `out` what must become exactly `length` bytes. Memory grows with what comes out. False: it
/// does not unpack, or to something else.
bool unpack(std::string_view packed, std::uint64_t length, std::string& out);

}  // namespace headroom::act
