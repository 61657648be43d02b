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
#include "workloads/prover_registry.h"

namespace benchfleet {
namespace {

constexpr char kWitness[] = "witness";
constexpr char kProve[] = "prove";
constexpr char kVerify[] = "verify";
constexpr char kProveCpu[] = "prove_cpu";
constexpr char kRssPeak[] = "prover_rss_peak";
constexpr char kProofSize[] = "proof_size";
constexpr char kSetUp[] = "set_up";

// "prove/sumcheck": a part of `prove` that the prover tells of.
std::string SubPhase(const std::string& name) { return std::string(kProve) + "/" + name; }

class Prove final : public Workload {
 public:
  absl::Status Configure(const Parameters& parameters) override;
  absl::Status SetUp(const RunContext& context) override;
  std::vector<Metric> Metrics() const override;
  bool self_timed() const override { return true; }
  absl::Status RunOnce(Iteration& iteration) override;
  absl::Status Validate() override { return CheckThatForgeriesAreRefused(*prover_, last_); }
  // Ends the programs that stay.
  absl::Status TearDown() override {
    prover_ = nullptr;
    return absl::OkStatus();
  }
  StringMap Facts() const override;

 private:
  ProverChoice choice_;
  std::unique_ptr<Prover> prover_;
  Keys keys_;
  bool set_up_told_ = false;  // once a run, and only where this run made the keys
  Proof last_;
};

absl::Status Prove::Configure(const Parameters& parameters) {
  BF_ASSIGN_OR_RETURN(choice_, ReadProverChoice(parameters));
  return absl::OkStatus();
}

absl::Status Prove::SetUp(const RunContext& context) {
  if (context.scratch_dir.empty()) {
    return absl::FailedPreconditionError("it needs a scratch folder and was given none");
  }
  choice_.work_dir = context.scratch_dir;
  BF_ASSIGN_OR_RETURN(ChosenProver chosen, MakeProver(choice_));
  prover_ = std::move(chosen.prover);
  BF_ASSIGN_OR_RETURN(keys_, prover_->SetUp(chosen.circuit));
  return absl::OkStatus();
}

std::vector<Metric> Prove::Metrics() const {
  const auto lower = [](const char* name, const char* unit) {
    return Metric{name, unit, Direction::kLowerIsBetter, "", 0};
  };
  std::vector<Metric> metrics = {
      LatencyMetric(),        lower(kWitness, "ns"), lower(kProve, "ns"),    lower(kVerify, "ns"),
      lower(kProveCpu, "ns"), lower(kRssPeak, "B"),  lower(kProofSize, "B"), lower(kSetUp, "ns")};
  if (prover_ != nullptr) {
    for (const std::string& name : prover_->SubPhases()) {
      metrics.push_back(Metric{SubPhase(name), "ns", Direction::kLowerIsBetter, "", 0});
    }
  }
  return metrics;
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
        absl::StrFormat("the proof of %s does not verify: %s", choice_.circuit, verdict->reason));
  }
  iteration.Add(kProveCpu, static_cast<double>(absl::ToInt64Nanoseconds(made->cpu)));
  iteration.Add(kRssPeak, static_cast<double>(made->rss_peak_bytes));
  iteration.Add(kProofSize, static_cast<double>(made->proof.proof.size()));
  for (const auto& [name, time] : made->spans) {
    iteration.Add(SubPhase(name), static_cast<double>(absl::ToInt64Nanoseconds(time)));
  }
  if (!keys_.cached && !set_up_told_ && !iteration.warmup()) {
    set_up_told_ = true;
    iteration.Add(kSetUp, static_cast<double>(absl::ToInt64Nanoseconds(keys_.made_in)));
  }
  last_ = std::move(made->proof);
  return absl::OkStatus();
}

StringMap Prove::Facts() const {
  if (prover_ == nullptr || keys_.verification.empty()) return {};
  StringMap facts = prover_->Facts();
  facts["prover.version"] = prover_->Version();
  return facts;
}

}  // namespace

std::vector<WorkloadEntry> ProvingWorkloads() {
  WorkloadDescription description{
      "proving.prove",
      "solve a witness, make a zero-knowledge proof, verify it; each phase is a metric",
      ProverParameters(),
      Prove().Metrics(),
      "",
      ""};
  const absl::StatusOr<std::string> here = ProversHere();
  if (here.ok()) {
    description.version = *here;
  } else {
    description.unavailable = Message(here.status());
  }
  return {{description, [] { return std::make_unique<Prove>(); }}};
}

}  // namespace benchfleet
