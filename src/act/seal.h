#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>

/// HMAC-SHA-256 under the secret of a state folder (RFC 2104, by OpenSSL): who cannot read the secret cannot
/// write a plan or a journal that we would take.
namespace headroom::act {

using Seal = std::array<char, 32>;

inline std::string_view view(const Seal& seal) { return {seal.data(), seal.size()}; }

/// Seals texts that come in pieces, one after the other.
class Sealer {
 public:
  explicit Sealer(const std::string& secret);
  Sealer(Sealer&&) noexcept;
  Sealer& operator=(Sealer&&) noexcept;
  ~Sealer();
  void add(std::string_view bytes);
  /// Of what was added since the last call.
  Seal finish();

 private:
  struct Mac;
  std::unique_ptr<Mac> mac_;
};

/// Takes as long for seals that differ at the first byte as for those that differ at the last.
bool same_seal(std::string_view a, std::string_view b);

}  // namespace headroom::act
