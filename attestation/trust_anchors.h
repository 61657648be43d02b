// Whom evidence is traced back to: the makers' root certificates, by their SHA-256.
#pragma once

#include <map>
#include <string>

namespace benchfleet {

// Hexadecimal digests of the certificates as DER. A value; tests make their own.
struct TrustAnchors {
  std::map<std::string, std::string> amd_roots;  // "Milan" -> of its ARK
  std::string intel_root;                        // of the SGX root CA
};

// The makers' own, as published. Nothing else is trusted outside of tests.
const TrustAnchors& PinnedTrustAnchors();

}  // namespace benchfleet
