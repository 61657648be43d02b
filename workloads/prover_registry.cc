#include "workloads/prover_registry.h"

#include <utility>

#include "base/status.h"
#include "workloads/prover_bb.h"
#include "workloads/prover_installation.h"

namespace benchfleet {
namespace {

constexpr char kUltraHonkBb[] = "ultrahonk-bb";
constexpr char kChain[] = "chain";
constexpr int kSmallestChain = 10;
constexpr int kLargestChain = 17;
constexpr int kThreadsMax = 256;
constexpr size_t kElementBytes = 32;

// Another value of the element in the middle, by its lowest bit; false where there is no element.
bool FlipBit(std::string& elements) {
  const size_t count = elements.size() / kElementBytes;
  if (count == 0) return false;
  char& lowest = elements[count / 2 * kElementBytes + kElementBytes - 1];
  lowest = static_cast<char>(lowest ^ 1);
  return true;
}

absl::Status ExpectRefused(Prover& prover, const Proof& proof, const char* what) {
  BF_ASSIGN_OR_RETURN(const Verdict verdict, prover.Verify(proof));
  if (!verdict.valid) return absl::OkStatus();
  return absl::DataLossError(absl::StrFormat("the verifier accepts %s", what));
}

}  // namespace

std::vector<ParameterDescription> ProverParameters() {
  return {OptionalParameter("prover", "the proving system and its program", kUltraHonkBb,
                            {kUltraHonkBb}),
          OptionalParameter(
              "circuit",
              "what is proved: an age or a score above a threshold, residency in a register, "
              "disclosed attributes of a signed credential, a chain of hashes",
              "age", {"age", "score", "residency", "disclosure", kChain}),
          OptionalParameter("size",
                            "of circuit=chain: log2 of its gates, 10 to 17; 10 if not given", ""),
          OptionalParameter("threads", "of the prover", "1"),
          OptionalParameter("start",
                            "cold: programs start anew for every witness, proof and verification; "
                            "warm: they stay, and have done one round before",
                            "cold", {"cold", "warm"})};
}

absl::StatusOr<ProverChoice> ReadProverChoice(const Parameters& parameters) {
  ProverChoice choice;
  choice.prover = parameters.Text("prover");
  choice.circuit = parameters.Text("circuit");
  BF_ASSIGN_OR_RETURN(const int64_t threads, parameters.Integer("threads", 1, kThreadsMax));
  choice.threads = static_cast<int>(threads);
  choice.warm = parameters.Text("start") == "warm";
  const bool sized = !parameters.Text("size").empty();
  if (choice.circuit != kChain) {
    if (!sized) return choice;
    return absl::InvalidArgumentError(absl::StrFormat(
        "parameter 'size': only circuit=chain has sizes, not '%s'", choice.circuit));
  }
  int64_t size = kSmallestChain;
  if (sized) {
    BF_ASSIGN_OR_RETURN(size, parameters.Integer("size", kSmallestChain, kLargestChain));
  }
  choice.circuit += absl::StrFormat("-%d", size);
  return choice;
}

absl::StatusOr<ChosenProver> MakeProver(const ProverChoice& choice) {
  BF_ASSIGN_OR_RETURN(const ProverInstallation installation, FindProverInstallation());
  ChosenProver chosen;
  BF_ASSIGN_OR_RETURN(chosen.circuit, FindCircuit(installation, choice.circuit));
  if (installation.name != choice.prover) {
    return absl::NotFoundError(absl::StrFormat("%s holds the prover '%s', not '%s'",
                                               installation.directory, installation.name,
                                               choice.prover));
  }
  BbOptions options{installation, choice.threads, choice.work_dir};
  chosen.prover = choice.warm ? WarmBbProver(std::move(options)) : ColdBbProver(std::move(options));
  return chosen;
}

absl::Status CheckThatForgeriesAreRefused(Prover& prover, const Proof& proof) {
  Proof damaged = proof;
  if (!FlipBit(damaged.proof)) {
    return absl::DataLossError(absl::StrFormat("a proof of %d bytes", damaged.proof.size()));
  }
  BF_RETURN_IF_ERROR(ExpectRefused(prover, damaged, "a damaged proof"));
  Proof other = proof;
  if (!FlipBit(other.public_inputs)) return absl::OkStatus();  // a statement without any
  return ExpectRefused(prover, other, "a proof of another statement");
}

}  // namespace benchfleet
