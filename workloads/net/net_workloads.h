// The table of bench-net-runner: workloads between hosts that need gRPC. A new family is a file, a
// row in net_workloads.cc and, unless bench-runner describes it
// (WorkloadEntry::roles_in_net_runner), a name in names.h.
#pragma once

#include <vector>

#include "workloads/catalog.h"
#include "workloads/remote/key_evidence.h"
#include "workloads/workload.h"

namespace benchfleet {

Catalog NetWorkloads();

// ---- the families, one file each
std::vector<WorkloadEntry> EchoWorkloads();  // grpc_echo.cc: grpc.echo
// proving_remote.cc: proving.prove in a role. What `sources` points to lives longer.
std::vector<WorkloadEntry> RemoteProvingWorkloads(
    const EvidenceSources& sources = SystemEvidenceSources());

}  // namespace benchfleet
