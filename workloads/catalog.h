// What this host can run: the built-in workloads and those of plug-ins, by name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "proto/model.h"
#include "workloads/workload.h"

namespace benchfleet {

// Built once at start. One thread.
class Catalog {
 public:
  // The explicit table of workloads/builtins.cc.
  static Catalog Builtins();

  // Error, AlreadyExists: the name is taken.
  absl::Status Add(WorkloadEntry entry);

  // Errors: NotFound with the nearest name; FailedPrecondition where the workload is known and
  // cannot run here, with the reason.
  absl::StatusOr<const WorkloadEntry*> Find(std::string_view name) const;

  // Sorted by name.
  std::vector<WorkloadDescription> Describe() const;

 private:
  std::vector<WorkloadEntry> entries_;
};

}  // namespace benchfleet
