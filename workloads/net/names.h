// Which runs are bench-net-runner's. bench-runner, which hands them over, includes this and nothing
// else of workloads/net/.
#pragma once

#include <algorithm>
#include <string_view>

#include "proto/model.h"
#include "workloads/catalog.h"

namespace benchfleet {

// The workloads that bench-net-runner describes; net_test.cc holds the list against its table.
inline constexpr std::string_view kNetWorkloads[] = {"grpc.echo"};

// Its own workloads, and those of bench-runner whose roles need gRPC.
inline bool IsForNetRunner(const RunSpec& spec, const Catalog& own) {
  if (std::find(std::begin(kNetWorkloads), std::end(kNetWorkloads), spec.workload) !=
      std::end(kNetWorkloads)) {
    return true;
  }
  const auto entry = own.Find(spec.workload);
  return !spec.role.empty() && entry.ok() && (*entry)->roles_in_net_runner;
}

}  // namespace benchfleet
