#include "workloads/remote/hpke.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <limits>
#include <utility>

#include "base/status.h"
#include "base/text.h"

namespace benchfleet {
namespace {

constexpr size_t kHashBytes = 32;                      // Nh of HKDF-SHA256, Nsecret of the KEM
constexpr std::string_view kKemSuite("KEM\0\x20", 5);  // section 4.1
constexpr int kMostPlaintext = std::numeric_limits<int>::max() / 2;  // EVP counts in int

struct AeadRow {
  HpkeAead aead;
  const char* name;
  size_t key_bytes;
};
constexpr AeadRow kAeads[] = {{HpkeAead::kAes128Gcm, "aes-128-gcm", 16},
                              {HpkeAead::kAes256Gcm, "aes-256-gcm", 32},
                              {HpkeAead::kChaCha20Poly1305, "chacha20-poly1305", 32}};

const AeadRow& RowOf(HpkeAead aead) { return kAeads[static_cast<size_t>(aead) - 1]; }

// As OpenSSL's functions read them.
unsigned char* Bytes(char* bytes) { return reinterpret_cast<unsigned char*>(bytes); }
const unsigned char* Bytes(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

std::string TwoBytes(size_t number) {
  return {static_cast<char>(number >> 8), static_cast<char>(number)};
}

// One half of HKDF-SHA256 (RFC 5869): extracting, where `info` is nothing, or expanding.
absl::StatusOr<std::string> Hkdf(int mode, std::string_view key, std::string_view salt,
                                 std::string_view info, size_t bytes) {
  char digest[] = "SHA2-256";
  const auto octets = [](const char* name, std::string_view text) {
    return OSSL_PARAM_construct_octet_string(name, const_cast<char*>(text.data()), text.size());
  };
  OSSL_PARAM params[6] = {OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
                          OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
                          octets(OSSL_KDF_PARAM_KEY, key),
                          OSSL_PARAM_construct_end(),
                          OSSL_PARAM_construct_end(),
                          OSSL_PARAM_construct_end()};
  size_t next = 3;
  if (!salt.empty()) params[next++] = octets(OSSL_KDF_PARAM_SALT, salt);
  if (!info.empty()) params[next++] = octets(OSSL_KDF_PARAM_INFO, info);
  EVP_KDF* algorithm = EVP_KDF_fetch(nullptr, "HKDF", nullptr);
  const OpenSslPtr<EVP_KDF_CTX> deriving(algorithm == nullptr ? nullptr
                                                              : EVP_KDF_CTX_new(algorithm));
  EVP_KDF_free(algorithm);
  std::string out(bytes, '\0');
  if (!deriving || EVP_KDF_derive(deriving.get(), Bytes(out.data()), out.size(), params) <= 0) {
    return OpenSslError("deriving a key");
  }
  return out;
}

// Section 4: the labels of HPKE around HKDF.
absl::StatusOr<std::string> LabeledExtract(std::string_view suite, std::string_view salt,
                                           std::string_view label, std::string_view material) {
  std::string labeled;
  labeled.reserve(16 + suite.size() + label.size() + material.size());
  labeled.append("HPKE-v1").append(suite).append(label).append(material);
  const WipeAtEnd wipe(labeled);
  return Hkdf(EVP_KDF_HKDF_MODE_EXTRACT_ONLY, labeled, salt, "", kHashBytes);
}

absl::StatusOr<std::string> LabeledExpand(std::string_view suite, std::string_view key,
                                          std::string_view label, std::string_view info,
                                          size_t bytes) {
  std::string labeled = TwoBytes(bytes);
  labeled.append("HPKE-v1").append(suite).append(label).append(info);
  return Hkdf(EVP_KDF_HKDF_MODE_EXPAND_ONLY, key, "", labeled, bytes);
}

absl::StatusOr<std::string> DiffieHellman(EVP_PKEY* own, std::string_view public_key) {
  if (public_key.size() != kHpkeKeyBytes) {
    return absl::InvalidArgumentError(absl::StrFormat("a public key of %d bytes; X25519 has %d",
                                                      public_key.size(), kHpkeKeyBytes));
  }
  const OpenSslPtr<EVP_PKEY> peer(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, nullptr, Bytes(public_key), public_key.size()));
  const OpenSslPtr<EVP_PKEY_CTX> deriving(EVP_PKEY_CTX_new(own, nullptr));
  std::string shared(kHpkeKeyBytes, '\0');
  size_t size = shared.size();
  // Fails for a point of small order, whose shared secret would be zero (section 7.1.4).
  if (!peer || !deriving || EVP_PKEY_derive_init(deriving.get()) <= 0 ||
      EVP_PKEY_derive_set_peer(deriving.get(), peer.get()) <= 0 ||
      EVP_PKEY_derive(deriving.get(), Bytes(shared.data()), &size) <= 0 || size != kHpkeKeyBytes) {
    return absl::InvalidArgumentError("no key can be agreed on with this public key: " +
                                      OpenSslReason());
  }
  return shared;
}

// ExtractAndExpand of section 4.1.
absl::StatusOr<std::string> SharedSecret(EVP_PKEY* own, std::string_view peer,
                                         std::string_view encapsulated,
                                         std::string_view recipient) {
  BF_ASSIGN_OR_RETURN(std::string agreed, DiffieHellman(own, peer));
  const WipeAtEnd wipe_agreed(agreed);
  BF_ASSIGN_OR_RETURN(std::string extracted, LabeledExtract(kKemSuite, "", "eae_prk", agreed));
  const WipeAtEnd wipe_extracted(extracted);
  std::string context(encapsulated);
  context.append(recipient);
  return LabeledExpand(kKemSuite, extracted, "shared_secret", context, kHashBytes);
}

}  // namespace

const char* HpkeAeadName(HpkeAead aead) { return RowOf(aead).name; }

absl::StatusOr<HpkeAead> HpkeAeadFromName(std::string_view name) {
  std::vector<std::string> names;
  for (const AeadRow& row : kAeads) {
    if (name == row.name) return row.aead;
    names.emplace_back(row.name);
  }
  return absl::InvalidArgumentError(absl::StrFormat(
      "there is no cipher '%s'%s; expected aes-128-gcm, aes-256-gcm or chacha20-poly1305", name,
      DidYouMean(name, names)));
}

void Wipe(std::string& secret) {
  OPENSSL_cleanse(secret.data(), secret.size());
  secret.clear();
}

absl::StatusOr<HpkeKeyPair> HpkeKeyPair::Generate() {
  HpkeKeyPair pair(OpenSslPtr<EVP_PKEY>(EVP_PKEY_Q_keygen(nullptr, nullptr, "X25519")));
  if (!pair.key_) return OpenSslError("making an X25519 key");
  BF_RETURN_IF_ERROR(pair.ReadPublicKey());
  return pair;
}

absl::StatusOr<HpkeKeyPair> HpkeKeyPair::FromPrivateKey(std::string_view private_key) {
  HpkeKeyPair pair(OpenSslPtr<EVP_PKEY>(EVP_PKEY_new_raw_private_key(
      EVP_PKEY_X25519, nullptr, Bytes(private_key), private_key.size())));
  if (!pair.key_) return absl::InvalidArgumentError("no X25519 private key: " + OpenSslReason());
  BF_RETURN_IF_ERROR(pair.ReadPublicKey());
  return pair;
}

absl::Status HpkeKeyPair::ReadPublicKey() {
  public_key_.resize(kHpkeKeyBytes);
  size_t size = public_key_.size();
  if (EVP_PKEY_get_raw_public_key(key_.get(), Bytes(public_key_.data()), &size) != 1) {
    return OpenSslError("reading an X25519 key");
  }
  return absl::OkStatus();
}

HpkeContext::~HpkeContext() { OPENSSL_cleanse(base_nonce_.data(), base_nonce_.size()); }

absl::Status HpkeContext::SetUp(HpkeAead aead, std::string_view shared_secret,
                                std::string_view info, bool sealing) {
  const AeadRow& row = RowOf(aead);
  std::string suite("HPKE\0\x20\0\x01", 8);
  suite += TwoBytes(static_cast<size_t>(aead));
  BF_ASSIGN_OR_RETURN(const std::string psk_id_hash, LabeledExtract(suite, "", "psk_id_hash", ""));
  BF_ASSIGN_OR_RETURN(const std::string info_hash, LabeledExtract(suite, "", "info_hash", info));
  const std::string context = std::string(1, '\0') + psk_id_hash + info_hash;  // mode_base
  BF_ASSIGN_OR_RETURN(std::string secret, LabeledExtract(suite, shared_secret, "secret", ""));
  const WipeAtEnd wipe_secret(secret);
  BF_ASSIGN_OR_RETURN(std::string key, LabeledExpand(suite, secret, "key", context, row.key_bytes));
  const WipeAtEnd wipe_key(key);
  BF_ASSIGN_OR_RETURN(std::string nonce,
                      LabeledExpand(suite, secret, "base_nonce", context, kHpkeNonceBytes));
  const WipeAtEnd wipe_nonce(nonce);
  nonce.copy(reinterpret_cast<char*>(base_nonce_.data()), base_nonce_.size());

  const OpenSslPtr<EVP_CIPHER> cipher(EVP_CIPHER_fetch(nullptr, row.name, nullptr));
  cipher_.reset(EVP_CIPHER_CTX_new());
  if (!cipher || !cipher_ ||
      EVP_CipherInit_ex2(cipher_.get(), cipher.get(), Bytes(std::string_view(key)), nullptr,
                         sealing ? 1 : 0, nullptr) != 1) {
    return OpenSslError(absl::StrFormat("starting %s", row.name));
  }
  return absl::OkStatus();
}

bool HpkeContext::Begin(std::string_view aad) {
  std::array<unsigned char, kHpkeNonceBytes> nonce = base_nonce_;
  for (size_t i = 0; i < sizeof sequence_; ++i) {
    nonce[kHpkeNonceBytes - 1 - i] ^= static_cast<unsigned char>(sequence_ >> (8 * i));
  }
  int taken = 0;
  return EVP_CipherInit_ex2(cipher_.get(), nullptr, nullptr, nonce.data(), -1, nullptr) == 1 &&
         EVP_CipherUpdate(cipher_.get(), nullptr, &taken, Bytes(aad),
                          static_cast<int>(aad.size())) == 1;
}

absl::StatusOr<HpkeSender> HpkeSender::SetUpBase(HpkeAead aead, std::string_view public_key,
                                                 std::string_view info) {
  BF_ASSIGN_OR_RETURN(const HpkeKeyPair ephemeral, HpkeKeyPair::Generate());
  return SetUpBaseWith(ephemeral, aead, public_key, info);
}

absl::StatusOr<HpkeSender> HpkeSender::SetUpBaseWith(const HpkeKeyPair& ephemeral, HpkeAead aead,
                                                     std::string_view public_key,
                                                     std::string_view info) {
  HpkeSender sender;
  sender.encapsulated_ = ephemeral.public_key();
  BF_ASSIGN_OR_RETURN(std::string shared,
                      SharedSecret(ephemeral.get(), public_key, sender.encapsulated_, public_key));
  const WipeAtEnd wipe(shared);
  BF_RETURN_IF_ERROR(sender.SetUp(aead, shared, info, /*sealing=*/true));
  return sender;
}

absl::Status HpkeSender::Seal(std::string_view aad, std::string_view plaintext, char* out) {
  if (plaintext.size() > kMostPlaintext) {
    return absl::InvalidArgumentError("a message is sealed in pieces below 1 GiB");
  }
  int written = 0;
  int rest = 0;
  unsigned char* const end = Bytes(out) + plaintext.size();
  if (!Begin(aad) ||
      EVP_EncryptUpdate(cipher_.get(), Bytes(out), &written, Bytes(plaintext),
                        static_cast<int>(plaintext.size())) != 1 ||
      EVP_EncryptFinal_ex(cipher_.get(), end, &rest) != 1 ||
      EVP_CIPHER_CTX_ctrl(cipher_.get(), EVP_CTRL_AEAD_GET_TAG, kHpkeTagBytes, end) != 1) {
    return OpenSslError("sealing");
  }
  ++sequence_;
  return absl::OkStatus();
}

absl::StatusOr<HpkeRecipient> HpkeRecipient::SetUpBase(HpkeAead aead, const HpkeKeyPair& key,
                                                       std::string_view encapsulated,
                                                       std::string_view info) {
  BF_ASSIGN_OR_RETURN(std::string shared,
                      SharedSecret(key.get(), encapsulated, encapsulated, key.public_key()));
  const WipeAtEnd wipe(shared);
  HpkeRecipient recipient;
  BF_RETURN_IF_ERROR(recipient.SetUp(aead, shared, info, /*sealing=*/false));
  return recipient;
}

absl::Status HpkeRecipient::Open(std::string_view aad, std::string_view sealed, char* out) {
  if (sealed.size() < kHpkeTagBytes || sealed.size() > kMostPlaintext) {
    return absl::DataLossError(absl::StrFormat("%d bytes are no sealed message", sealed.size()));
  }
  const size_t size = sealed.size() - kHpkeTagBytes;
  std::array<unsigned char, kHpkeTagBytes> tag;
  sealed.substr(size).copy(reinterpret_cast<char*>(tag.data()), tag.size());
  int written = 0;
  int rest = 0;
  if (!Begin(aad) ||
      EVP_CIPHER_CTX_ctrl(cipher_.get(), EVP_CTRL_AEAD_SET_TAG, kHpkeTagBytes, tag.data()) != 1 ||
      EVP_DecryptUpdate(cipher_.get(), Bytes(out), &written, Bytes(sealed),
                        static_cast<int>(size)) != 1 ||
      EVP_DecryptFinal_ex(cipher_.get(), Bytes(out) + size, &rest) != 1) {
    OPENSSL_cleanse(out, size);
    OpenSslReason();  // of a refusal there is none
    return absl::DataLossError(
        "it does not open: changed, out of order, or sealed to another key or for another request");
  }
  ++sequence_;
  return absl::OkStatus();
}

}  // namespace benchfleet
