#include "agent/workload_list.h"

#include <memory>
#include <utility>

#include "base/status.h"
#include "base/subprocess.h"
#include "proto/convert.h"

namespace benchfleet {
namespace {

constexpr size_t kListBytesMax = 4u << 20;

}  // namespace

absl::StatusOr<WorkloadList> ListWorkloads(std::vector<std::string> command) {
  WorkloadList list;
  const std::string program = command[0];
  command.push_back("--list");
  // For this one command: the runs' own spawner may be busy, and is in its control group.
  BF_ASSIGN_OR_RETURN(const std::unique_ptr<Spawner> spawner, Spawner::Start());
  CommandOptions options;
  options.output_bytes_max = kListBytesMax;
  const std::string what = absl::StrFormat("asking '%s --list' what this host can run", command[0]);
  absl::StatusOr<CommandResult> result = RunCommand(*spawner, std::move(command), options);
  if (!result.ok()) return Annotate(result.status(), what);
  if (!result->succeeded()) {
    return Annotate(absl::FailedPreconditionError(result->Describe()), what);
  }
  auto workloads = WorkloadsFromJson(result->output.Bytes(), &list.depends_on, &list.plugins);
  if (!workloads.ok()) return Annotate(workloads.status(), what);
  list.workloads = *std::move(workloads);
  list.depends_on.push_back(program);
  return list;
}

}  // namespace benchfleet
