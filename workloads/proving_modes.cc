#include "workloads/proving_modes.h"

#include <algorithm>
#include <cctype>

#include "absl/strings/str_split.h"
#include "base/limits.h"
#include "base/status.h"
#include "workloads/workload.h"

namespace benchfleet {
namespace {

constexpr size_t kMeasurementDigits = 96;

struct ModeRow {
  ProvingMode mode;
  const char* name;
  std::vector<const char*> phases;
};

const std::vector<ModeRow>& Modes() {
  static const std::vector<ModeRow> modes = {
      {ProvingMode::kLocal, "local", {phase::kWitness, phase::kProve, phase::kVerify}},
      {ProvingMode::kRemote,
       "remote",
       {phase::kWitness, phase::kEncrypt, phase::kSend, phase::kQueue, phase::kDecrypt,
        phase::kProve, phase::kReturn, phase::kVerify}},
      {ProvingMode::kServerOnly,
       "server_only",
       {phase::kWitness, phase::kQueue, phase::kProve, phase::kVerify}},
      {ProvingMode::kEncryptionOnly,
       "encryption_only",
       {phase::kWitness, phase::kEncrypt, phase::kSend, phase::kDecrypt, phase::kReturn}},
  };
  return modes;
}

Metric Lower(const char* name, const char* unit) {
  return {name, unit, Direction::kLowerIsBetter, "", 0};
}

std::vector<ParameterDescription> ProvingParameters() {
  std::vector<ParameterDescription> parameters = ProverParameters();
  parameters.push_back(OptionalParameter(
      "mode",
      "local: all on this host; remote: prove on a server, the witness sealed to it; server_only: "
      "all on the server; encryption_only: remote without the proof",
      "local", {"local", "remote", "server_only", "encryption_only"}));
  parameters.push_back(NetworkParameter());
  parameters.push_back(OptionalParameter(
      "connection",
      "warm: connect and attest once, before measuring; cold: in every iteration, which adds the "
      "phases connect and attest",
      "warm", {"warm", "cold"}));
  parameters.push_back(OptionalParameter("cipher", "that seals the witness", "aes-256-gcm",
                                         {"aes-128-gcm", "aes-256-gcm", "chacha20-poly1305"}));
  parameters.push_back(CountParameter("concurrency", "proofs at once on the server", "1", 1,
                                      limits::kMaxProvingConcurrency));
  parameters.push_back(OptionalParameter(
      "require_evidence",
      "what the server's host must show before anything is sent to it: none, any, or snp, an AMD "
      "SEV-SNP report about its key; what it shows is checked in any case; of no effect on "
      "mode=local",
      "none", {"none", "any", "snp"}));
  parameters.push_back(OptionalParameter("measurements",
                                         "launch measurements that the evidence may show, of 96 "
                                         "hexadecimal digits, with commas between "
                                         "them; empty: any",
                                         ""));
  parameters.push_back(OptionalParameter(
      "vlek_providers",
      "cloud providers whose own key (VLEK) may sign evidence, such as "
      "cc-us-east-2.amazonaws.com, with commas between them; empty: only a chip's key",
      ""));
  return parameters;
}

std::vector<std::string> SplitAtCommas(const std::string& text) {
  return absl::StrSplit(text, ',', absl::SkipWhitespace());
}

bool IsMeasurement(const std::string& text) {
  return text.size() == kMeasurementDigits &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isxdigit(c); });
}

absl::StatusOr<EvidenceDemand> ReadEvidenceDemand(const Parameters& parameters) {
  EvidenceDemand demand;
  demand.required = parameters.Text("require_evidence");
  demand.snp.vlek_providers = SplitAtCommas(parameters.Text("vlek_providers"));
  demand.snp.measurements = SplitAtCommas(parameters.Text("measurements"));
  if (demand.snp.measurements.size() > limits::kMaxMeasurements) {
    return absl::InvalidArgumentError(absl::StrFormat("parameter 'measurements': %d; at most %d",
                                                      demand.snp.measurements.size(),
                                                      limits::kMaxMeasurements));
  }
  for (std::string& measurement : demand.snp.measurements) {
    if (!IsMeasurement(measurement)) {
      return absl::InvalidArgumentError(absl::StrFormat(
          "parameter 'measurements': '%s' is not %d hexadecimal digits; a run's fact "
          "server.measurement shows its server's",
          measurement, kMeasurementDigits));
    }
    for (char& digit : measurement) {
      digit = static_cast<char>(std::tolower(static_cast<unsigned char>(digit)));
    }
  }
  if (demand.required == "none" && !demand.snp.measurements.empty()) {
    return absl::InvalidArgumentError(
        "parameter 'measurements' needs require_evidence: snp, since without evidence there is "
        "none to compare");
  }
  return demand;
}

}  // namespace

absl::StatusOr<ProvingPlan> ReadProvingPlan(const Parameters& parameters) {
  ProvingPlan plan;
  BF_ASSIGN_OR_RETURN(plan.prover, ReadProverChoice(parameters));
  for (const ModeRow& row : Modes()) {
    if (parameters.Text("mode") == row.name) plan.mode = row.mode;
  }
  absl::StatusOr<NetworkProfile> network = ParseNetworkProfile(parameters.Text("network"));
  BF_RETURN_IF_ERROR(Annotate(network.status(), "parameter 'network'"));
  plan.network = *std::move(network);
  plan.cold_connection = parameters.Text("connection") == "cold";
  BF_ASSIGN_OR_RETURN(plan.aead, HpkeAeadFromName(parameters.Text("cipher")));
  BF_ASSIGN_OR_RETURN(const int64_t concurrency, parameters.Count("concurrency"));
  plan.concurrency = static_cast<size_t>(concurrency);
  BF_ASSIGN_OR_RETURN(plan.demand, ReadEvidenceDemand(parameters));
  return plan;
}

std::string SubPhase(const std::string& name) { return std::string(phase::kProve) + "/" + name; }

std::vector<Metric> ProvingMetrics(const ProvingPlan& plan, const Prover* prover) {
  const bool proves = plan.mode != ProvingMode::kEncryptionOnly;
  const bool crosses =
      plan.mode == ProvingMode::kRemote || plan.mode == ProvingMode::kEncryptionOnly;
  std::vector<Metric> metrics = {LatencyMetric(), Lower(kFirstLatency, "ns")};
  if (crosses && plan.cold_connection) {
    metrics.push_back(Lower(phase::kConnect, "ns"));
    metrics.push_back(Lower(phase::kAttest, "ns"));
  }
  for (const ModeRow& row : Modes()) {
    if (row.mode != plan.mode) continue;
    for (const char* name : row.phases) metrics.push_back(Lower(name, "ns"));
  }
  metrics.push_back(Lower(phase::kOther, "ns"));
  if (proves) {
    metrics.push_back(Lower(kProveCpu, "ns"));
    metrics.push_back(Lower(kProverRssPeak, "B"));
    metrics.push_back(Lower(kProofSize, "B"));
  }
  if (proves && prover != nullptr) {
    for (const std::string& name : prover->SubPhases()) {
      metrics.push_back({SubPhase(name), "ns", Direction::kLowerIsBetter, "", 0});
    }
  }
  if (plan.mode == ProvingMode::kLocal) {
    metrics.push_back(Lower(kSetUp, "ns"));
    return metrics;
  }
  if (!crosses) metrics.push_back(Lower(kClientLatency, "ns"));
  metrics.push_back(Lower(kSentBytes, "B"));
  metrics.push_back(Lower(kReceivedBytes, "B"));
  metrics.push_back(Lower(kNetworkRtt, "ns"));
  metrics.push_back({kNetworkRate, "B/s", Direction::kHigherIsBetter, "", 0});
  return metrics;
}

namespace {

// A description names all of them, since they depend on parameters.
std::vector<Metric> AllProvingMetrics() {
  std::vector<Metric> all;
  for (const ModeRow& row : Modes()) {
    ProvingPlan plan;
    plan.mode = row.mode;
    plan.cold_connection = true;
    for (Metric& metric : ProvingMetrics(plan, nullptr)) {
      const bool known = std::any_of(
          all.begin(), all.end(), [&](const Metric& other) { return other.name == metric.name; });
      if (!known) all.push_back(std::move(metric));
    }
  }
  return all;
}

}  // namespace

WorkloadDescription ProvingDescription() {
  WorkloadDescription description{
      "proving.prove",
      "solve a witness, make a zero-knowledge proof, verify it, here or on a server; each phase is "
      "a metric",
      ProvingParameters(),
      AllProvingMetrics(),
      "",
      "",
      ClientAndServerWhere("solves and seals the witness, verifies the proof, measures",
                           "opens the witness and proves", "mode",
                           {"remote", "server_only", "encryption_only"})};
  description.roles.front().max = 0;  // as many clients as there are: they wait in the queue
  const absl::StatusOr<std::string> here = ProversHere();
  if (here.ok()) {
    description.version = *here;
  } else {
    description.unavailable = Message(here.status());
  }
  return description;
}

void CompleteProvingDescription(WorkloadDescription* description) {
  const OfferedForProving offered = FindOfferedForProving();
  for (ParameterDescription& parameter : description->parameters) {
    if (parameter.name == "prover") parameter.allowed = offered.provers;
    if (parameter.name == "circuit") parameter.allowed = offered.circuits;
  }
}

void Phases::Report(int64_t whole_ns, Iteration& iteration) const {
  int64_t rest_ns = whole_ns;
  for (const auto& [name, ns] : times_) {
    iteration.Add(name, static_cast<double>(ns));
    rest_ns -= ns;
  }
  iteration.Add(phase::kOther, static_cast<double>(std::max<int64_t>(rest_ns, 0)));
  iteration.Add(kLatency, static_cast<double>(whole_ns));
}

}  // namespace benchfleet
