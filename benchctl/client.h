// benchctl's view of a coordinator. Implemented by the gRPC client behind DialCoordinator() and by
// the fake in benchctl's tests. One thread. Every error names the address; a coordinator that
// cannot be reached is kUnavailable.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proto/control.h"
#include "proto/history.h"

namespace benchfleet {

struct TlsFiles;

struct ImportReceipt {
  JobId job;
  uint64_t runs = 0;
  uint64_t samples = 0;
};

class Client {
 public:
  virtual ~Client() = default;

  // Calls that answer once end after this, with an error; half a minute unless it is said.
  virtual void LimitCalls(absl::Duration most) = 0;

  virtual absl::StatusOr<Plan> Submit(const JobSpec& spec, bool dry_run) = 0;
  virtual absl::Status Cancel(JobId job, const std::string& reason) = 0;
  virtual absl::StatusOr<std::vector<JobStatus>> ListJobs(
      const JobFilter& filter) = 0;  // newest first
  // Calls `on_event` with every new status and, about ten times a second, with null. Returns OK
  // when the job has ended or `on_event` says false.
  virtual absl::Status Watch(JobId job, const std::function<bool(const JobStatus*)>& on_event) = 0;
  virtual absl::StatusOr<std::vector<HostStatus>> ListHosts(const std::string& match) = 0;
  // kNotFound with the nearest name; kFailedPrecondition says what keeps it.
  virtual absl::Status ForgetHost(const std::string& name) = 0;
  // The job first, each run before its chunks.
  virtual absl::Status ReadResults(JobId job, bool without_samples,
                                   const std::function<absl::Status(ResultPiece)>& on_piece) = 0;
  // Sends what `next` gives until it gives nothing.
  virtual absl::StatusOr<ImportReceipt> Import(
      const std::function<absl::StatusOr<std::optional<ResultPiece>>()>& next) = 0;

  // ---- over time (proto/history.h)
  // Calls `on_series` with each series that fits, by number, its newest points the oldest first.
  virtual absl::Status ReadHistory(const HistoryQuery& query,
                                   const std::function<absl::Status(SeriesHistory)>& on_series) = 0;
  // Of `setting` the name, jobs, runs, author and reason count; answers with what was stored.
  // kNotFound, kFailedPrecondition and kInvalidArgument name what is wrong with it.
  virtual absl::StatusOr<Baseline> SetBaseline(const Baseline& setting) = 0;
  virtual absl::Status RemoveBaseline(const std::string& name, const std::string& author,
                                      const std::string& reason) = 0;
  // What each name stands for, by name.
  virtual absl::StatusOr<std::vector<Baseline>> ListBaselines() = 0;
  // Its settings, the newest first, at least one; the newest may say that it was removed.
  // kNotFound with the nearest name. To compare with a baseline: FindBaseline (session.h), then
  // ReadResults of each of its jobs, of which the baseline's runs count (all with outcome ok where
  // it names none).
  virtual absl::StatusOr<std::vector<Baseline>> ShowBaseline(const std::string& name) = 0;
  // All of them or none; of each the series' id, the levels, shift, revisions and baseline count.
  virtual absl::Status Bless(const std::vector<Blessing>& blessings, const std::string& author,
                             const std::string& reason) = 0;
  virtual absl::StatusOr<std::vector<Blessing>> ListBlessings() = 0;  // oldest first
  // kAlreadyExists says who did it before.
  virtual absl::StatusOr<Acknowledgement> Acknowledge(const std::string& incident,
                                                      const std::string& author,
                                                      const std::string& reason) = 0;
  // kNotFound where none stands, with the nearest name.
  virtual absl::StatusOr<Acknowledgement> WithdrawAcknowledgement(const std::string& incident,
                                                                  const std::string& author,
                                                                  const std::string& reason) = 0;
  // All that was said, the oldest first; of each incident the newest holds.
  virtual absl::StatusOr<std::vector<Acknowledgement>> ListAcknowledgements() = 0;
  virtual absl::Status PublishSelftest(const PublishedSelftest& selftest) = 0;
};

// Does not wait for the connection: errors of the network come with the first call.
absl::StatusOr<std::unique_ptr<Client>> DialCoordinator(const std::string& address,
                                                        const TlsFiles& tls);

}  // namespace benchfleet
