// proving.prove: solve a witness, make a zero-knowledge proof, verify it. The three phases are
// metrics of their own, and together the latency.
//
// Every proof is verified before its time counts: one that does not verify makes the run invalid.
// So does a verifier that accepts a damaged proof or another statement, which is tried once a run.
#include <memory>
#include <string>
#include <utility>

#include "base/status.h"
#include "workloads/builtins.h"
#include "workloads/prover_bb.h"
#include "workloads/prover_installation.h"

namespace benchfleet {
namespace {

constexpr char kUltraHonkBb[] = "ultrahonk-bb";
constexpr char kWitness[] = "witness";
constexpr char kProve[] = "prove";
constexpr char kVerify[] = "verify";
constexpr char kProveCpu[] = "prove_cpu";
constexpr char kRssPeak[] = "prover_rss_peak";
constexpr char kProofSize[] = "proof_size";
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

absl::StatusOr<std::unique_ptr<Prover>> MakeProver(const std::string& name, bool warm, int threads,
                                                   const std::string& work_dir,
                                                   const ProverInstallation& installation) {
  if (installation.name != name) {
    return absl::NotFoundError(absl::StrFormat("%s holds the prover '%s', not '%s'",
                                               installation.directory, installation.name, name));
  }
  BbOptions options{installation, threads, work_dir};
  return warm ? WarmBbProver(std::move(options)) : ColdBbProver(std::move(options));
}

class Prove final : public Workload {
 public:
  absl::Status Configure(const Parameters& parameters) override;
  absl::Status SetUp(const RunContext& context) override;
  std::vector<Metric> Metrics() const override;
  bool self_timed() const override { return true; }
  absl::Status RunOnce(Iteration& iteration) override;
  absl::Status Validate() override;
  // Ends the programs that stay.
  absl::Status TearDown() override {
    prover_ = nullptr;
    return absl::OkStatus();
  }
  StringMap Facts() const override;

 private:
  absl::Status ExpectRefused(const Proof& proof, const char* what);

  std::string prover_name_;
  std::string circuit_;
  int threads_ = 1;
  bool warm_ = false;
  std::unique_ptr<Prover> prover_;
  Keys keys_;
  Proof last_;
};

absl::Status Prove::Configure(const Parameters& parameters) {
  prover_name_ = parameters.Text("prover");
  circuit_ = parameters.Text("circuit");
  BF_ASSIGN_OR_RETURN(const int64_t threads, parameters.Integer("threads", 1, kThreadsMax));
  threads_ = static_cast<int>(threads);
  warm_ = parameters.Text("start") == "warm";
  const bool sized = !parameters.Text("size").empty();
  if (circuit_ != "chain") {
    if (!sized) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrFormat("parameter 'size': only circuit=chain has sizes, not '%s'", circuit_));
  }
  int64_t size = kSmallestChain;
  if (sized) {
    BF_ASSIGN_OR_RETURN(size, parameters.Integer("size", kSmallestChain, kLargestChain));
  }
  circuit_ += absl::StrFormat("-%d", size);
  return absl::OkStatus();
}

absl::Status Prove::SetUp(const RunContext& context) {
  if (context.scratch_dir.empty()) {
    return absl::FailedPreconditionError("it needs a scratch folder and was given none");
  }
  BF_ASSIGN_OR_RETURN(const ProverInstallation installation, FindProverInstallation());
  BF_ASSIGN_OR_RETURN(const Circuit circuit, FindCircuit(installation, circuit_));
  BF_ASSIGN_OR_RETURN(prover_,
                      MakeProver(prover_name_, warm_, threads_, context.scratch_dir, installation));
  BF_ASSIGN_OR_RETURN(keys_, prover_->SetUp(circuit));
  return absl::OkStatus();
}

std::vector<Metric> Prove::Metrics() const {
  const auto lower = [](const char* name, const char* unit) {
    return Metric{name, unit, Direction::kLowerIsBetter, "", 0};
  };
  return {LatencyMetric(),       lower(kWitness, "ns"),  lower(kProve, "ns"),
          lower(kVerify, "ns"),  lower(kProveCpu, "ns"), lower(kRssPeak, "B"),
          lower(kProofSize, "B")};
}

absl::Status Prove::RunOnce(Iteration& iteration) {
  absl::StatusOr<std::string> witness;
  {
    Iteration::Phase phase(iteration, kWitness);
    witness = prover_->MakeWitness();
  }
  BF_RETURN_IF_ERROR(witness.status());
  absl::StatusOr<MadeProof> made;
  {
    Iteration::Phase phase(iteration, kProve);
    made = prover_->Prove(*witness);
  }
  BF_RETURN_IF_ERROR(made.status());
  absl::StatusOr<Verdict> verdict;
  {
    Iteration::Phase phase(iteration, kVerify);
    verdict = prover_->Verify(made->proof);
  }
  BF_RETURN_IF_ERROR(verdict.status());
  if (!verdict->valid) {
    return absl::DataLossError(
        absl::StrFormat("the proof of %s does not verify: %s", circuit_, verdict->reason));
  }
  iteration.Add(kProveCpu, static_cast<double>(absl::ToInt64Nanoseconds(made->cpu)));
  iteration.Add(kRssPeak, static_cast<double>(made->rss_peak_bytes));
  iteration.Add(kProofSize, static_cast<double>(made->proof.proof.size()));
  last_ = std::move(made->proof);
  return absl::OkStatus();
}

// A verifier that says yes to everything would make every figure here worthless.
absl::Status Prove::Validate() {
  Proof damaged = last_;
  if (!FlipBit(damaged.proof)) {
    return absl::DataLossError(absl::StrFormat("a proof of %d bytes", damaged.proof.size()));
  }
  BF_RETURN_IF_ERROR(ExpectRefused(damaged, "a damaged proof"));
  Proof other = last_;
  if (!FlipBit(other.public_inputs)) return absl::OkStatus();  // a statement without any
  return ExpectRefused(other, "a proof of another statement");
}

absl::Status Prove::ExpectRefused(const Proof& proof, const char* what) {
  BF_ASSIGN_OR_RETURN(const Verdict verdict, prover_->Verify(proof));
  if (!verdict.valid) return absl::OkStatus();
  return absl::DataLossError(absl::StrFormat("the verifier accepts %s", what));
}

StringMap Prove::Facts() const {
  if (prover_ == nullptr || keys_.verification.empty()) return {};
  StringMap facts = prover_->Facts();
  facts["prover.version"] = prover_->Version();
  facts["vk.cached"] = keys_.cached ? "true" : "false";
  if (!keys_.cached) facts["vk.made_ns"] = std::to_string(absl::ToInt64Nanoseconds(keys_.made_in));
  return facts;
}

}  // namespace

std::vector<WorkloadEntry> ProvingWorkloads() {
  WorkloadDescription description{
      "proving.prove",
      "solve a witness, make a zero-knowledge proof, verify it; each phase is a metric",
      {OptionalParameter("prover", "the proving system and its program", kUltraHonkBb,
                         {kUltraHonkBb}),
       OptionalParameter("circuit",
                         "what is proved: an age or a score above a threshold, residency in a "
                         "register, disclosed attributes of a signed credential, a chain of hashes",
                         "age", {"age", "score", "residency", "disclosure", "chain"}),
       OptionalParameter("size", "of circuit=chain: log2 of its gates, 10 to 17; 10 if not given",
                         ""),
       OptionalParameter("threads", "of the prover", "1"),
       OptionalParameter("start",
                         "cold: programs start anew for every witness, proof and verification; "
                         "warm: they stay, and have done one round before",
                         "cold", {"cold", "warm"})},
      Prove().Metrics(),
      "",
      ""};
  const absl::StatusOr<ProverInstallation> found = FindProverInstallation();
  if (found.ok()) {
    description.version = found->version;
  } else {
    description.unavailable = Message(found.status());
  }
  return {{description, [] { return std::make_unique<Prove>(); }}};
}

}  // namespace benchfleet
