#include "benchctl/canned_proving.h"

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "benchctl/canned.h"
#include "proto/chunk.h"

namespace benchfleet {
namespace {

constexpr int kRuns = 5;
constexpr int kSamples = 4;
constexpr double kServerSpeed = 3;  // tee-1 proves so many times faster than the laptop
constexpr char kSetUp[] =
    "INSECURE test set-up: its secret is known, so anyone can forge these proofs";

// Of one proof made on the laptop, in ms.
struct Cost {
  double witness;
  double prove;
  double verify;
  double witness_bytes;
  double proof_bytes;
  double rss_bytes;
};

// CPU seconds and sizes as they were measured: UltraHonk over a chain of Poseidon2 hashes, one
// thread; Groth16 by snarkjs for the age threshold.
Cost CostOf(const std::string& prover, int size) {
  if (prover == "groth16-snarkjs") return {240, 270, 79, 9100, 723, 127e6};
  const double constraints = std::exp2(size);
  if (prover == "ultrahonk-bbjs-wasm") {
    return {2 + constraints / 200,     430 + constraints * 0.39, 90, constraints * 2.2, 14656,
            120e6 + constraints * 6000};
  }
  return {2 + constraints / 200,    110 + constraints * 0.085, 34, constraints * 2.2, 14656,
          13e6 + constraints * 1300};
}

struct Network {
  std::string name;
  double rtt_ms;
  double bytes_per_ms;
};

struct Values {
  std::string metric;
  std::string unit;
  double value;
};

// The phases of one iteration, then its other metrics; their sum is the latency.
std::vector<Values> Iteration(const Cost& cost, const std::string& mode, const Network& network) {
  std::vector<Values> values = {{"witness", "ns", cost.witness * 1e6}};
  const double bytes = cost.witness_bytes + 412;
  const double there = mode == "server_only" ? kServerSpeed : 1;
  if (mode == "remote" || mode == "encryption_only") {
    values.push_back({"connect", "ns", (2.1 + 2 * network.rtt_ms) * 1e6});
    values.push_back({"attest", "ns", (1.4 + network.rtt_ms) * 1e6});
    values.push_back({"encrypt", "ns", (0.12 + bytes / 8e5) * 1e6});
    values.push_back({"send", "ns", (network.rtt_ms / 2 + bytes / network.bytes_per_ms) * 1e6});
    values.push_back({"queue", "ns", 0.05e6});
    values.push_back({"decrypt", "ns", (0.09 + bytes / 9e5) * 1e6});
  }
  if (mode != "encryption_only") {
    const double prove = cost.prove / (mode == "remote" ? kServerSpeed : there) * 1e6;
    values.push_back({"prove", "ns", prove});
    values.push_back({"prove/sumcheck", "ns", prove * 0.31});
    values.push_back({"prove/commitments", "ns", prove * 0.52});
    values.push_back({"prove/oink", "ns", prove * 0.04});
    values.push_back({"verify", "ns", cost.verify * 1e6});
    values.push_back({"prove_cpu", "ns", prove * 0.98});
    values.push_back({"proof_size", "B", cost.proof_bytes});
    values.push_back({"prover_rss_peak", "B", cost.rss_bytes});
  }
  if (mode == "remote" || mode == "encryption_only") {
    const double back = mode == "remote" ? cost.proof_bytes : 64;
    values.push_back({"return", "ns", (network.rtt_ms / 2 + back / network.bytes_per_ms) * 1e6});
    values.push_back({"sent_bytes", "B", bytes});
    values.push_back({"received_bytes", "B", back + 2380});
    values.push_back({"network_rtt", "ns", network.rtt_ms * 1e6});
    values.push_back({"network_rate", "B/s", network.bytes_per_ms * 1e3});
  }
  return values;
}

bool IsPartOfLatency(const Values& values) {
  return values.unit == "ns" && values.metric.find('/') == std::string::npos &&
         values.metric != "prove_cpu" && values.metric != "network_rtt";
}

double Noise(Random* random, double size) {
  return std::exp(size * (random->Uniform() + random->Uniform() - 1));
}

SampleChunk Chunk(const std::string& metric, const std::vector<double>& values) {
  SampleChunk chunk;
  chunk.metric = metric;
  chunk.count = static_cast<uint32_t>(values.size());
  chunk.encoding = Encoding::kFloat64;
  chunk.payload = EncodeFloat64(values);
  return chunk;
}

void Measure(const std::vector<Values>& iteration, Random* random, RunData* run) {
  const double luck = Noise(random, 0.05);  // of the whole process
  std::vector<std::vector<double>> samples(iteration.size());
  std::vector<double> latency;
  for (int i = 0; i < kSamples; ++i) {
    double sum = 0.3e6;  // what no phase covers
    for (size_t v = 0; v < iteration.size(); ++v) {
      const bool varies = iteration[v].unit == "ns";
      const double value = iteration[v].value * (varies ? luck * Noise(random, 0.03) : 1);
      samples[v].push_back(std::round(value));
      if (IsPartOfLatency(iteration[v])) sum += samples[v].back();
    }
    latency.push_back(std::round(sum));
  }
  run->result.metrics = {{"latency", "ns", Direction::kLowerIsBetter, "", 0}};
  run->chunks.push_back(Chunk("latency", latency));
  for (size_t v = 0; v < iteration.size(); ++v) {
    run->result.metrics.push_back(
        {iteration[v].metric, iteration[v].unit, Direction::kLowerIsBetter, "", 0});
    run->chunks.push_back(Chunk(iteration[v].metric, samples[v]));
  }
}

RunData MakeRun(const StringMap& parameters, uint32_t repetition) {
  const std::string& mode = parameters.at("mode");
  RunData run;
  run.result.host = mode == "server_only" ? "tee-1" : "laptop";
  run.result.workload = "proving.prove";
  run.result.parameters = parameters;
  run.result.repetition = repetition;
  run.result.state = State::kDone;
  RunFinished& finished = run.result.finished;
  finished.outcome = Outcome::kOk;
  finished.after.quiet = true;
  finished.facts["prover.setup"] = kSetUp;
  finished.facts["prover.version"] =
      parameters.at("prover") == "groth16-snarkjs" ? "0.7.6" : "5.0.0";
  // Both builds of UltraHonk have the same keys.
  finished.facts["keys.sha256"] =
      parameters.at("prover").substr(0, 9) + parameters.at("circuit") +
      (parameters.contains("size") ? parameters.at("size") : std::string());
  if (mode == "remote" || mode == "encryption_only") {
    run.result.members = {{kClientRole, "laptop"}, {kServerRole, "tee-1"}};
    run.result.role = kClientRole;
    finished.facts["server.host"] = "tee-1";
    finished.facts["server.evidence"] =
        "level 1, genuine SEV-SNP, unknown software: a Genoa guest holds the key and was asked "
        "just now (signed by its VCEK; firmware boot loader 10, TEE 0, SNP 23, microcode 84, not "
        "judged for being the newest)";
  }
  return run;
}

void AddCell(const std::string& prover, const std::string& circuit, int size,
             const std::string& mode, const Network& network, Random* random, JobResults* results) {
  StringMap parameters = {{"prover", prover},
                          {"circuit", circuit},
                          {"mode", mode},
                          {"network", network.name},
                          {"start", "warm"}};
  if (circuit == "chain") parameters["size"] = std::to_string(size);
  for (uint32_t repetition = 0; repetition < kRuns; ++repetition) {
    RunData& run = results->runs.emplace_back(MakeRun(parameters, repetition));
    run.result.run = RunId{1000 + results->runs.size()};
    Measure(Iteration(CostOf(prover, size), mode, network), random, &run);
  }
}

HostStatus Machine(const std::string& name) {
  HostStatus host = CannedHost(name == "laptop" ? "local-1" : "vm-2");
  host.name = name;
  host.labels = {{"kind", name == "laptop" ? "local" : "tee"}};
  return host;
}

void Fail(RunData* run, Outcome outcome, const std::string& message) {
  run->result.state = State::kFailed;
  run->result.finished.outcome = outcome;
  run->result.finished.message = message;
  run->chunks.clear();
}

}  // namespace

JobResults CannedProvingSweep() {
  const Network kNone = {"none", 0.05, 1.1e6};
  const Network kLan = {"lan", 0.5, 1.2e5};
  const Network kWan = {"wan", 40, 2500};
  Random random(31);
  JobResults results;
  results.job.status = CannedStatus(31, "proving-sweep", State::kDone, 98, 100);
  results.job.hosts = {Machine("laptop"), Machine("tee-1")};
  JobSpec& spec = results.job.spec;
  spec.name = "proving-sweep";
  spec.workloads = {{"proving.prove",
                     {{"prover", {"ultrahonk-bb", "ultrahonk-bbjs-wasm", "groth16-snarkjs"}},
                      {"network", {"none", "lan", "wan"}},
                      {"circuit", {"age", "chain"}}},
                     {}}};
  spec.runs = kRuns;
  for (const int size : {10, 12, 14}) {
    AddCell("ultrahonk-bb", "chain", size, "local", kNone, &random, &results);
    AddCell("ultrahonk-bb", "chain", size, "remote", kLan, &random, &results);
    AddCell("ultrahonk-bb", "chain", size, "remote", kWan, &random, &results);
    AddCell("ultrahonk-bb", "chain", size, "server_only", kNone, &random, &results);
    AddCell("ultrahonk-bb", "chain", size, "encryption_only", kWan, &random, &results);
  }
  AddCell("groth16-snarkjs", "age", 0, "local", kNone, &random, &results);
  AddCell("groth16-snarkjs", "age", 0, "remote", kLan, &random, &results);
  for (const int size : {10, 12, 14}) {
    AddCell("ultrahonk-bbjs-wasm", "chain", size, "local", kNone, &random, &results);
  }
  Fail(&results.runs[6], Outcome::kTimedOut, "ended after 10m0s");
  Fail(&results.runs[12], Outcome::kInvalid, "the proof of chain-10 does not verify");
  ConditionValues& disturbed = results.runs[1].result.finished.after;
  disturbed.quiet = false;
  disturbed.quiet_reason = "other processes used 31.4 % of the CPU time (limit 5.0 %)";
  return results;
}

}  // namespace benchfleet
