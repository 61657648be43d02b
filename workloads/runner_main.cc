// bench-runner: one run of one workload in a process of its own. What needs gRPC is in
// bench-net-runner, so that the measured process of everything else stays small.
#include "workloads/net/names.h"
#include "workloads/runner_program.h"

int main(int argc, char** argv) {
  benchfleet::RunnerProgram program;
  program.name = "bench-runner";
  program.catalog = benchfleet::Catalog::Builtins;
  program.helper = "bench-net-runner";
  program.is_helpers = benchfleet::IsForNetRunner;
  return benchfleet::RunnerMain(argc, argv, program);
}
