// bench-net-runner: as bench-runner, for workloads that need gRPC. bench-runner hands over to it.
#include "proto/transport_port.h"
#include "workloads/net/net_workloads.h"
#include "workloads/runner_program.h"

int main(int argc, char** argv) {
  benchfleet::RequireTls13();
  benchfleet::RunnerProgram program;
  program.name = "bench-net-runner";
  program.catalog = benchfleet::NetWorkloads;
  return benchfleet::RunnerMain(argc, argv, program);
}
