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
  std::vector<SeriesHistory> history;  // by series; points the oldest first
  std::string client_name = "alice";   // in the certificate
  absl::Time now = absl::FromUnixSeconds(1795244400);
  std::vector<Baseline> baselines;  // settings, as they were made
  std::vector<Blessing> blessings;
  std::vector<Acknowledgement> acknowledgements;
  std::vector<PublishedSelftest> selftests;

  std::vector<JobSpec> submitted;
  std::vector<bool> dry_runs;
  std::vector<std::pair<JobId, std::string>> cancelled;
  std::vector<ResultPiece> imported;
  size_t plays_done = 0;
  absl::Duration limit = absl::InfiniteDuration();  // of calls, as it was last set
};

class FakeClient : public Client {
 public:
  explicit FakeClient(FakeFleet* fleet) : fleet_(*fleet) {}

  void LimitCalls(absl::Duration most) override { fleet_.limit = most; }

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

  absl::StatusOr<std::vector<JobStatus>> ListJobs(const JobFilter& filter) override {
    if (!fleet_.broken.ok()) return fleet_.broken;
    std::vector<JobStatus> found;
    for (const JobStatus& job : fleet_.jobs) {
      if (!filter.name.empty() && job.name != filter.name) continue;
      if (!filter.revision.empty() && job.revision != filter.revision) continue;
      if (found.size() < filter.limit) found.push_back(job);
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

  absl::Status ForgetHost(const std::string& name) override {
    if (!fleet_.broken.ok()) return fleet_.broken;
    const auto host = std::find_if(fleet_.hosts.begin(), fleet_.hosts.end(),
                                   [&](const HostStatus& known) { return known.name == name; });
    if (host == fleet_.hosts.end()) return absl::NotFoundError("no host is called '" + name + "'");
    if (host->connected) {
      return absl::FailedPreconditionError("host '" + name + "' is connected");
    }
    fleet_.hosts.erase(host);
    return absl::OkStatus();
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

  // Of the filter, the fields that name series exactly, in_job, host and revision are heeded.
  absl::Status ReadHistory(const HistoryQuery& query,
                           const std::function<absl::Status(SeriesHistory)>& on_series) override {
    if (!fleet_.broken.ok()) return fleet_.broken;
    for (SeriesHistory history : fleet_.history) {
      if (!Fits(query.filter, history)) continue;
      std::erase_if(history.points, [&query](const HistoryPoint& point) {
        return (!query.filter.host.empty() && point.host != query.filter.host) ||
               (!query.filter.revision.empty() && point.revision != query.filter.revision) ||
               point.at >= query.filter.before;
      });
      if (history.points.empty()) continue;
      const size_t kept = std::min<size_t>(query.newest, history.points.size());
      history.points.erase(history.points.begin(),
                           history.points.end() - static_cast<std::ptrdiff_t>(kept));
      absl::Status status = on_series(std::move(history));
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::StatusOr<Baseline> SetBaseline(const Baseline& setting) override {
    if (!fleet_.broken.ok()) return fleet_.broken;
    Baseline stored = setting;
    stored.set_by = fleet_.client_name;
    stored.set_at = fleet_.now;
    fleet_.baselines.push_back(stored);
    return stored;
  }

  absl::Status RemoveBaseline(const std::string& name, const std::string& author,
                              const std::string& reason) override {
    if (!fleet_.broken.ok()) return fleet_.broken;
    absl::StatusOr<std::vector<Baseline>> settings = ShowBaseline(name);
    if (!settings.ok()) return settings.status();
    fleet_.baselines.push_back(
        {name, {}, {}, author, fleet_.client_name, reason, fleet_.now, true});
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<Baseline>> ListBaselines() override {
    if (!fleet_.broken.ok()) return fleet_.broken;
    std::map<std::string, Baseline> standing;
    for (const Baseline& setting : fleet_.baselines) standing[setting.name] = setting;
    std::vector<Baseline> found;
    for (const auto& [name, setting] : standing) {
      if (!setting.removed) found.push_back(setting);
    }
    return found;
  }

  absl::StatusOr<std::vector<Baseline>> ShowBaseline(const std::string& name) override {
    if (!fleet_.broken.ok()) return fleet_.broken;
    std::vector<Baseline> settings;
    for (auto it = fleet_.baselines.rbegin(); it != fleet_.baselines.rend(); ++it) {
      if (it->name == name) settings.push_back(*it);
    }
    if (settings.empty()) return absl::NotFoundError("there is no baseline '" + name + "'");
    return settings;
  }

  absl::Status Bless(const std::vector<Blessing>& blessings, const std::string& author,
                     const std::string& reason) override {
    if (!fleet_.broken.ok()) return fleet_.broken;
    for (Blessing blessing : blessings) {
      blessing.id = fleet_.blessings.size() + 1;
      blessing.author = author;
      blessing.blessed_by = fleet_.client_name;
      blessing.reason = reason;
      blessing.at = fleet_.now;
      fleet_.blessings.push_back(std::move(blessing));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<Blessing>> ListBlessings() override {
    if (!fleet_.broken.ok()) return fleet_.broken;
    return fleet_.blessings;
  }

  absl::StatusOr<Acknowledgement> Acknowledge(const std::string& incident,
                                              const std::string& author,
                                              const std::string& reason) override {
    if (!fleet_.broken.ok()) return fleet_.broken;
    if (Stands(incident)) {
      return absl::AlreadyExistsError("incident " + incident + " was acknowledged before");
    }
    fleet_.acknowledgements.push_back({fleet_.acknowledgements.size() + 1, incident, author,
                                       fleet_.client_name, reason, fleet_.now});
    return fleet_.acknowledgements.back();
  }

  absl::StatusOr<Acknowledgement> WithdrawAcknowledgement(const std::string& incident,
                                                          const std::string& author,
                                                          const std::string& reason) override {
    if (!fleet_.broken.ok()) return fleet_.broken;
    if (!Stands(incident)) {
      return absl::NotFoundError("incident " + incident + " is not acknowledged");
    }
    fleet_.acknowledgements.push_back({fleet_.acknowledgements.size() + 1, incident, author,
                                       fleet_.client_name, reason, fleet_.now, true});
    return fleet_.acknowledgements.back();
  }

  absl::StatusOr<std::vector<Acknowledgement>> ListAcknowledgements() override {
    if (!fleet_.broken.ok()) return fleet_.broken;
    return fleet_.acknowledgements;
  }

  absl::Status PublishSelftest(const PublishedSelftest& selftest) override {
    if (!fleet_.broken.ok()) return fleet_.broken;
    fleet_.selftests.push_back(selftest);
    return absl::OkStatus();
  }

 private:
  bool Stands(const std::string& incident) const {
    bool stands = false;
    for (const Acknowledgement& said : fleet_.acknowledgements) {
      if (said.incident == incident) stands = !said.withdrawn;
    }
    return stands;
  }
  static bool Fits(const HistoryFilter& filter, const SeriesHistory& history) {
    const SeriesKey& key = history.series.key;
    const bool in_job =
        std::any_of(history.points.begin(), history.points.end(),
                    [&filter](const HistoryPoint& point) { return point.job == filter.in_job; });
    return (filter.workload.empty() || key.workload == filter.workload) &&
           (filter.metric.empty() || key.metric == filter.metric) &&
           std::includes(key.parameters.begin(), key.parameters.end(), filter.parameters.begin(),
                         filter.parameters.end()) &&
           (filter.series.empty() ||
            std::count(filter.series.begin(), filter.series.end(), history.series.id) > 0) &&
           (!filter.in_job || in_job);
  }

  FakeFleet& fleet_;
};

}  // namespace benchfleet
