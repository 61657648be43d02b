// proving.prove where a second host takes part: the client measures, the server proves.
// workloads/proving_modes.h tells which phase is whose.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "workloads/net/prover_client.h"
#include "workloads/proving_modes.h"
#include "workloads/remote/relay.h"
#include "workloads/remote/shaped_way.h"
#include "workloads/workload.h"

namespace benchfleet {

// A key that may be sealed to, and what its evidence was found to show.
struct AttestedKey {
  ServiceKey key;
  EvidenceVerdict evidence;
};

// The client's way to its server: the relay, the connection, the key. One thread.
class ProvingWay {
 public:
  // `server` is among the run's peers and has told its public key. Puts the relay in between where
  // the profile asks for one, or has the kernel shape it.
  static absl::StatusOr<std::unique_ptr<ProvingWay>> Open(const ProvingPlan& plan,
                                                          const RunPeer& server,
                                                          const RunContext& context);

  absl::StatusOr<std::unique_ptr<ProverClient>> Connect() const;
  // Asks for the key and checks it: that it is the one that the server told over the fleet's own
  // channels, and that its evidence holds and is what `demand` asks for. Error, FailedPrecondition:
  // it is not.
  absl::StatusOr<AttestedKey> Attest(ProverClient& client, const EvidenceDemand& demand,
                                     const EvidenceSources& sources) const;

 private:
  ProvingWay() = default;

  std::string host_;
  std::string endpoint_;  // the relay's, or the server's own
  std::string announced_key_;
  std::unique_ptr<Relay> relay_;
  std::unique_ptr<Qdisc> qdisc_;
};

// Both roles.
class RemoteProving final : public Workload {
 public:
  explicit RemoteProving(const EvidenceSources& sources) : sources_(sources) {}

  absl::Status Configure(const Parameters& parameters) override;
  absl::Status SetUp(const RunContext& context) override;
  std::vector<Metric> Metrics() const override;
  bool self_timed() const override { return true; }
  absl::Status RunOnce(Iteration& iteration) override;
  absl::Status Validate() override;
  absl::Status Serve(ServeContext& context) override;
  absl::Status TearDown() override;
  StringMap Facts() const override;

 private:
  absl::Status SetUpClient(const RunContext& context);
  absl::Status SetUpServer(const RunContext& context);
  absl::Status MakeOwnProver(const std::string& work_dir);
  absl::Status RunServerOnly(Iteration& iteration);
  absl::Status RunCrossing(Iteration& iteration);
  // Connects and attests where that is asked for in every iteration, as phases.
  absl::Status Approach(Phases& phases, Iteration& iteration);
  absl::Status CheckProof(ProvingExchange& exchange, Phases& phases, Iteration& iteration);
  void ReportExchange(const ProvingExchange& exchange, int64_t latency_ns, Iteration& iteration);
  ProvingHeader Header(ProvingTask task) const;

  const EvidenceSources sources_;
  ProvingPlan plan_;
  ProvingSubject subject_;
  std::unique_ptr<Prover> prover_;
  StringMap facts_;

  // ---- the client's
  std::unique_ptr<ProvingWay> way_;
  std::unique_ptr<ProverClient> client_;
  AttestedKey key_;
  MeasuredNetwork network_;
  std::vector<std::string> sub_phases_;
  int64_t first_latency_ns_ = 0;
  bool told_once_ = false;
  Proof last_;

  // ---- the server's
  std::string scratch_dir_;
  std::vector<std::unique_ptr<Prover>> provers_;
};

}  // namespace benchfleet
