#include "attestation/tdx_check.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <vector>

#include "absl/strings/escaping.h"
#include "attestation/certificate_chain.h"
#include "attestation/refusal.h"
#include "base/status.h"

namespace benchfleet {
namespace {

constexpr uint64_t kTdDebug = 1;
constexpr uint64_t kTdUntrusted = 0xFE;  // reserved beside it: whoever sets them looks in, too
constexpr uint64_t kTdMigratable = 1ull << 29;

std::string_view HalfOf(const std::string& signature, int half) {
  return std::string_view(signature).substr(half == 0 ? 0 : 32, 32);
}

bool AllZeroBytes(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](char byte) { return byte == 0; });
}

std::string Sha256Of(const std::string& text) {
  std::string digest(EVP_MAX_MD_SIZE, '\0');
  size_t size = 0;
  EVP_Q_digest(nullptr, "SHA256", nullptr, text.data(), text.size(),
               reinterpret_cast<unsigned char*>(digest.data()), &size);
  digest.resize(size);
  return digest;
}

// The PCK certificate's key, after its chain was found to hold.
absl::StatusOr<EcdsaKey> CheckPckChain(const std::string& pem, const TrustAnchors& anchors,
                                       absl::Time now, std::string* issuer) {
  BF_ASSIGN_OR_RETURN(const std::vector<ChainCertificate> chain, ChainCertificate::FromPem(pem));
  if (chain.size() != 3) {
    return Refused("chain_signature",
                   absl::StrFormat("a chain of %d certificates; expected 3", chain.size()));
  }
  if (anchors.intel_root.empty() || chain[2].Sha256Hex() != anchors.intel_root) {
    return Refused("root_untrusted", absl::StrFormat("the root is not Intel's but '%s'",
                                                     chain[2].SubjectCommonName()));
  }
  if (chain[0].SubjectCommonName() != "Intel SGX PCK Certificate") {
    return Refused("leaf_kind",
                   absl::StrFormat("the leaf is '%s'; expected 'Intel SGX PCK Certificate'",
                                   chain[0].SubjectCommonName()));
  }
  *issuer = chain[1].SubjectCommonName();
  if (*issuer != "Intel SGX PCK Platform CA" && *issuer != "Intel SGX PCK Processor CA") {
    return Refused("intermediate_kind", absl::StrFormat("the intermediate is '%s'", *issuer));
  }
  for (const ChainCertificate& certificate : chain) {
    BF_RETURN_IF_ERROR(certificate.CheckSignedByEcdsa256());
  }
  BF_RETURN_IF_ERROR(CheckChainOfThree(chain[0], chain[1], chain[2], now));
  return EcdsaKey::OfCertificate(chain[0], EcdsaKey::Curve::kP256);
}

absl::Status CheckTdxSignatures(const TdxQuote& quote, const EcdsaKey& pck) {
  if (!pck.Verifies(quote.qe_report, HalfOf(quote.qe_signature, 0),
                    HalfOf(quote.qe_signature, 1))) {
    return Refused("qe_signature", "the quoting enclave's report was not signed by the PCK key");
  }
  // Without this, anybody's key could sign quotes.
  const std::string_view named = std::string_view(quote.qe_report).substr(320, 64);
  const std::string expected = Sha256Of(quote.attestation_key + quote.qe_auth_data);
  if (named.substr(0, 32) != expected || !AllZeroBytes(named.substr(32))) {
    return Refused("qe_report_data", "the quoting enclave vouches for another attestation key");
  }
  BF_ASSIGN_OR_RETURN(const EcdsaKey key,
                      EcdsaKey::OfPoint(quote.attestation_key, EcdsaKey::Curve::kP256));
  if (key.Verifies(quote.signed_part, HalfOf(quote.signature, 0), HalfOf(quote.signature, 1))) {
    return absl::OkStatus();
  }
  return Refused("quote_signature", "the quote was not signed by its attestation key");
}

absl::Status CheckTdxPolicy(const TdxQuote& quote) {
  if ((quote.td_attributes & kTdDebug) != 0) {
    return Refused("debug", "the host may debug this guest: read and write its memory");
  }
  if ((quote.td_attributes & kTdUntrusted) != 0) {
    return Refused("td_attributes", "reserved attributes of the guest are set");
  }
  if (!AllZeroBytes(quote.seam_signer) || quote.seam_attributes != 0) {
    return Refused("seam_module", "the TDX module is not Intel's, or not a production one");
  }
  if ((quote.td_attributes & kTdMigratable) != 0 || !AllZeroBytes(quote.service_td)) {
    return Refused("policy_migrate", "another guest may move this one elsewhere");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<TdxFindings> CheckTdxQuoteWithoutTcb(std::string_view bytes,
                                                    std::string_view report_data,
                                                    const TrustAnchors& anchors, absl::Time now) {
  BF_ASSIGN_OR_RETURN(const TdxQuote quote, ParseTdxQuote(bytes));
  TdxFindings findings;
  BF_ASSIGN_OR_RETURN(const EcdsaKey pck,
                      CheckPckChain(quote.chain, anchors, now, &findings.issuer));
  BF_RETURN_IF_ERROR(CheckTdxSignatures(quote, pck));
  BF_RETURN_IF_ERROR(CheckTdxPolicy(quote));
  if (report_data.size() != quote.report_data.size() ||
      CRYPTO_memcmp(report_data.data(), quote.report_data.data(), report_data.size()) != 0) {
    return Refused("report_data", "the quote is about another nonce or key");
  }
  findings.measurement = absl::BytesToHexString(quote.mrtd);
  return findings;
}

}  // namespace benchfleet
