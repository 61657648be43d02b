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

  virtual absl::StatusOr<Plan> Submit(const JobSpec& spec, bool dry_run) = 0;
  virtual absl::Status Cancel(JobId job, const std::string& reason) = 0;
  // Newest first; `name` "" is any.
  virtual absl::StatusOr<std::vector<JobStatus>> ListJobs(uint32_t limit,
                                                          const std::string& name) = 0;
  // Calls `on_event` with every new status and, about ten times a second, with null. Returns OK
  // when the job has ended or `on_event` says false.
  virtual absl::Status Watch(JobId job, const std::function<bool(const JobStatus*)>& on_event) = 0;
  virtual absl::StatusOr<std::vector<HostStatus>> ListHosts(const std::string& match) = 0;
  // The job first, each run before its chunks.
  virtual absl::Status ReadResults(JobId job, bool without_samples,
                                   const std::function<absl::Status(ResultPiece)>& on_piece) = 0;
  // Sends what `next` gives until it gives nothing.
  virtual absl::StatusOr<ImportReceipt> Import(
      const std::function<absl::StatusOr<std::optional<ResultPiece>>()>& next) = 0;
};

// Does not wait for the connection: errors of the network come with the first call.
absl::StatusOr<std::unique_ptr<Client>> DialCoordinator(const std::string& address,
                                                        const TlsFiles& tls);

}  // namespace benchfleet
