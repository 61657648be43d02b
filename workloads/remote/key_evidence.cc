#include "workloads/remote/key_evidence.h"

#include <openssl/evp.h>

#include "attestation/refusal.h"
#include "attestation/tdx_check.h"
#include "base/status.h"

namespace benchfleet {
namespace {

constexpr char kNoEvidence[] = "none";
constexpr char kSnpEvidence[] = "snp";
constexpr char kTdxEvidence[] = "tdx";
constexpr char kAnyEvidence[] = "any";

struct EvidenceKind {
  std::string_view name;
  std::string_view provider;  // of configfs-tsm
  char code;                  // in the binding
};
constexpr EvidenceKind kEvidenceKinds[] = {{kSnpEvidence, "sev_guest", 1},
                                           {kTdxEvidence, "tdx_guest", 2}};

std::string DigestBy(const char* algorithm, const std::string& text) {
  std::string digest(EVP_MAX_MD_SIZE, '\0');
  size_t size = 0;
  EVP_Q_digest(nullptr, algorithm, nullptr, text.data(), text.size(),
               reinterpret_cast<unsigned char*>(digest.data()), &size);
  digest.resize(size);
  return digest;
}

KeyEvidence NoEvidence(const std::string& why) {
  return {kNoEvidence, "", "",
          why + "; the key is known to be its own, not that nobody there reads the witness"};
}

// Only what a client could check is worth sending.
absl::StatusOr<KeyEvidence> FetchKeyEvidence(TsmFiles& files, std::string_view nonce,
                                             std::string_view public_key) {
  KeyEvidence evidence;
  BF_ASSIGN_OR_RETURN(
      TsmEvidence tsm,
      FetchTsmEvidence(files, [&](const std::string& provider) -> absl::StatusOr<std::string> {
        for (const EvidenceKind& kind : kEvidenceKinds) {
          if (provider != kind.provider) continue;
          evidence.kind = kind.name;
          return EvidenceBinding(kind.name, nonce, public_key);
        }
        return absl::UnimplementedError(absl::StrFormat(
            "this host gives evidence by '%s', which is not among what is checked here", provider));
      }));
  if (evidence.kind == kSnpEvidence) {
    BF_ASSIGN_OR_RETURN(const SnpReport report, ParseSnpReport(tsm.outblob));
    BF_RETURN_IF_ERROR(ParseSnpCertificates(tsm.auxblob, report.signer).status());
  } else {
    BF_RETURN_IF_ERROR(ParseTdxQuote(tsm.outblob).status());
  }
  evidence.document = std::move(tsm.outblob);
  evidence.certificates = std::move(tsm.auxblob);
  return evidence;
}

absl::StatusOr<EvidenceVerdict> CheckSnpKeyEvidence(const KeyEvidence& evidence,
                                                    const std::string& about,
                                                    const SnpPolicy& policy,
                                                    const TrustAnchors& anchors, absl::Time now) {
  BF_ASSIGN_OR_RETURN(const SnpReport report, ParseSnpReport(evidence.document));
  BF_ASSIGN_OR_RETURN(const SnpCertificates certificates,
                      ParseSnpCertificates(evidence.certificates, report.signer));
  BF_ASSIGN_OR_RETURN(const SnpFindings findings, CheckSnpEvidence(evidence.document, certificates,
                                                                   about, policy, anchors, now));
  EvidenceVerdict verdict;
  verdict.level = findings.measurement_listed ? 2 : 1;
  verdict.measurement = findings.measurement;
  verdict.words = absl::StrFormat(
      "genuine SEV-SNP, %s software: a %s guest holds the key and was asked just now (signed by "
      "its %s; firmware %s, not judged for being the newest)",
      findings.measurement_listed ? "allow-listed" : "unknown", findings.product, findings.signer,
      findings.tcb);
  return verdict;
}

absl::StatusOr<EvidenceVerdict> CheckTdxKeyEvidence(const KeyEvidence& evidence,
                                                    const std::string& about,
                                                    const TrustAnchors& anchors, absl::Time now) {
  BF_ASSIGN_OR_RETURN(const TdxFindings findings,
                      CheckTdxQuoteWithoutTcb(evidence.document, about, anchors, now));
  EvidenceVerdict verdict;  // level 0: keys that leaked from old firmware would do as well
  verdict.measurement = findings.measurement;
  verdict.words = absl::StrFormat(
      "Intel TDX, TCB not judged: a quote about this key, asked just now, is signed down from the "
      "%s, but whether that platform's firmware is up to date or its keys were withdrawn is not "
      "known",
      findings.issuer);
  return verdict;
}

}  // namespace

absl::StatusOr<std::string> EvidenceBinding(std::string_view kind, std::string_view nonce,
                                            std::string_view public_key) {
  for (const EvidenceKind& known : kEvidenceKinds) {
    if (kind != known.name) continue;
    std::string text("benchfleet key evidence 2");
    text += '\0';
    text += known.code;
    text += static_cast<char>(nonce.size());  // a bounded one: see the port
    text.append(nonce).append(DigestBy("SHA256", std::string(public_key)));
    return DigestBy("SHA512", text);
  }
  return absl::UnimplementedError(
      absl::StrFormat("this build knows no evidence of the kind '%s'", kind));
}

KeyEvidence MakeKeyEvidence(TsmFiles& files, std::string_view nonce, std::string_view public_key) {
  absl::StatusOr<KeyEvidence> evidence = FetchKeyEvidence(files, nonce, public_key);
  return evidence.ok() ? *std::move(evidence) : NoEvidence(Message(evidence.status()));
}

absl::StatusOr<EvidenceVerdict> CheckKeyEvidence(const KeyEvidence& evidence,
                                                 std::string_view nonce,
                                                 std::string_view public_key,
                                                 const EvidenceDemand& demand,
                                                 const TrustAnchors& anchors, absl::Time now) {
  EvidenceVerdict verdict;
  if (evidence.kind == kNoEvidence) {
    if (!evidence.document.empty() || !evidence.certificates.empty()) {
      return Refused("evidence_format", "evidence of the kind 'none' with a document");
    }
    verdict.words = "self-reported: " + evidence.statement;
  } else {
    BF_ASSIGN_OR_RETURN(const std::string about, EvidenceBinding(evidence.kind, nonce, public_key));
    if (evidence.kind == kSnpEvidence) {
      BF_ASSIGN_OR_RETURN(verdict, CheckSnpKeyEvidence(evidence, about, demand.snp, anchors, now));
    } else {
      BF_ASSIGN_OR_RETURN(verdict, CheckTdxKeyEvidence(evidence, about, anchors, now));
    }
  }
  const bool kind_fits = demand.required == kAnyEvidence || demand.required == evidence.kind;
  if (demand.required == kNoEvidence || (kind_fits && verdict.level > 0)) return verdict;
  return Refused("evidence_required",
                 absl::StrFormat("require_evidence is '%s' and the host shows '%s' (%s)",
                                 demand.required, evidence.kind, verdict.words));
}

const EvidenceSources& SystemEvidenceSources() {
  static KernelTsmFiles files;
  static const EvidenceSources sources = {&files, &PinnedTrustAnchors(), &SystemClock()};
  return sources;
}

}  // namespace benchfleet
