// proving.prove on one host: solve a witness, make a zero-knowledge proof, verify it.
// workloads/net/proving_remote.cc is the same between two.
//
// Every proof is verified before its time counts: one that does not verify makes the run invalid.
// So does a verifier that accepts a damaged proof or another statement, which is tried once a run.
#include <memory>
#include <string>
#include <utility>

#include "base/status.h"
#include "workloads/builtins.h"
#include "workloads/prover_registry.h"
#include "workloads/proving_modes.h"
#include "workloads/remote/hpke.h"

namespace benchfleet {
namespace {

class Prove final : public Workload {
 public:
  absl::Status Configure(const Parameters& parameters) override;
  absl::Status SetUp(const RunContext& context) override;
  std::vector<Metric> Metrics() const override { return ProvingMetrics(plan_, prover_.get()); }
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
  void TellOnce(int64_t latency_ns, Iteration& iteration);
  absl::Status CheckVerdict(const absl::StatusOr<Verdict>& verdict) const;

  ProvingPlan plan_;
  std::unique_ptr<Prover> prover_;
  Keys keys_;
  int64_t first_latency_ns_ = 0;
  bool told_once_ = false;
  Proof last_;
};

absl::Status Prove::Configure(const Parameters& parameters) {
  BF_ASSIGN_OR_RETURN(plan_, ReadProvingPlan(parameters));
  // Other modes have a role, and runs in a role are bench-net-runner's.
  return absl::OkStatus();
}

absl::Status Prove::SetUp(const RunContext& context) {
  if (context.scratch_dir.empty()) {
    return absl::FailedPreconditionError("it needs a scratch folder and was given none");
  }
  plan_.prover.work_dir = context.scratch_dir;
  BF_ASSIGN_OR_RETURN(ChosenProver chosen, MakeProver(plan_.prover));
  prover_ = std::move(chosen.prover);
  BF_ASSIGN_OR_RETURN(keys_, prover_->SetUp(chosen.circuit));
  return absl::OkStatus();
}

absl::Status Prove::RunOnce(Iteration& iteration) {
  Phases phases;
  const int64_t begin_ns = iteration.NowNs();
  std::string witness;
  const WipeAtEnd wipe(witness);
  {
    const Phases::Scope timed(phases, phase::kWitness, iteration);
    BF_ASSIGN_OR_RETURN(witness, prover_->MakeWitness());
  }
  MadeProof made;
  {
    const Phases::Scope timed(phases, phase::kProve, iteration);
    BF_ASSIGN_OR_RETURN(made, prover_->Prove(witness));
  }
  {
    const Phases::Scope timed(phases, phase::kVerify, iteration);
    BF_RETURN_IF_ERROR(CheckVerdict(prover_->Verify(made.proof)));
  }
  const int64_t whole_ns = iteration.NowNs() - begin_ns;
  phases.Report(whole_ns, iteration);
  iteration.Add(kProveCpu, static_cast<double>(absl::ToInt64Nanoseconds(made.cpu)));
  iteration.Add(kProverRssPeak, static_cast<double>(made.rss_peak_bytes));
  iteration.Add(kProofSize, static_cast<double>(made.proof.proof.size()));
  for (const auto& [name, time] : made.spans) {
    iteration.Add(SubPhase(name), static_cast<double>(absl::ToInt64Nanoseconds(time)));
  }
  TellOnce(whole_ns, iteration);
  last_ = std::move(made.proof);
  return absl::OkStatus();
}

// What is known once a run counts with the first iteration that does.
void Prove::TellOnce(int64_t latency_ns, Iteration& iteration) {
  if (first_latency_ns_ == 0) first_latency_ns_ = latency_ns;
  if (iteration.warmup() || std::exchange(told_once_, true)) return;
  iteration.Add(kFirstLatency, static_cast<double>(first_latency_ns_));
  if (keys_.cached) return;
  iteration.Add(kSetUp, static_cast<double>(absl::ToInt64Nanoseconds(keys_.made_in)));
}

absl::Status Prove::CheckVerdict(const absl::StatusOr<Verdict>& verdict) const {
  BF_RETURN_IF_ERROR(verdict.status());
  if (verdict->valid) return absl::OkStatus();
  return absl::DataLossError(absl::StrFormat("the proof of %s does not verify: %s",
                                             plan_.prover.circuit, verdict->reason));
}

StringMap Prove::Facts() const {
  if (prover_ == nullptr || keys_.verification.empty()) return {};
  StringMap facts = prover_->Facts();
  facts["prover.version"] = prover_->Version();
  return facts;
}

}  // namespace

std::vector<WorkloadEntry> ProvingWorkloads() {
  return {{ProvingDescription(), [] { return std::make_unique<Prove>(); },
           /*roles_in_net_runner=*/true, CompleteProvingDescription}};
}

}  // namespace benchfleet
