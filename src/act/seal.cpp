#include "act/seal.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <new>

namespace headroom::act {
namespace {

struct FreeMac {
  void operator()(EVP_MAC* mac) const { EVP_MAC_free(mac); }
  void operator()(EVP_MAC_CTX* state) const { EVP_MAC_CTX_free(state); }
};

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

// OpenSSL fails here only without memory or with a library that lacks SHA-256: nothing to go on with.
struct Sealer::Mac {
  explicit Mac(const std::string& secret) {
    const std::unique_ptr<EVP_MAC, FreeMac> hmac(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
    if (!hmac) throw std::bad_alloc();
    state.reset(EVP_MAC_CTX_new(hmac.get()));
    char digest[] = "SHA256";
    const OSSL_PARAM settings[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                   OSSL_PARAM_construct_end()};
    if (!state || EVP_MAC_init(state.get(), bytes_of(secret), secret.size(), settings) != 1)
      throw std::bad_alloc();
  }
  std::unique_ptr<EVP_MAC_CTX, FreeMac> state;
};

Sealer::Sealer(const std::string& secret) : mac_(std::make_unique<Mac>(secret)) {}
Sealer::Sealer(Sealer&&) noexcept = default;
Sealer& Sealer::operator=(Sealer&&) noexcept = default;
Sealer::~Sealer() = default;

void Sealer::add(std::string_view bytes) {
  if (EVP_MAC_update(mac_->state.get(), bytes_of(bytes), bytes.size()) != 1) throw std::bad_alloc();
}

Seal Sealer::finish() {
  Seal seal{};
  std::size_t length = 0;
  if (EVP_MAC_final(mac_->state.get(), reinterpret_cast<unsigned char*>(seal.data()), &length, seal.size()) !=
      1)
    throw std::bad_alloc();
  if (EVP_MAC_init(mac_->state.get(), nullptr, 0, nullptr) != 1)
    throw std::bad_alloc();  // the same key again
  return seal;
}

bool same_seal(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace headroom::act
