// Invented hosts and results that the golden tests show: the same on every machine.
#pragma once

#include "base/ids.h"
#include "benchctl/fake_client.h"

namespace benchfleet {

// 2026-11-21 07:00:00 UTC: what the tests' clock says.
absl::Time CannedNow();

HostStatus CannedHost(const std::string& name);
JobStatus CannedStatus(uint64_t job, const std::string& name, State state, uint64_t done,
                       uint64_t all);

// A sweep of proofs and hashes on two hosts: phases, throughput, sizes, a run that timed out, one
// that was lost and done again, warm-up samples that must not count.
JobResults CannedSweep();

// Hosts, jobs 12 (the sweep, done), 13 (running), 14 (failed) and a plan.
FakeFleet CannedFleet();

// A run of a command on local-1: ten samples of latency near `center`, runs a percent apart.
RunData CannedExecRun(uint64_t id, const std::string& argv, uint32_t repetition, double center,
                      Random* random);
// Five of them as job `job`, called prove.
JobResults CannedExecJob(uint64_t job, const std::string& argv, double center, Random* random);

}  // namespace benchfleet
