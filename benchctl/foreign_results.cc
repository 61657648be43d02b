#include "benchctl/foreign_results.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <span>

#include "absl/strings/str_format.h"
#include "base/limits.h"
#include "proto/chunk.h"

namespace benchfleet {
namespace {

// More than these would make the order that a job's report has cost more than it is worth.
constexpr size_t kMostSelections = 500;

std::string Sha256Hex(const std::string& text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha256(), nullptr) != 1) return "";
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) hex += absl::StrFormat("%02x", digest[i]);
  return hex;
}

void PutFact(const std::string& name, const std::string& value, StringMap* facts) {
  (*facts)[name] = value.size() <= limits::kMaxFactBytes
                       ? value
                       : value.substr(0, limits::kMaxFactBytes / 2) + "...";
}

bool AllWhole(const std::vector<double>& values) {
  return std::all_of(values.begin(), values.end(), [](double value) {
    return std::abs(value) <= 0x1p53 && value == std::floor(value) &&
           !(value == 0 && std::signbit(value));
  });
}

void AddChunks(const std::string& metric, const std::vector<double>& values, RunData* run) {
  const bool whole = AllWhole(values);
  for (size_t begin = 0; begin < values.size(); begin += limits::kSamplesPerChunk) {
    const size_t count = std::min<size_t>(limits::kSamplesPerChunk, values.size() - begin);
    const std::span<const double> piece(values.data() + begin, count);
    SampleChunk chunk;
    chunk.metric = metric;
    chunk.first_index = begin;
    chunk.count = static_cast<uint32_t>(count);
    chunk.encoding = whole ? Encoding::kDeltaVarint : Encoding::kFloat64;
    if (whole) {
      chunk.payload = EncodeDeltaVarint(std::vector<int64_t>(piece.begin(), piece.end()));
    } else {
      chunk.payload = EncodeFloat64(piece);
    }
    run->chunks.push_back(std::move(chunk));
  }
  run->result.finished.sample_counts[metric] += values.size();
}

double PercentileOf(const Aggregate& from, double percent) {
  const auto found = from.percentiles.find(percent);
  return found == from.percentiles.end() ? 0 : found->second;
}

void AddSummary(const std::string& metric, const Aggregate& from, RunResult* run) {
  MetricSummary to;
  to.metric = metric;
  to.aggregate_only = true;
  to.count = std::max<uint64_t>(from.count, 1);
  to.median = from.median ? *from.median : PercentileOf(from, 50);
  to.mean = from.mean ? *from.mean : to.median;
  to.stddev = from.stddev.value_or(0);
  to.min = from.min.value_or(to.mean);
  to.max = from.max.value_or(to.mean);
  to.p95 = PercentileOf(from, 95);
  to.p99 = PercentileOf(from, 99);
  for (const auto& [percent, value] : from.percentiles) {
    PutFact(absl::StrFormat("%s.p%g", metric, percent), absl::StrFormat("%.17g", value),
            &run->finished.facts);
  }
  run->summaries.push_back(to);
}

RunData ToRun(const ForeignRun& from, const ForeignResults& foreign) {
  RunData run;
  RunResult& r = run.result;
  StringMap& facts = r.finished.facts;
  for (const auto& [name, value] : foreign.facts) PutFact(name, value, &facts);
  for (const auto& [name, value] : from.facts) PutFact(name, value, &facts);
  PutFact("imported_by", foreign.adapter, &facts);
  if (from.iterations > 0) PutFact("iterations", absl::StrFormat("%d", from.iterations), &facts);
  const bool failed = !from.error.empty();
  r.state = failed ? State::kFailed : State::kDone;
  r.finished.outcome = failed ? Outcome::kFailed : Outcome::kOk;
  r.finished.message = from.error;
  for (const Measured& measured : from.measured) {
    r.metrics.push_back(measured.metric);
    if (measured.aggregate && measured.samples.empty()) {
      AddSummary(measured.metric.name, *measured.aggregate, &r);
    } else if (!measured.samples.empty()) {
      AddChunks(measured.metric.name, measured.samples, &run);
    }
  }
  return run;
}

HostStatus ToHost(const ForeignMachine& machine, const std::string& name) {
  HostStatus host;
  host.name = name;
  host.fingerprint.fields = machine.identity;
  SetForeignIdentity(&host);
  if (!machine.state.empty()) {
    host.fingerprint.state_json = nlohmann::json(machine.state).dump();
    host.fingerprint.state_digest = Sha256Hex(host.fingerprint.state_json);
    host.fingerprint.fields.insert(machine.state.begin(), machine.state.end());
  }
  return host;
}

void Describe(const ForeignResults& foreign, const ForeignJob& job, JobResult* to) {
  JobStatus& status = to->status;
  status.name = to->spec.name = job.name.substr(0, limits::kMaxNameBytes);
  status.revision = to->spec.revision = job.revision.empty() ? foreign.revision : job.revision;
  status.state = State::kDone;
  const absl::Time at = foreign.at == absl::InfinitePast() ? job.at : foreign.at;
  status.created_at = status.started_at = status.finished_at = at;
  to->source = absl::StrFormat("%s (%s)", job.source, foreign.adapter);
  if (foreign.benchmarks.size() > kMostSelections) return;
  for (const ForeignBenchmark& benchmark : foreign.benchmarks) {  // in the file's order
    WorkloadSelection& selection = to->spec.workloads.emplace_back();
    selection.name = benchmark.workload;
    for (const auto& [name, value] : benchmark.parameters) selection.parameters[name] = {value};
  }
}

}  // namespace

void SetForeignIdentity(HostStatus* host) {
  HostFingerprint& print = host->fingerprint;
  if (print.fields.empty()) {
    print.identity_digest = "host:" + host->name;
    return;
  }
  print.identity_json = nlohmann::json(print.fields).dump();
  print.identity_digest = Sha256Hex(print.identity_json);
}

JobResults ToJobResults(const ForeignResults& foreign, const ForeignJob& job) {
  JobResults results;
  Describe(foreign, job, &results.job);
  const std::string name = !job.host.empty()               ? job.host
                           : !foreign.machine.host.empty() ? foreign.machine.host
                                                           : kUnknownHost;
  results.job.hosts.push_back(ToHost(foreign.machine, name.substr(0, limits::kMaxNameBytes)));
  const HostStatus& host = results.job.hosts.front();
  uint64_t failed = 0;
  uint64_t task = 0;
  for (const ForeignBenchmark& benchmark : foreign.benchmarks) {
    ++task;
    for (size_t i = 0; i < benchmark.runs.size(); ++i) {
      RunData run = ToRun(benchmark.runs[i], foreign);
      RunResult& r = run.result;
      r.run = RunId{results.runs.size() + 1};
      r.task = TaskId{task};
      r.host = host.name;
      r.workload = benchmark.workload;
      r.parameters = benchmark.parameters;
      r.repetition = static_cast<uint32_t>(i);
      r.finished.started_at = r.finished.finished_at = results.job.status.created_at;
      r.finished.identity_digest = host.fingerprint.identity_digest;
      r.finished.state_digest = host.fingerprint.state_digest;
      if (r.state == State::kFailed) ++failed;
      results.runs.push_back(std::move(run));
    }
  }
  JobStatus& status = results.job.status;
  status.runs = status.runs_done = results.runs.size();
  status.tasks = status.tasks_done = task;
  if (failed > 0) {
    status.state = State::kFailed;
    status.message = absl::StrFormat("%d of %d runs failed", failed, results.runs.size());
  }
  return results;
}

}  // namespace benchfleet
