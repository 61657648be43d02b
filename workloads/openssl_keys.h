// Key algorithms of OpenSSL by name, for the workloads that generate keys. Private to workloads/.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "workloads/openssl_util.h"

namespace benchfleet {

struct KeyAlgorithm {
  const char* type;             // as OpenSSL names it: "EC", "RSA", "ED25519", "ML-DSA-44"
  const char* group = nullptr;  // of EC
  unsigned bits = 0;            // of RSA
};

// A context that generates such keys, again and again. Error: this OpenSSL does not offer them.
absl::Status MakeGenerator(const KeyAlgorithm& algorithm, OpenSslPtr<evp_pkey_ctx_st>* generator);
absl::Status Generate(const OpenSslPtr<evp_pkey_ctx_st>& generator, OpenSslPtr<evp_pkey_st>* key);
absl::Status GenerateKey(const KeyAlgorithm& algorithm, OpenSslPtr<evp_pkey_st>* key);

// "" where keys of that kind can be made, else why not.
std::string WhyNoKeys(const KeyAlgorithm& algorithm);

}  // namespace benchfleet
