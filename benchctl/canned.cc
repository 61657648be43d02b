#include "benchctl/canned.h"

#include <cmath>

#include "base/ids.h"
#include "proto/chunk.h"

namespace benchfleet {
namespace {

Metric MakeMetric(const std::string& name, const std::string& unit, Direction direction,
                  const std::string& derived_from = "", double numerator = 0) {
  return {name, unit, direction, derived_from, numerator};
}

SampleChunk Timings(const std::string& metric, double center, int count, uint64_t operations,
                    bool warmup, uint64_t first, Random* random) {
  std::vector<int64_t> values;
  for (int i = 0; i < count; ++i) {
    // Right-skewed, as timings are.
    const double u = random->Uniform();
    values.push_back(std::llround(center * (1 + 0.05 * u * u + (warmup ? 0.5 : 0)) *
                                  static_cast<double>(operations)));
  }
  SampleChunk chunk;
  chunk.metric = metric;
  chunk.first_index = first;
  chunk.count = static_cast<uint32_t>(count);
  chunk.encoding = Encoding::kDeltaVarint;
  chunk.payload = EncodeDeltaVarint(values);
  chunk.operations = operations;
  chunk.warmup = warmup;
  return chunk;
}

SampleChunk Sizes(const std::string& metric, double value, int count) {
  SampleChunk chunk;
  chunk.metric = metric;
  chunk.count = static_cast<uint32_t>(count);
  chunk.encoding = Encoding::kFloat64;
  chunk.payload = EncodeFloat64(std::vector<double>(static_cast<size_t>(count), value));
  return chunk;
}

RunData MakeRun(uint64_t id, const std::string& host, const std::string& workload,
                const StringMap& parameters, uint32_t repetition) {
  RunData run;
  run.result.run = RunId{id};
  run.result.task = TaskId{id / 10};
  run.result.host = host;
  run.result.workload = workload;
  run.result.parameters = parameters;
  run.result.repetition = repetition;
  run.result.state = State::kDone;
  RunFinished& finished = run.result.finished;
  finished.outcome = Outcome::kOk;
  finished.started_at = CannedNow() - absl::Minutes(30) + absl::Seconds(id);
  finished.finished_at = finished.started_at + absl::Seconds(1);
  finished.usage.wall_ns = 1'000'000'000;
  finished.usage.user_ns = 950'000'000;
  finished.usage.max_rss_bytes = static_cast<int64_t>(5'000'000 + 1000 * id);
  finished.facts["clock_pair_ns"] = host == "local-1" ? "23.4" : "41.75";
  finished.identity_digest = CannedHost(host).fingerprint.identity_digest;
  finished.state_digest = CannedHost(host).fingerprint.state_digest;
  finished.before.values["load1"] = 0.25;
  finished.before.boot_id = "b00t";
  finished.before.quiet = true;
  finished.after = finished.before;
  return run;
}

RunData ProveRun(uint64_t id, const std::string& host, uint32_t repetition, Random* random) {
  RunData run = MakeRun(id, host, "proving.prove", {{"circuit", "age"}, {"prover", "ultrahonk-bb"}},
                        repetition);
  const double factor = host == "local-1" ? 1 : 1.4;
  run.result.metrics = {MakeMetric("witness", "ns", Direction::kLowerIsBetter),
                        MakeMetric("prove", "ns", Direction::kLowerIsBetter),
                        MakeMetric("verify", "ns", Direction::kLowerIsBetter),
                        MakeMetric("latency", "ns", Direction::kLowerIsBetter),
                        MakeMetric("proof_size", "B", Direction::kLowerIsBetter)};
  for (const auto& [metric, center] : {std::pair{"witness", 4e6}, std::pair{"prove", 212e6},
                                       std::pair{"verify", 11e6}, std::pair{"latency", 227e6}}) {
    run.chunks.push_back(Timings(metric, center * factor, 1, 1, true, 0, random));
    run.chunks.push_back(Timings(metric, center * factor, 10, 1, false, 1, random));
  }
  run.chunks.push_back(Sizes("proof_size", 14080, 10));
  run.result.finished.usage.max_rss_bytes = 88'000'000;
  run.result.finished.facts["prover.version"] = "0.82.2";
  return run;
}

RunData HashRun(uint64_t id, const std::string& host, const std::string& size, double bytes,
                uint32_t repetition, Random* random) {
  RunData run = MakeRun(id, host, "crypto.sha256", {{"size", size}}, repetition);
  run.result.metrics = {
      MakeMetric("latency", "ns", Direction::kLowerIsBetter),
      MakeMetric("throughput", "B/s", Direction::kHigherIsBetter, "latency", bytes)};
  const double cost = (60 + bytes * (host == "local-1" ? 0.55 : 2.1));
  run.chunks.push_back(Timings("latency", cost, 4, 1000, true, 0, random));
  run.chunks.push_back(Timings("latency", cost, 40, 1000, false, 4, random));
  return run;
}

void Fail(RunData* run, Outcome outcome, const std::string& message) {
  run->result.state = State::kFailed;
  run->result.finished.outcome = outcome;
  run->result.finished.message = message;
  run->chunks.clear();
}

}  // namespace

absl::Time CannedNow() { return absl::FromUnixSeconds(1795244400); }

HostStatus CannedHost(const std::string& name) {
  HostStatus host;
  const bool first = name == "local-1";
  host.name = name;
  host.labels = {{"kind", first ? "local" : "cloud-vm"}};
  if (!first) host.labels["zone"] = "nürnberg";
  host.connected = first;
  host.first_seen = CannedNow() - absl::Hours(24 * 9);
  host.last_seen = CannedNow() - (first ? absl::Seconds(3) : absl::Minutes(17));
  host.agent_version = "0.1.0";
  host.doing = first ? "crypto.sha256 size=64KiB, run 2 of 3" : "";
  host.spool_bytes = first ? 0 : 12'345;
  HostFingerprint& print = host.fingerprint;
  print.identity_digest = std::string(60, first ? '1' : '2') + "abcd";
  print.state_digest = std::string(60, first ? '3' : '4') + "ef01";
  print.fields = {{"arch", "x86_64"},
                  {"cpu.model_name", first ? "AMD EPYC 9354P 32-Core Processor"
                                           : "Intel(R) Xeon(R) Platinum 8481C CPU @ 2.70GHz"},
                  {"cpu.cores", first ? "32" : "4"},
                  {"memory.total_gib", first ? "128" : "16"},
                  {"kernel.release", "6.1.0-41-amd64"},
                  {"cpufreq.governor", first ? "performance" : "absent"}};
  print.identity_json =
      R"({"arch":"","cpu.cores":"","cpu.model_name":"","memory.total_gib":"","schema":"1"})";
  print.state_json = R"({"cpufreq.governor":"","kernel.release":"","schema":"state 1"})";
  WorkloadDescription hash;
  hash.name = "crypto.sha256";
  hash.description = "SHA-256 of a block in memory";
  hash.parameters = {{"size", "bytes hashed", "1KiB", {}, false}};
  WorkloadDescription prove;
  prove.name = "proving.prove";
  prove.description = "One zero-knowledge proof, verified";
  prove.parameters = {{"circuit", "what is proven", "age", {}, false},
                      {"prover", "", "", {}, true}};
  if (!first) prove.unavailable = "no prover is installed (deploy/install-provers)";
  host.workloads = {hash, prove};
  if (first) {
    host.state_changes = {{CannedNow() - absl::Hours(30),
                           {{"kernel.release", "6.1.0-40-amd64", "6.1.0-41-amd64"},
                            {"cpufreq.governor", "powersave", "performance"}}}};
  }
  return host;
}

JobStatus CannedStatus(uint64_t job, const std::string& name, State state, uint64_t done,
                       uint64_t all) {
  JobStatus status;
  status.job = JobId{job};
  status.name = name;
  status.revision = "a1b2c3d4e5f60718";
  status.state = state;
  status.created_at = CannedNow() - absl::Minutes(31);
  status.started_at = CannedNow() - absl::Minutes(30);
  if (IsFinal(state)) status.finished_at = CannedNow() - absl::Minutes(1);
  status.runs = all;
  status.runs_done = done;
  status.tasks = 4;
  status.samples = done * 40;
  status.submitted_by = "alice";
  status.hosts = {{"local-1", true, all - all / 3, done - done / 3, 0, 30 * done,
                   IsFinal(state) ? "" : "crypto.sha256 size=1KiB, run 3 of 5"},
                  {"vm-2", false, all / 3, done / 3, 1, 10 * done,
                   IsFinal(state) ? "" : "waits for its agent"}};
  return status;
}

JobResults CannedSweep() {
  Random random(7);
  JobResults results;
  results.job.status = CannedStatus(12, "first-sweep", State::kDone, 16, 18);
  results.job.hosts = {CannedHost("local-1"), CannedHost("vm-2")};
  JobSpec& spec = results.job.spec;
  spec.name = "first-sweep";
  spec.revision = "a1b2c3d4e5f60718";
  spec.workloads = {{"proving.prove", {{"circuit", {"age"}}, {"prover", {"ultrahonk-bb"}}}, {}},
                    {"crypto.sha256", {{"size", {"1KiB", "64KiB"}}}, {}}};
  spec.hosts = {{"", 0}};
  spec.runs = 3;
  uint64_t id = 100;
  for (const char* host : {"vm-2", "local-1"}) {
    for (uint32_t repetition = 0; repetition < 3; ++repetition) {
      results.runs.push_back(ProveRun(++id, host, repetition, &random));
      results.runs.push_back(HashRun(++id, host, "64KiB", 65536, repetition, &random));
      results.runs.push_back(HashRun(++id, host, "1KiB", 1024, repetition, &random));
    }
  }
  Fail(&results.runs[3], Outcome::kTimedOut, "ended after 10m0s");
  results.runs[3].result.finished.stdout_tail = "computing the witness\nproving\t3/8\n";
  results.runs[3].result.finished.stderr_tail = "warning: \x1b[31mswap is in use\x1b[0m\n";
  Fail(&results.runs[8], Outcome::kLost, "the agent did not come back");
  ConditionValues& disturbed = results.runs[13].result.finished.after;
  disturbed.quiet = false;
  disturbed.quiet_reason = "other processes used 31.4 % of the CPU time (limit 5.0 %)";
  RunData again = HashRun(++id, "vm-2", "1KiB", 1024, 2, &random);
  again.result.attempt = 1;
  results.runs.push_back(again);
  return results;
}

FakeFleet CannedFleet() {
  FakeFleet fleet;
  fleet.hosts = {CannedHost("local-1"), CannedHost("vm-2")};
  fleet.jobs = {CannedStatus(14, "soak", State::kFailed, 3, 9),
                CannedStatus(13, "prove-age", State::kRunning, 12, 60),
                CannedStatus(12, "first-sweep", State::kDone, 16, 18)};
  fleet.jobs[0].message = "1 of 3 tasks failed: exec: run 1 of 3 crashed: signal 11";
  fleet.results[12] = CannedSweep();
  Plan& plan = fleet.plan;
  plan.job = JobId{15};
  plan.total_runs = 4;
  plan.total_tasks = 2;
  plan.seed = 42;
  plan.expected_seconds = 81;
  plan.runs_without_estimate = 2;
  plan.runs = {{"local-1", "crypto.sha256", {{"size", "1KiB"}}, 0, 0.75, false},
               {"vm-2", "exec", {{"argv", R"(["sh","-c","sha256sum '/bin/ls'"])"}}, 0, 0, true},
               {"local-1", "crypto.sha256", {{"size", "1KiB"}}, 1, 0.75, false},
               {"vm-2", "exec", {{"argv", R"(["sh","-c","sha256sum '/bin/ls'"])"}}, 1, 80, true}};
  return fleet;
}

RunData CannedExecRun(uint64_t id, const std::string& argv, uint32_t repetition, double center,
                      Random* random) {
  RunData run;
  run.result.run = RunId{id};
  run.result.host = "local-1";
  run.result.workload = "exec";
  run.result.parameters = {{"argv", argv}};
  run.result.repetition = repetition;
  run.result.state = State::kDone;
  run.result.finished.outcome = Outcome::kOk;
  run.result.finished.identity_digest = CannedHost("local-1").fingerprint.identity_digest;
  run.result.metrics = {MakeMetric("latency", "ns", Direction::kLowerIsBetter)};
  const double level = center * (1 + 0.01 * random->Uniform());
  std::vector<double> values;
  for (int i = 0; i < 10; ++i) values.push_back(level * (1 + 0.01 * random->Uniform()));
  SampleChunk chunk = Sizes("latency", 0, 10);
  chunk.payload = EncodeFloat64(values);
  run.chunks = {chunk};
  return run;
}

JobResults CannedExecJob(uint64_t job, const std::string& argv, double center, Random* random) {
  JobResults results;
  results.job.status = CannedStatus(job, "prove", State::kDone, 5, 5);
  results.job.hosts = {CannedHost("local-1")};
  results.job.spec.measurement.min_samples = 7;
  for (uint32_t i = 0; i < 5; ++i) {
    results.runs.push_back(CannedExecRun(10 * job + i, argv, i, center, random));
  }
  return results;
}

}  // namespace benchfleet
