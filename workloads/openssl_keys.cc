#include "workloads/openssl_keys.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "base/status.h"

namespace benchfleet {

absl::Status MakeGenerator(const KeyAlgorithm& algorithm, OpenSslPtr<EVP_PKEY_CTX>* generator) {
  OSSL_PARAM params[3];
  size_t count = 0;
  unsigned bits = algorithm.bits;
  if (algorithm.group != nullptr) {
    params[count++] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
                                                       const_cast<char*>(algorithm.group), 0);
  }
  if (bits != 0) params[count++] = OSSL_PARAM_construct_uint(OSSL_PKEY_PARAM_RSA_BITS, &bits);
  params[count] = OSSL_PARAM_construct_end();
  generator->reset(EVP_PKEY_CTX_new_from_name(nullptr, algorithm.type, nullptr));
  if (!*generator || EVP_PKEY_keygen_init(generator->get()) <= 0 ||
      EVP_PKEY_CTX_set_params(generator->get(), params) <= 0) {
    return OpenSslError(absl::StrFormat("preparing to generate %s keys", algorithm.type));
  }
  return absl::OkStatus();
}

absl::Status Generate(const OpenSslPtr<EVP_PKEY_CTX>& generator, OpenSslPtr<EVP_PKEY>* key) {
  EVP_PKEY* generated = nullptr;
  if (EVP_PKEY_generate(generator.get(), &generated) <= 0) return OpenSslError("generating a key");
  key->reset(generated);
  return absl::OkStatus();
}

absl::Status GenerateKey(const KeyAlgorithm& algorithm, OpenSslPtr<EVP_PKEY>* key) {
  OpenSslPtr<EVP_PKEY_CTX> generator;
  BF_RETURN_IF_ERROR(MakeGenerator(algorithm, &generator));
  return Generate(generator, key);
}

std::string WhyNoKeys(const KeyAlgorithm& algorithm) {
  OpenSslPtr<EVP_PKEY_CTX> generator;
  if (MakeGenerator(algorithm, &generator).ok()) return "";
  return absl::StrFormat("%s has no %s", OpenSslFacts().at("openssl.version"),
                         algorithm.group != nullptr ? algorithm.group : algorithm.type);
}

}  // namespace benchfleet
