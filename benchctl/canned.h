// Invented hosts and results that the golden tests show: the same on every machine.
#pragma once

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

}  // namespace benchfleet
