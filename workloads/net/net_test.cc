// What bench-runner believes of bench-net-runner.
#include <set>
#include <string>

#include "gtest/gtest.h"
#include "workloads/builtins.h"
#include "workloads/net/names.h"
#include "workloads/net/net_workloads.h"

namespace benchfleet {
namespace {

std::set<std::string> Names(const Catalog& catalog) {
  std::set<std::string> names;
  for (const WorkloadDescription& workload : catalog.Describe()) names.insert(workload.name);
  return names;
}

TEST(NetWorkloadsTest, EachIsKnownToBenchRunner) {
  const Catalog builtins = Catalog::Builtins();
  std::set<std::string> known(std::begin(kNetWorkloads), std::end(kNetWorkloads));
  for (const WorkloadEntry& entry : BuiltinWorkloads()) {
    if (entry.roles_in_net_runner) known.insert(entry.description.name);
  }
  EXPECT_EQ(Names(NetWorkloads()), known);
}

TEST(NetWorkloadsTest, OnlyTheirRunsAreHandedOver) {
  const Catalog builtins = Catalog::Builtins();
  RunSpec spec;
  spec.workload = "grpc.echo";
  EXPECT_TRUE(IsForNetRunner(spec, builtins));
  for (const char* workload : {"crypto.sha256", "grpc.ecko", "proving.prove"}) {
    spec.workload = workload;
    EXPECT_FALSE(IsForNetRunner(spec, builtins)) << workload;
  }
}

}  // namespace
}  // namespace benchfleet
