#include "workloads/net/proving_remote.h"

#include <openssl/rand.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/escaping.h"
#include "base/limits.h"
#include "base/status.h"
#include "workloads/net/net_workloads.h"
#include "workloads/net/prover_port.h"
#include "workloads/openssl_util.h"
#include "workloads/prover_files.h"
#include "workloads/remote/proving_service.h"
#include "workloads/serve.h"

namespace benchfleet {
namespace {

constexpr char kPublicKey[] = "public_key";  // among what the server offers, hexadecimal
constexpr size_t kNonceBytes = 32;
constexpr absl::Duration kProverConnectTimeout = absl::Seconds(30);

double AsValue(int64_t ns) { return static_cast<double>(ns); }
double AsValue(absl::Duration duration) { return AsValue(absl::ToInt64Nanoseconds(duration)); }

// What of the exchange was on the way, and how much of that was the way back.
struct WayTimes {
  int64_t send_ns = 0;
  int64_t return_ns = 0;
};

WayTimes SplitWay(const ProvingExchange& exchange, absl::Duration round_trip) {
  const ProvingTimes& server = exchange.result.times;
  const int64_t way_ns =
      std::max<int64_t>(exchange.whole_ns - exchange.encrypt_ns - server.held_ns, 0);
  int64_t back_ns = absl::ToInt64Nanoseconds(round_trip) / 2;
  if (exchange.after_queued_ns != 0) {
    // From one small answer to the large one, less what the server did between them.
    back_ns += std::max<int64_t>(exchange.after_queued_ns - server.queue_ns - server.prove_ns, 0);
  }
  back_ns = std::min(back_ns, way_ns);
  return {way_ns - back_ns, back_ns};
}

}  // namespace

absl::StatusOr<std::unique_ptr<ProvingWay>> ProvingWay::Open(const ProvingPlan& plan,
                                                             const RunPeer& server,
                                                             const RunContext& context) {
  std::unique_ptr<ProvingWay> way(new ProvingWay());
  way->host_ = server.host;
  way->endpoint_ = server.endpoint;
  const auto key = server.values.find(kPublicKey);
  if (key == server.values.end()) {
    return absl::InternalError(absl::StrFormat("the server on %s told no public key", server.host));
  }
  way->announced_key_ = absl::HexStringToBytes(key->second);
  if (plan.network.none()) return way;
  if (plan.network.by_tc) {
    BF_ASSIGN_OR_RETURN(const std::string device, DeviceTowards(server.endpoint));
    BF_ASSIGN_OR_RETURN(way->qdisc_, ShapeDevice(plan.network, device, context.scratch_dir));
    return way;
  }
  BF_ASSIGN_OR_RETURN(way->relay_, Relay::Start(plan.network, server.endpoint, context.seed));
  way->endpoint_ = way->relay_->endpoint();
  return way;
}

absl::StatusOr<std::unique_ptr<ProverClient>> ProvingWay::Connect() const {
  return ProverClient::Connect(endpoint_, kProverConnectTimeout);
}

absl::StatusOr<AttestedKey> ProvingWay::Attest(ProverClient& client, const EvidenceDemand& demand,
                                               const EvidenceSources& sources) const {
  std::string nonce(kNonceBytes, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(nonce.data()), kNonceBytes) != 1) {
    return OpenSslError("drawing a nonce");
  }
  AttestedKey attested;
  BF_ASSIGN_OR_RETURN(attested.key, client.GetKey(nonce));
  const ServiceKey& key = attested.key;
  if (key.public_key != announced_key_) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "the proving service on %s shows another key than it announced: nothing is sent to it",
        host_));
  }
  absl::StatusOr<EvidenceVerdict> evidence = CheckKeyEvidence(
      key.evidence, nonce, key.public_key, demand, *sources.anchors, sources.clock->Now());
  BF_RETURN_IF_ERROR(
      Annotate(evidence.status(),
               absl::StrFormat(
                   "the evidence of %s for its key is refused and nothing is sent to it", host_)));
  attested.evidence = *std::move(evidence);
  return attested;
}

absl::Status RemoteProving::Configure(const Parameters& parameters) {
  BF_ASSIGN_OR_RETURN(plan_, ReadProvingPlan(parameters));
  return absl::OkStatus();
}

absl::Status RemoteProving::SetUp(const RunContext& context) {
  if (context.scratch_dir.empty()) {
    return absl::FailedPreconditionError("it needs a scratch folder and was given none");
  }
  subject_.prover = plan_.prover.prover;
  subject_.circuit = plan_.prover.circuit;
  return context.role == kServerRole ? SetUpServer(context) : SetUpClient(context);
}

absl::Status RemoteProving::MakeOwnProver(const std::string& work_dir) {
  if (mkdir(work_dir.c_str(), 0700) != 0) return ErrnoError(errno, "making " + work_dir);
  ProverChoice choice = plan_.prover;
  choice.work_dir = work_dir;
  BF_ASSIGN_OR_RETURN(ChosenProver chosen, MakeProver(choice));
  prover_ = std::move(chosen.prover);
  BF_ASSIGN_OR_RETURN(const Keys keys, prover_->SetUp(chosen.circuit));
  subject_.key_sha256 = Sha256Hex(keys.verification);
  facts_ = prover_->Facts();
  facts_["prover.version"] = prover_->Version();
  return absl::OkStatus();
}

absl::Status RemoteProving::SetUpServer(const RunContext& context) {
  scratch_dir_ = context.scratch_dir;
  for (size_t i = 0; i < plan_.concurrency; ++i) {
    BF_RETURN_IF_ERROR(MakeOwnProver(absl::StrFormat("%s/prover-%d", context.scratch_dir, i)));
    provers_.push_back(std::move(prover_));
  }
  facts_["proofs_at_once"] = std::to_string(plan_.concurrency);
  return absl::OkStatus();
}

absl::Status RemoteProving::SetUpClient(const RunContext& context) {
  BF_ASSIGN_OR_RETURN(const RunPeer server, FindServer(context));
  if (plan_.mode != ProvingMode::kServerOnly) {
    BF_RETURN_IF_ERROR(MakeOwnProver(context.scratch_dir + "/prover"));
    sub_phases_ = prover_->SubPhases();
  }
  BF_ASSIGN_OR_RETURN(way_, ProvingWay::Open(plan_, server, context));
  BF_ASSIGN_OR_RETURN(client_, way_->Connect());
  BF_ASSIGN_OR_RETURN(network_, client_->MeasureNetwork(SystemStopwatch()));
  BF_ASSIGN_OR_RETURN(key_, way_->Attest(*client_, plan_.demand, sources_));
  if (plan_.mode == ProvingMode::kServerOnly) subject_.key_sha256 = key_.key.subject.key_sha256;
  facts_.emplace("prover.name", subject_.prover);
  facts_.emplace("circuit.name", subject_.circuit);
  facts_["server.host"] = server.host;
  facts_["server.evidence"] =
      absl::StrFormat("level %d, %s", key_.evidence.level, key_.evidence.words);
  if (!key_.evidence.measurement.empty()) {
    facts_["server.measurement"] = key_.evidence.measurement;
  }
  facts_["network"] = plan_.network.Describe();
  facts_["cipher"] = HpkeAeadName(plan_.aead);
  facts_["connection"] = plan_.cold_connection ? "cold" : "warm";
  if (plan_.cold_connection) client_ = nullptr;
  return absl::OkStatus();
}

std::vector<Metric> RemoteProving::Metrics() const { return ProvingMetrics(plan_, prover_.get()); }

ProvingHeader RemoteProving::Header(ProvingTask task) const {
  ProvingHeader header;
  header.task = task;
  header.subject = subject_;
  header.aead = plan_.aead;
  return header;
}

absl::Status RemoteProving::RunOnce(Iteration& iteration) {
  absl::Status status =
      plan_.mode == ProvingMode::kServerOnly ? RunServerOnly(iteration) : RunCrossing(iteration);
  if (plan_.cold_connection) client_ = nullptr;  // after the whole was timed
  return status;
}

absl::Status RemoteProving::Approach(Phases& phases, Iteration& iteration) {
  if (!plan_.cold_connection) return absl::OkStatus();
  {
    const Phases::Scope timed(phases, phase::kConnect, iteration);
    BF_ASSIGN_OR_RETURN(client_, way_->Connect());
  }
  const Phases::Scope timed(phases, phase::kAttest, iteration);
  BF_ASSIGN_OR_RETURN(key_, way_->Attest(*client_, plan_.demand, sources_));
  return absl::OkStatus();
}

absl::Status RemoteProving::RunCrossing(Iteration& iteration) {
  Phases phases;
  const int64_t begin_ns = iteration.NowNs();
  std::string witness;
  const WipeAtEnd wipe(witness);
  {
    const Phases::Scope timed(phases, phase::kWitness, iteration);
    BF_ASSIGN_OR_RETURN(witness, prover_->MakeWitness());
  }
  BF_RETURN_IF_ERROR(Approach(phases, iteration));
  const bool proves = plan_.mode == ProvingMode::kRemote;
  BF_ASSIGN_OR_RETURN(ProvingExchange exchange,
                      client_->Prove(Header(proves ? ProvingTask::kProve : ProvingTask::kOpenOnly),
                                     key_.key, witness, SystemStopwatch()));
  const WayTimes way = SplitWay(exchange, network_.round_trip);
  phases.Add(phase::kEncrypt, exchange.encrypt_ns);
  phases.Add(phase::kSend, way.send_ns);
  phases.Add(phase::kDecrypt, exchange.result.times.decrypt_ns);
  if (proves) {
    phases.Add(phase::kQueue, exchange.result.times.queue_ns);
    phases.Add(phase::kProve, exchange.result.times.prove_ns);
  }
  phases.Add(phase::kReturn, way.return_ns);
  if (proves) BF_RETURN_IF_ERROR(CheckProof(exchange, phases, iteration));
  const int64_t whole_ns = iteration.NowNs() - begin_ns;
  phases.Report(whole_ns, iteration);
  ReportExchange(exchange, whole_ns, iteration);
  return absl::OkStatus();
}

absl::Status RemoteProving::CheckProof(ProvingExchange& exchange, Phases& phases,
                                       Iteration& iteration) {
  absl::StatusOr<Verdict> verdict;
  {
    const Phases::Scope timed(phases, phase::kVerify, iteration);
    verdict = prover_->Verify(exchange.result.proof);
  }
  BF_RETURN_IF_ERROR(verdict.status());
  if (!verdict->valid) {
    return absl::DataLossError(absl::StrFormat("the server's proof of %s does not verify: %s",
                                               subject_.circuit, verdict->reason));
  }
  last_ = exchange.result.proof;
  return absl::OkStatus();
}

absl::Status RemoteProving::RunServerOnly(Iteration& iteration) {
  const int64_t begin_ns = iteration.NowNs();
  Phases approach;  // not the server's
  BF_RETURN_IF_ERROR(Approach(approach, iteration));
  BF_ASSIGN_OR_RETURN(
      const ProvingExchange exchange,
      client_->Prove(Header(ProvingTask::kEverything), key_.key, "", SystemStopwatch()));
  const int64_t seen_ns = iteration.NowNs() - begin_ns;
  const ProvingTimes& server = exchange.result.times;
  Phases phases;
  phases.Add(phase::kWitness, server.witness_ns);
  phases.Add(phase::kQueue, server.queue_ns);
  phases.Add(phase::kProve, server.prove_ns);
  phases.Add(phase::kVerify, server.verify_ns);
  phases.Report(server.held_ns, iteration);
  iteration.Add(kClientLatency, AsValue(seen_ns));
  ReportExchange(exchange, server.held_ns, iteration);
  return absl::OkStatus();
}

void RemoteProving::ReportExchange(const ProvingExchange& exchange, int64_t latency_ns,
                                   Iteration& iteration) {
  if (plan_.mode != ProvingMode::kEncryptionOnly) {
    iteration.Add(kProveCpu, AsValue(exchange.result.prove_cpu));
    iteration.Add(kProverRssPeak, AsValue(exchange.result.prover_rss_peak_bytes));
    iteration.Add(kProofSize, static_cast<double>(exchange.result.proof.proof.size()));
    for (const auto& [name, time] : exchange.result.spans) {
      const bool known =
          std::find(sub_phases_.begin(), sub_phases_.end(), name) != sub_phases_.end();
      if (known) iteration.Add(SubPhase(name), AsValue(time));
    }
  }
  iteration.Add(kSentBytes, static_cast<double>(exchange.sent_bytes));
  iteration.Add(kReceivedBytes, static_cast<double>(exchange.received_bytes));
  if (first_latency_ns_ == 0) first_latency_ns_ = latency_ns;
  // What is known once a run counts with the first iteration that does.
  if (iteration.warmup() || std::exchange(told_once_, true)) return;
  iteration.Add(kFirstLatency, AsValue(first_latency_ns_));
  iteration.Add(kNetworkRtt, AsValue(network_.round_trip));
  iteration.Add(kNetworkRate, network_.bytes_per_second);
}

absl::Status RemoteProving::Validate() {
  if (plan_.mode != ProvingMode::kRemote) return absl::OkStatus();
  return CheckThatForgeriesAreRefused(*prover_, last_);
}

absl::Status RemoteProving::Serve(ServeContext& context) {
  std::unique_ptr<Qdisc> qdisc;  // of the way back
  if (plan_.network.by_tc) {
    BF_ASSIGN_OR_RETURN(const std::string device, DeviceOf(context.address()));
    BF_ASSIGN_OR_RETURN(qdisc, ShapeDevice(plan_.network, device, scratch_dir_));
  }
  ProvingService::Options options;
  options.subject = subject_;
  options.provers = std::move(provers_);
  options.queue_max = limits::kMaxProvingQueue;
  options.witness_bytes_max = limits::kMaxWitnessBytes;
  options.replay_entries_max = limits::kMaxReplayEntries;
  options.tsm = sources_.tsm;
  BF_ASSIGN_OR_RETURN(const std::unique_ptr<ProvingService> service,
                      ProvingService::Start(std::move(options), SystemStopwatch()));
  BF_ASSIGN_OR_RETURN(const std::unique_ptr<ProverPort> port,
                      ProverPort::Start(context.address(), service.get()));
  BF_RETURN_IF_ERROR(context.Ready({port->port(), {{kPublicKey, ToHex(service->public_key())}}}));
  context.stop().Wait();
  service->Stop();
  return service->verifier_health();
}

absl::Status RemoteProving::TearDown() {
  client_ = nullptr;
  way_ = nullptr;
  prover_ = nullptr;
  provers_.clear();
  return absl::OkStatus();
}

StringMap RemoteProving::Facts() const { return facts_; }

std::vector<WorkloadEntry> RemoteProvingWorkloads(const EvidenceSources& sources) {
  return {{ProvingDescription(), [sources] { return std::make_unique<RemoteProving>(sources); }}};
}

}  // namespace benchfleet
