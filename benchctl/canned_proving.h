// Invented results of a proving sweep, of the size that real provers show: what the golden tests of
// the proving report print.
#pragma once

#include "benchctl/results.h"

namespace benchfleet {

// Job 31: a laptop and tee-1, five runs of four samples. ultrahonk-bb over wan breaks even at about
// 2^12, over lan it is faster throughout; groth16-snarkjs proves age alone, and remotely faster.
// One remote run timed out, one proof was invalid, one run was not quiet; the set-ups are test
// set-ups.
JobResults CannedProvingSweep();

}  // namespace benchfleet
