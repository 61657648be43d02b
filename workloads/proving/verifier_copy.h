// A copy of a Barretenberg `bb` whose verifier trusts the test reference string.
//
// bb carries tau * G2 of the public set-up ("Ignition") inside its executable, so an untouched bb
// proves under any reference string but verifies only under the public one. The copy differs from
// the original in exactly these 128 bytes. It is made for VERIFYING under the test string: the
// prover stays the untouched original, and with a real reference string no copy is needed.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "absl/status/status.h"

namespace benchfleet {

// tau * G2 of the public set-up, encoded as EncodeG2 does. Source: any verifier contract that
// Barretenberg writes ("write_solidity_verifier").
const std::array<uint8_t, 128>& PublicSetupTauG2();

// Writes to `out` a copy of the program `bb` that verifies under the test string of `tau_seed`.
// Refuses (FailedPrecondition), writing nothing, unless the constant occurs exactly once: a bb of
// another build may hold it differently, and then nothing may be guessed.
absl::Status WriteVerifierCopy(const std::string& bb, const std::string& out, uint64_t tau_seed);

}  // namespace benchfleet
