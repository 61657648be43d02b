// A coordinator in memory, for tests of what benchctl says and does with the answers.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "benchctl/client.h"
#include "benchctl/results.h"

namespace benchfleet {

// What the fake answers and what it was asked; owned by the test, outlives the clients.
struct FakeFleet {
  absl::Status broken;  // every call answers this when it is not OK
  std::vector<JobStatus> jobs;
  std::vector<HostStatus> hosts;
  std::map<uint64_t, JobResults> results;
  Plan plan;
  // What each Watch in turn plays: its statuses, then its end.
  struct Play {
    std::vector<JobStatus> statuses;
    absl::Status end;
  };
  std::vector<Play> plays;
  std::function<void()> before_each_status = [] {};

  std::vector<JobSpec> submitted;
  std::vector<bool> dry_runs;
  std::vector<std::pair<JobId, std::string>> cancelled;
  std::vector<ResultPiece> imported;
  size_t plays_done = 0;
};

class FakeClient : public Client {
 public:
  explicit FakeClient(FakeFleet* fleet) : fleet_(*fleet) {}

  absl::StatusOr<Plan> Submit(const JobSpec& spec, bool dry_run) override {
    if (!fleet_.broken.ok()) return fleet_.broken;
    fleet_.submitted.push_back(spec);
    fleet_.dry_runs.push_back(dry_run);
    Plan plan = fleet_.plan;
    if (dry_run) {
      plan.job = JobId{0};
    } else {
      plan.runs.clear();
    }
    return plan;
  }

  absl::Status Cancel(JobId job, const std::string& reason) override {
    if (!fleet_.broken.ok()) return fleet_.broken;
    fleet_.cancelled.emplace_back(job, reason);
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<JobStatus>> ListJobs(uint32_t limit,
                                                  const std::string& name) override {
    if (!fleet_.broken.ok()) return fleet_.broken;
    std::vector<JobStatus> found;
    for (const JobStatus& job : fleet_.jobs) {
      if (found.size() < limit && (name.empty() || job.name == name)) found.push_back(job);
    }
    return found;
  }

  absl::Status Watch(JobId, const std::function<bool(const JobStatus*)>& on_event) override {
    if (!fleet_.broken.ok()) return fleet_.broken;
    if (fleet_.plays_done == fleet_.plays.size()) return absl::NotFoundError("no such job");
    const FakeFleet::Play& play = fleet_.plays[fleet_.plays_done++];
    for (const JobStatus& status : play.statuses) {
      fleet_.before_each_status();
      if (!on_event(&status) || !on_event(nullptr)) return absl::OkStatus();
    }
    return play.end;
  }

  absl::StatusOr<std::vector<HostStatus>> ListHosts(const std::string& match) override {
    if (!fleet_.broken.ok()) return fleet_.broken;
    std::vector<HostStatus> found;
    for (const HostStatus& host : fleet_.hosts) {
      if (match.empty() || match == "name=" + host.name) found.push_back(host);
    }
    return found;
  }

  absl::Status ReadResults(JobId job, bool without_samples,
                           const std::function<absl::Status(ResultPiece)>& on_piece) override {
    if (!fleet_.broken.ok()) return fleet_.broken;
    const auto found = fleet_.results.find(job.value);
    if (found == fleet_.results.end()) {
      return absl::NotFoundError("no job has the number " + std::to_string(job.value));
    }
    absl::Status status = on_piece(found->second.job);
    for (const RunData& run : found->second.runs) {
      if (status.ok()) status = on_piece(run.result);
      if (without_samples) continue;
      for (const SampleChunk& chunk : run.chunks) {
        if (status.ok()) status = on_piece(RunChunks{run.result.run, {chunk}});
      }
    }
    return status;
  }

  absl::StatusOr<ImportReceipt> Import(
      const std::function<absl::StatusOr<std::optional<ResultPiece>>()>& next) override {
    if (!fleet_.broken.ok()) return fleet_.broken;
    ImportReceipt receipt{JobId{77}, 0, 0};
    while (true) {
      auto piece = next();
      if (!piece.ok()) return piece.status();
      if (!piece->has_value()) return receipt;
      receipt.runs += std::holds_alternative<RunResult>(**piece);
      if (const auto* chunks = std::get_if<RunChunks>(&**piece)) {
        for (const SampleChunk& chunk : chunks->chunks) receipt.samples += chunk.count;
      }
      fleet_.imported.push_back(**std::move(piece));
    }
  }

 private:
  FakeFleet& fleet_;
};

}  // namespace benchfleet
