#include "benchctl/results.h"

#include <unordered_map>
#include <utility>

#include "base/status.h"
#include "proto/chunk.h"

namespace benchfleet {

absl::StatusOr<JobResults> ReadJobResults(Client& client, JobId job, bool without_samples) {
  JobResults results;
  bool has_job = false;
  std::unordered_map<RunId, size_t> index;
  const auto take = [&](ResultPiece piece) -> absl::Status {
    if (auto* head = std::get_if<JobResult>(&piece)) {
      if (has_job) return absl::DataLossError("the coordinator sent the job twice");
      has_job = true;
      results.job = std::move(*head);
      return absl::OkStatus();
    }
    if (!has_job) return absl::DataLossError("the coordinator sent a run before its job");
    if (auto* run = std::get_if<RunResult>(&piece)) {
      index[run->run] = results.runs.size();
      results.runs.push_back({std::move(*run), {}});
      return absl::OkStatus();
    }
    RunChunks& chunks = std::get<RunChunks>(piece);
    const auto found = index.find(chunks.run);
    if (found == index.end()) {
      return absl::DataLossError(
          absl::StrFormat("the coordinator sent samples of the unknown run %d", chunks.run.value));
    }
    std::vector<SampleChunk>& to = results.runs[found->second].chunks;
    for (SampleChunk& chunk : chunks.chunks) to.push_back(std::move(chunk));
    return absl::OkStatus();
  };
  BF_RETURN_IF_ERROR(client.ReadResults(job, without_samples, take));
  if (!has_job) return absl::DataLossError("the coordinator sent no job");
  return results;
}

absl::StatusOr<std::map<std::string, std::vector<double>>> SamplesOf(const RunData& run) {
  std::map<std::string, std::vector<double>> samples;
  for (const SampleChunk& chunk : run.chunks) {
    if (chunk.warmup) continue;
    BF_RETURN_IF_ERROR(Annotate(DecodeChunk(chunk, &samples[chunk.metric]),
                                absl::StrFormat("run %d", run.result.run.value)));
  }
  for (const Metric& metric : run.result.metrics) {
    const auto source = samples.find(metric.derived_from);
    if (metric.derived_from.empty() || source == samples.end()) continue;
    std::vector<double> derived;
    derived.reserve(source->second.size());
    for (const double nanoseconds : source->second) {
      // A sample of zero has no rate; the clock could not see it.
      if (nanoseconds > 0) derived.push_back(metric.numerator / (nanoseconds / 1e9));
    }
    samples[metric.name] = std::move(derived);
  }
  return samples;
}

}  // namespace benchfleet
