#include "attestation/certificate_chain.h"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <utility>

#include "absl/strings/escaping.h"
#include "attestation/refusal.h"
#include "base/status.h"

namespace benchfleet {
namespace {

template <typename T, void (*Free)(T*)>
struct FreeBy {
  void operator()(T* object) const { Free(object); }
};
template <typename T, void (*Free)(T*)>
using OwnedBy = std::unique_ptr<T, FreeBy<T, Free>>;

const unsigned char* BytesOf(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// OpenSSL's queue of errors is the thread's; what was refused here must not lie there for others.
struct ClearErrors {
  ~ClearErrors() { ERR_clear_error(); }
};

std::string CommonName(const X509_NAME* name) {
  const int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
  if (at < 0 || X509_NAME_get_index_by_NID(name, NID_commonName, at) >= 0) return "";
  const ASN1_STRING* text = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
  return std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                     static_cast<size_t>(ASN1_STRING_length(text)));
}

int DigestOf(const X509_ALGOR* algorithm) {
  if (algorithm == nullptr) return NID_sha1;  // the default of RFC 8017
  const ASN1_OBJECT* object = nullptr;
  X509_ALGOR_get0(&object, nullptr, nullptr, algorithm);
  return OBJ_obj2nid(object);
}

// Of an algorithm whose parameter is another one, or a structure: its bytes; "" where it has none.
std::string_view ParameterOf(const X509_ALGOR* algorithm, int nid) {
  const ASN1_OBJECT* object = nullptr;
  int type = 0;
  const void* value = nullptr;
  if (algorithm == nullptr) return "";
  X509_ALGOR_get0(&object, &type, &value, algorithm);
  if (OBJ_obj2nid(object) != nid || type != V_ASN1_SEQUENCE) return "";
  const auto* const text = static_cast<const ASN1_STRING*>(value);
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<size_t>(ASN1_STRING_length(text))};
}

// MGF1 with SHA-384.
bool IsMgf1Sha384(const X509_ALGOR* mask) {
  const std::string_view parameter = ParameterOf(mask, NID_mgf1);
  const unsigned char* at = BytesOf(parameter);
  const OwnedBy<X509_ALGOR, X509_ALGOR_free> digest(
      d2i_X509_ALGOR(nullptr, &at, static_cast<long>(parameter.size())));
  return digest != nullptr && DigestOf(digest.get()) == NID_sha384;
}

absl::Status ChainError(int error) {
  const std::string words = X509_verify_cert_error_string(error);
  if (error == X509_V_ERR_CERT_NOT_YET_VALID) return Refused("chain_time_not_yet", words);
  if (error == X509_V_ERR_CERT_HAS_EXPIRED) return Refused("chain_time_expired", words);
  return Refused("chain_signature", words);
}

const char* GroupName(EcdsaKey::Curve curve) {
  return curve == EcdsaKey::Curve::kP256 ? "prime256v1" : "secp384r1";
}

bool IsOnGroup(EVP_PKEY* key, EcdsaKey::Curve curve) {
  if (key == nullptr || EVP_PKEY_get_base_id(key) != EVP_PKEY_EC) return false;
  char name[64] = {};
  size_t size = 0;
  return EVP_PKEY_get_group_name(key, name, sizeof name, &size) == 1 &&
         std::string_view(name, size) == GroupName(curve);
}

}  // namespace

absl::StatusOr<ChainCertificate> ChainCertificate::FromDer(std::string_view der,
                                                           std::string_view what) {
  const ClearErrors clear;
  const unsigned char* at = BytesOf(der);
  std::shared_ptr<X509> x509(d2i_X509(nullptr, &at, static_cast<long>(der.size())), X509_free);
  if (x509 == nullptr || at != BytesOf(der) + der.size()) {
    return Refused("certificate_format", absl::StrFormat("the %s is not one X.509 certificate of "
                                                         "%d bytes",
                                                         what, der.size()));
  }
  return ChainCertificate(std::move(x509), std::string(what));
}

absl::StatusOr<std::vector<ChainCertificate>> ChainCertificate::FromPem(std::string_view pem) {
  const ClearErrors clear;
  constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----\n";
  constexpr std::string_view kEnd = "\n-----END CERTIFICATE-----";
  std::vector<ChainCertificate> certificates;
  while (true) {
    while (!pem.empty() && (pem.front() == '\n' || pem.front() == '\r' || pem.front() == '\0')) {
      pem.remove_prefix(1);
    }
    if (pem.empty()) return certificates;
    const size_t end = pem.find(kEnd);
    std::string der;
    if (pem.substr(0, kBegin.size()) != kBegin || end == std::string_view::npos ||
        end < kBegin.size() ||
        !absl::Base64Unescape(std::string(pem.substr(kBegin.size(), end - kBegin.size())), &der)) {
      return Refused("certificate_format", "the chain is not a list of PEM certificates");
    }
    BF_ASSIGN_OR_RETURN(
        ChainCertificate certificate,
        FromDer(der, absl::StrFormat("chain's certificate %d", certificates.size() + 1)));
    certificates.push_back(std::move(certificate));
    pem.remove_prefix(end + kEnd.size());
  }
}

std::string ChainCertificate::Sha256Hex() const {
  unsigned char digest[EVP_MAX_MD_SIZE] = {};
  unsigned size = 0;
  if (X509_digest(get(), EVP_sha256(), digest, &size) != 1) return "";
  return absl::BytesToHexString(
      std::string(reinterpret_cast<const char*>(digest), static_cast<size_t>(size)));
}

std::string ChainCertificate::SubjectCommonName() const {
  return CommonName(X509_get_subject_name(get()));
}

std::string ChainCertificate::IssuerCommonName() const {
  return CommonName(X509_get_issuer_name(get()));
}

absl::StatusOr<std::string> ChainCertificate::Extension(const char* oid) const {
  const OwnedBy<ASN1_OBJECT, ASN1_OBJECT_free> object(OBJ_txt2obj(oid, 1));
  const int at = X509_get_ext_by_OBJ(get(), object.get(), -1);
  if (at < 0) return "";
  if (X509_get_ext_by_OBJ(get(), object.get(), at) >= 0) {
    return Refused("leaf_extension",
                   absl::StrFormat("the %s has the extension %s twice", what_, oid));
  }
  const ASN1_OCTET_STRING* content = X509_EXTENSION_get_data(X509_get_ext(get(), at));
  return std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(content)),
                     static_cast<size_t>(ASN1_STRING_length(content)));
}

absl::Status ChainCertificate::CheckSignedByPss384() const {
  const ClearErrors clear;
  const X509_ALGOR* algorithm = nullptr;
  X509_get0_signature(nullptr, &algorithm, get());
  const std::string_view parameter = ParameterOf(algorithm, NID_rsassaPss);
  const unsigned char* at = BytesOf(parameter);
  const OwnedBy<RSA_PSS_PARAMS, RSA_PSS_PARAMS_free> pss(
      d2i_RSA_PSS_PARAMS(nullptr, &at, static_cast<long>(parameter.size())));
  if (pss != nullptr && DigestOf(pss->hashAlgorithm) == NID_sha384 &&
      IsMgf1Sha384(pss->maskGenAlgorithm) && ASN1_INTEGER_get(pss->saltLength) == 48) {
    return absl::OkStatus();
  }
  return Refused("chain_algorithm",
                 absl::StrFormat("the %s is not signed by RSASSA-PSS with SHA-384", what_));
}

absl::Status ChainCertificate::CheckSignedByEcdsa256() const {
  if (X509_get_signature_nid(get()) == NID_ecdsa_with_SHA256) return absl::OkStatus();
  return Refused("chain_algorithm",
                 absl::StrFormat("the %s is not signed by ECDSA with SHA-256", what_));
}

absl::Status ChainCertificate::CheckRsa4096Key() const {
  EVP_PKEY* const key = X509_get0_pubkey(get());
  if (key != nullptr && EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA &&
      EVP_PKEY_get_bits(key) == 4096) {
    return absl::OkStatus();
  }
  return Refused("chain_algorithm",
                 absl::StrFormat("the key of the %s is not RSA of 4096 bits", what_));
}

absl::Status CheckChainOfThree(const ChainCertificate& leaf, const ChainCertificate& intermediate,
                               const ChainCertificate& root, absl::Time now) {
  const ClearErrors clear;
  const OwnedBy<X509_STORE, X509_STORE_free> trusted(X509_STORE_new());
  const OwnedBy<X509_STORE_CTX, X509_STORE_CTX_free> context(X509_STORE_CTX_new());
  STACK_OF(X509)* const others = sk_X509_new_null();
  struct FreeStack {
    STACK_OF(X509) * stack;
    ~FreeStack() { sk_X509_free(stack); }
  } const free_others{others};
  if (!trusted || !context || others == nullptr ||
      X509_STORE_add_cert(trusted.get(), root.get()) != 1 ||
      sk_X509_push(others, intermediate.get()) != 1 ||
      X509_STORE_CTX_init(context.get(), trusted.get(), leaf.get(), others) != 1) {
    return absl::InternalError("OpenSSL could not prepare a chain");
  }
  X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(context.get()), absl::ToTimeT(now));
  if (X509_verify_cert(context.get()) != 1) {
    return ChainError(X509_STORE_CTX_get_error(context.get()));
  }
  // The root, by its digest, is the anchor; nothing shorter or longer will do.
  if (sk_X509_num(X509_STORE_CTX_get0_chain(context.get())) == 3) return absl::OkStatus();
  return Refused("chain_signature", "the chain is not leaf, intermediate, root");
}

absl::StatusOr<EcdsaKey> EcdsaKey::OfCertificate(const ChainCertificate& certificate, Curve curve) {
  const ClearErrors clear;
  EVP_PKEY* const key = X509_get0_pubkey(certificate.get());
  if (!IsOnGroup(key, curve)) {
    return Refused("leaf_key",
                   absl::StrFormat("the leaf's key is not on the curve %s", GroupName(curve)));
  }
  EVP_PKEY_up_ref(key);
  return EcdsaKey(std::shared_ptr<EVP_PKEY>(key, EVP_PKEY_free), curve);
}

absl::StatusOr<EcdsaKey> EcdsaKey::OfPoint(std::string_view point, Curve curve) {
  const ClearErrors clear;
  const std::string encoded = "\x04" + std::string(point);
  const OwnedBy<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free> builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, GroupName(curve), 0);
  OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, encoded.data(),
                                   encoded.size());
  const OwnedBy<OSSL_PARAM, OSSL_PARAM_free> parameters(OSSL_PARAM_BLD_to_param(builder.get()));
  const OwnedBy<EVP_PKEY_CTX, EVP_PKEY_CTX_free> maker(
      EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  EVP_PKEY* made = nullptr;
  if (EVP_PKEY_fromdata_init(maker.get()) == 1) {
    EVP_PKEY_fromdata(maker.get(), &made, EVP_PKEY_PUBLIC_KEY, parameters.get());
  }
  std::shared_ptr<EVP_PKEY> key(made, EVP_PKEY_free);
  const OwnedBy<EVP_PKEY_CTX, EVP_PKEY_CTX_free> checker(
      made == nullptr ? nullptr : EVP_PKEY_CTX_new(made, nullptr));
  if (!checker || EVP_PKEY_public_check(checker.get()) != 1) {
    return Refused("key_format", absl::StrFormat("a key that is no point of %s", GroupName(curve)));
  }
  return EcdsaKey(std::move(key), curve);
}

bool EcdsaKey::Verifies(std::string_view message, std::string_view r, std::string_view s) const {
  const ClearErrors clear;
  const OwnedBy<ECDSA_SIG, ECDSA_SIG_free> signature(ECDSA_SIG_new());
  BIGNUM* const r_number = BN_bin2bn(BytesOf(r), static_cast<int>(r.size()), nullptr);
  BIGNUM* const s_number = BN_bin2bn(BytesOf(s), static_cast<int>(s.size()), nullptr);
  if (ECDSA_SIG_set0(signature.get(), r_number, s_number) != 1) {
    BN_free(r_number);
    BN_free(s_number);
    return false;
  }
  unsigned char* der = nullptr;
  const int der_size = i2d_ECDSA_SIG(signature.get(), &der);
  const EVP_MD* const digest = curve_ == Curve::kP256 ? EVP_sha256() : EVP_sha384();
  const OwnedBy<EVP_MD_CTX, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
  const bool verified =
      der_size > 0 &&
      EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, key_.get()) == 1 &&
      EVP_DigestVerify(context.get(), der, static_cast<size_t>(der_size), BytesOf(message),
                       message.size()) == 1;
  OPENSSL_free(der);
  return verified;
}

}  // namespace benchfleet
