// What bench-runner and bench-net-runner have in common: flags, the request from the agent, a run
// by hand.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "proto/model.h"
#include "workloads/catalog.h"

namespace benchfleet {

struct RunnerProgram {
  std::string name;  // "bench-runner"
  // The workloads that this program runs itself.
  std::function<Catalog()> catalog;
  // The program beside this one that has others; "" for none. `--list` shows its workloads too, and
  // a run of one of them is handed to it.
  std::string helper;
  // Whether a run is the helper's.
  std::function<bool(const RunSpec& spec, const Catalog& own)> is_helpers;
};

// The whole program. Exits with 0 when the end of the run was delivered, however it ended; by hand
// (--run) with 1 when it did not end well; 2 for flags.
int RunnerMain(int argc, char** argv, const RunnerProgram& program);

}  // namespace benchfleet
