#include "workloads/remote/proving_request.h"

namespace benchfleet {

std::string ProvingHeader::Info() const {
  std::string info = "benchfleet prove 1\n";
  const auto add = [&](const std::string& value) {
    info += std::to_string(value.size()) + ":" + value + "\n";
  };
  add(std::to_string(static_cast<int>(task)));
  add(subject.prover);
  add(subject.circuit);
  add(subject.key_sha256);
  add(HpkeAeadName(aead));
  return info;
}

}  // namespace benchfleet
