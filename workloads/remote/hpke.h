// Hybrid public key encryption, RFC 9180: base mode with DHKEM(X25519, HKDF-SHA256), HKDF-SHA256
// and one of three AEADs, on OpenSSL. What is sealed to a public key is opened by the holder of its
// private key alone; who sealed it is not known.
//
// Life cycle: the recipient makes an HpkeKeyPair and tells its public key; the sender makes an
// HpkeSender for that key, which gives `encapsulated` for the recipient, who makes an HpkeRecipient
// of it; then any number of Seal and Open, in the same order on both sides: the RFC's sequence
// number is part of every nonce, so that what is repeated, left out or out of order does not open.
//
// Both contexts bind `info`: an HpkeRecipient of another info opens nothing. Values of one thread,
// moved and not copied. Keys and everything that keys were derived from are overwritten when they
// go. Nothing here copies a message: OpenSSL reads the plaintext where it lies and writes the
// result where it is wanted.
//
// Errors: InvalidArgument for keys that are none, DataLoss for what does not open.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "workloads/openssl_util.h"

namespace benchfleet {

// By their numbers in the RFC's section 7.3.
enum class HpkeAead : uint16_t { kAes128Gcm = 1, kAes256Gcm = 2, kChaCha20Poly1305 = 3 };

// "aes-256-gcm", as in parameters and as OpenSSL calls it; "chacha20-poly1305".
const char* HpkeAeadName(HpkeAead aead);
absl::StatusOr<HpkeAead> HpkeAeadFromName(std::string_view name);

inline constexpr size_t kHpkeKeyBytes = 32;  // X25519: public, private and encapsulated keys
inline constexpr size_t kHpkeTagBytes = 16;  // that a sealed message is longer
inline constexpr size_t kHpkeNonceBytes = 12;

class HpkeKeyPair {
 public:
  static absl::StatusOr<HpkeKeyPair> Generate();
  static absl::StatusOr<HpkeKeyPair> FromPrivateKey(std::string_view private_key);

  const std::string& public_key() const { return public_key_; }
  evp_pkey_st* get() const { return key_.get(); }

 private:
  explicit HpkeKeyPair(OpenSslPtr<evp_pkey_st> key) : key_(std::move(key)) {}
  absl::Status ReadPublicKey();

  OpenSslPtr<evp_pkey_st> key_;
  std::string public_key_;
};

// The key, nonces and sequence number of one direction: section 5.2. Private to the two below.
class HpkeContext {
 public:
  HpkeContext(HpkeContext&& other) noexcept = default;
  HpkeContext& operator=(HpkeContext&& other) noexcept = default;
  ~HpkeContext();

  uint64_t sequence() const { return sequence_; }

 protected:
  HpkeContext() = default;
  // The key schedule of section 5.1.
  absl::Status SetUp(HpkeAead aead, std::string_view shared_secret, std::string_view info,
                     bool sealing);
  // Begins the cipher with the nonce of this sequence number and takes `aad` in.
  bool Begin(std::string_view aad);

  OpenSslPtr<evp_cipher_ctx_st> cipher_;
  std::array<unsigned char, kHpkeNonceBytes> base_nonce_ = {};
  uint64_t sequence_ = 0;
};

class HpkeSender : public HpkeContext {
 public:
  // To whoever holds the private key of `public_key`.
  static absl::StatusOr<HpkeSender> SetUpBase(HpkeAead aead, std::string_view public_key,
                                              std::string_view info);
  // With a known ephemeral key: for published test vectors only.
  static absl::StatusOr<HpkeSender> SetUpBaseWith(const HpkeKeyPair& ephemeral, HpkeAead aead,
                                                  std::string_view public_key,
                                                  std::string_view info);

  const std::string& encapsulated() const { return encapsulated_; }
  // Writes plaintext.size() + kHpkeTagBytes bytes to `out`, which may begin where plaintext does.
  absl::Status Seal(std::string_view aad, std::string_view plaintext, char* out);

 private:
  std::string encapsulated_;
};

class HpkeRecipient : public HpkeContext {
 public:
  static absl::StatusOr<HpkeRecipient> SetUpBase(HpkeAead aead, const HpkeKeyPair& key,
                                                 std::string_view encapsulated,
                                                 std::string_view info);

  // Writes sealed.size() - kHpkeTagBytes bytes to `out`, which may begin where sealed does. What
  // does not open leaves zeros there, and the sequence number where it was.
  absl::Status Open(std::string_view aad, std::string_view sealed, char* out);
};

// Overwrites `secret` in a way that no compiler leaves out, and empties it.
void Wipe(std::string& secret);

// Does that at the end of a scope.
class WipeAtEnd {
 public:
  explicit WipeAtEnd(std::string& secret) : secret_(secret) {}
  ~WipeAtEnd() { Wipe(secret_); }
  WipeAtEnd(const WipeAtEnd&) = delete;
  WipeAtEnd& operator=(const WipeAtEnd&) = delete;

 private:
  std::string& secret_;
};

}  // namespace benchfleet
