#include "workloads/remote/key_evidence.h"

#include <openssl/evp.h>

#include "base/status.h"

namespace benchfleet {
namespace {

constexpr char kNone[] = "none";

}  // namespace

std::string EvidenceBinding(std::string_view nonce, std::string_view public_key) {
  std::string text = "benchfleet key evidence 1\n";
  text += static_cast<char>(nonce.size());  // a bounded one: see the port
  text.append(nonce).append(public_key);
  std::string digest(EVP_MAX_MD_SIZE, '\0');
  size_t size = 0;
  EVP_Q_digest(nullptr, "SHA256", nullptr, text.data(), text.size(),
               reinterpret_cast<unsigned char*>(digest.data()), &size);
  digest.resize(size);
  return digest;
}

KeyEvidence MakeKeyEvidence(const std::string& /*binding*/) {
  return {kNone, "",
          "this host attests nothing: the key is known to be its own, not that nobody there reads "
          "the witness"};
}

absl::Status CheckKeyEvidence(const KeyEvidence& evidence, const std::string& /*binding*/) {
  if (evidence.kind == kNone) {
    if (evidence.document.empty()) return absl::OkStatus();
    return absl::FailedPreconditionError("evidence of the kind 'none' with a document");
  }
  return absl::UnimplementedError(
      absl::StrFormat("this build cannot check evidence of the kind '%s'", evidence.kind));
}

}  // namespace benchfleet
