// What a person names as a side of a comparison, and the results behind it.
//
// side := FILE               a path that exists, with a slash or a dot: any file of results
//       | JOB ["~" N]        a job's number, its name (the newest) or latest; ~1 is the one before
//       | "rev:" REVISION    every job of that revision (seven characters of it or more will do)
//       | "baseline:" NAME   the runs that the baseline of that name stands for
//       | "label:" KEY "=" VALUE ("," KEY "=" VALUE)*   every job with these labels
//       | "host:" NAME       the runs of one host in the job of --job
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "analysis/side.h"
#include "benchctl/any_result_file.h"
#include "benchctl/session.h"
#include "benchctl/side_of_results.h"

namespace benchfleet {

enum class SideKind { kFile, kJob, kRevision, kBaseline, kLabel, kHost };

struct SideReference {
  SideKind kind = SideKind::kJob;
  std::string text;   // without prefix and ~N
  uint32_t back = 0;  // N of ~N
  StringMap labels;   // of kLabel
};

// InvalidArgument names what cannot be read, and a path that looks like one and does not exist.
absl::StatusOr<SideReference> ParseSideReference(const std::string& text);

// Loads sides; dials the coordinator when the first of them needs it. Lives as long as a command.
class SideLoader {
 public:
  // `job` is where host: looks ("" where no --job was given).
  // Sides that are files are read as `read` says.
  SideLoader(const Session& session, SideFilter filter, std::string job, AnyFileOptions read = {})
      : session_(session),
        filter_(std::move(filter)),
        job_(std::move(job)),
        read_(std::move(read)) {}

  absl::StatusOr<Side> Load(const std::string& text);
  // A job that was read before.
  absl::StatusOr<Side> OfResults(const JobResults& results);
  // The coordinator, dialled now if it was not before.
  absl::StatusOr<Client*> Connected();
  // Null where no side needed it.
  Client* client() const { return client_.get(); }
  // Whose runs the sides are made of; none for files.
  const std::set<JobId>& jobs() const { return jobs_; }
  // InvalidArgument where flags for files were given and no side loaded so far was one.
  absl::Status CheckFileFlags() const;

 private:
  absl::StatusOr<JobResults> ReadJob(Client& client, JobId job);
  absl::StatusOr<Side> OfJob(const std::string& job, uint32_t back, const SideFilter& filter);
  absl::StatusOr<Side> OfRevision(const std::string& revision);
  absl::StatusOr<Side> OfBaseline(const std::string& name);
  absl::StatusOr<Side> OfLabels(const SideReference& reference);
  absl::StatusOr<Side> OfHost(const std::string& host);

  const Session& session_;
  SideFilter filter_;
  std::string job_;
  std::unique_ptr<Client> client_;
  std::set<JobId> jobs_;
  AnyFileOptions read_;
  bool has_file_ = false;
};

}  // namespace benchfleet
