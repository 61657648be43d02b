#include "workloads/prover_registry.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <set>
#include <utility>

#include "base/status.h"
#include "base/text.h"
#include "workloads/prover_described.h"
#include "workloads/prover_installation.h"

namespace benchfleet {
namespace {

constexpr char kChain[] = "chain";
constexpr int kSmallestChain = 10;
constexpr int kLargestChain = 17;
constexpr int kThreadsMax = 256;

// Another value of the element in the middle, by its lowest bit; false where there is no element.
bool FlipBit(std::string& elements) {
  const size_t count = elements.size() / kFieldElementBytes;
  if (count == 0) return false;
  char& lowest = elements[count / 2 * kFieldElementBytes + kFieldElementBytes - 1];
  lowest = static_cast<char>(lowest ^ 1);
  return true;
}

// Another digit for the last one of the longest number in `text`; false where there is none. '0'
// and '1', ... '8' and '9' differ in their lowest bit.
bool FlipDigit(std::string& text) {
  size_t best = 0;
  size_t best_end = 0;
  size_t length = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    length = std::isdigit(static_cast<unsigned char>(text[i])) ? length + 1 : 0;
    if (length > best) {
      best = length;
      best_end = i;
    }
  }
  if (best == 0) return false;
  text[best_end] = static_cast<char>(text[best_end] ^ 1);
  return true;
}

absl::Status ExpectRefused(Prover& prover, const Proof& proof, const char* what) {
  BF_ASSIGN_OR_RETURN(const Verdict verdict, prover.Verify(proof));
  if (!verdict.valid) return absl::OkStatus();
  return absl::DataLossError(absl::StrFormat("the verifier accepts %s", what));
}

// Nothing where there is none; an error where it is damaged.
absl::StatusOr<std::optional<ProverInstallation>> Installation() {
  absl::StatusOr<ProverInstallation> found = FindProverInstallation();
  if (absl::IsNotFound(found.status())) return std::nullopt;
  BF_RETURN_IF_ERROR(found.status());
  return *std::move(found);
}

std::vector<std::string> Folders(const std::optional<ProverInstallation>& installation) {
  return DescriptionFolders(installation ? installation->descriptions() : "");
}

absl::StatusOr<StringMap> Options(const ProverDescription& description, const StringMap& given) {
  StringMap options = description.options;
  std::vector<std::string> names;
  for (const auto& [name, unused] : options) names.push_back(name);
  for (const auto& [name, value] : given) {
    if (!options.contains(name)) {
      return absl::InvalidArgumentError(
          absl::StrFormat("parameter 'options': %s has no option '%s'%s", description.name, name,
                          DidYouMean(name, names)));
    }
    options[name] = value;
  }
  return options;
}

absl::StatusOr<DescribedOptions> Describe(const ProverChoice& choice) {
  DescribedOptions described;
  BF_ASSIGN_OR_RETURN(described.installation, Installation());
  BF_ASSIGN_OR_RETURN(described.description,
                      FindProverDescription(choice.prover, Folders(described.installation)));
  BF_ASSIGN_OR_RETURN(described.options, Options(described.description, choice.options));
  if (choice.warm && described.description.warm.empty()) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "parameter 'start': %s has no servants that stay, expected 'cold'", choice.prover));
  }
  described.threads = choice.threads;
  described.warm = choice.warm;
  described.new_keys = choice.new_keys;
  described.work_dir = choice.work_dir;
  return described;
}

ParameterDescription ChainSizeParameter() {
  ParameterDescription size = CountParameter(
      "size", "of circuit=chain: log2 of its gates or constraints, 10 to 17; 10 if not given", "",
      kSmallestChain, kLargestChain);
  size.only_where = "circuit";
  size.values = {kChain};
  return size;
}

}  // namespace

std::vector<ParameterDescription> ProverParameters() {
  return {OptionalParameter("prover", "the proving system and its program: docs/provers.md",
                            "ultrahonk-bb"),
          OptionalParameter(
              "circuit",
              "what is proved: an age or a score above a threshold, residency in a register, "
              "disclosure of attributes of a signed credential, a chain of hashes",
              "age"),
          ChainSizeParameter(),
          CountParameter("threads", "of the prover", "1", 1, kThreadsMax),
          OptionalParameter("start",
                            "cold: programs start anew for every witness, proof and verification; "
                            "warm: they stay, and have done one round before",
                            "cold", {"cold", "warm"}),
          OptionalParameter("keys", "cached: made once on a host; new: made in each run", "cached",
                            {"cached", "new"}),
          OfKind(ParameterKind::kMap,
                 OptionalParameter("options", "of the prover, as a map; its description names them",
                                   ""))};
}

absl::StatusOr<ProverChoice> ReadProverChoice(const Parameters& parameters) {
  ProverChoice choice;
  choice.prover = parameters.Text("prover");
  choice.circuit = parameters.Text("circuit");
  BF_ASSIGN_OR_RETURN(const int64_t threads, parameters.Count("threads"));
  choice.threads = static_cast<int>(threads);
  choice.warm = parameters.Text("start") == "warm";
  choice.new_keys = parameters.Text("keys") == "new";
  BF_ASSIGN_OR_RETURN(choice.options, parameters.TextMap("options"));
  const bool sized = !parameters.Text("size").empty();
  if (choice.circuit == kChain) {
    int64_t size = kSmallestChain;
    if (sized) {
      BF_ASSIGN_OR_RETURN(size, parameters.Count("size"));
    }
    choice.circuit += absl::StrFormat("-%d", size);
  }
  BF_RETURN_IF_ERROR(Describe(choice).status());
  return choice;
}

absl::StatusOr<ChosenProver> MakeProver(const ProverChoice& choice) {
  BF_ASSIGN_OR_RETURN(DescribedOptions described, Describe(choice));
  return ChosenProver{DescribedProver(std::move(described)), Circuit{choice.circuit}};
}

OfferedForProving FindOfferedForProving() {
  OfferedForProving offered;
  const absl::StatusOr<std::optional<ProverInstallation>> installation = Installation();
  if (!installation.ok()) return offered;
  const std::vector<std::string> folders = Folders(*installation);
  offered.provers = ProverNames(folders);
  std::set<std::string> circuits;
  for (const std::string& name : offered.provers) {
    const absl::StatusOr<ProverDescription> description = FindProverDescription(name, folders);
    if (!description.ok()) continue;
    for (const auto& [circuit, variables] : description->circuits) {
      // Of the chain the size is a parameter of its own.
      circuits.insert(circuit.rfind("chain-", 0) == 0 ? kChain : circuit);
    }
  }
  offered.circuits.assign(circuits.begin(), circuits.end());
  return offered;
}

absl::StatusOr<std::string> ProversHere() {
  BF_ASSIGN_OR_RETURN(const std::optional<ProverInstallation> installation, Installation());
  if (installation) return installation->versions;
  if (!ProverNames(Folders(installation)).empty()) return "";
  return FindProverInstallation().status();
}

absl::Status CheckThatForgeriesAreRefused(Prover& prover, const Proof& proof) {
  const auto flip = prover.proof_is_text() ? FlipDigit : FlipBit;
  Proof damaged = proof;
  if (!flip(damaged.proof)) {
    return absl::DataLossError(absl::StrFormat("a proof of %d bytes", damaged.proof.size()));
  }
  BF_RETURN_IF_ERROR(ExpectRefused(prover, damaged, "a damaged proof"));
  Proof other = proof;
  if (!flip(other.public_inputs)) return absl::OkStatus();  // a statement without any
  return ExpectRefused(prover, other, "a proof of another statement");
}

}  // namespace benchfleet
