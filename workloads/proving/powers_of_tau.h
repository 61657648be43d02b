// A test set-up for snarkjs: its prepared `.ptau` file, for KNOWN tau, alpha and beta.
//
// INSECURE by design, as reference_string.h says. What snarkjs computes from the points of a
// ceremony ("powersoftau prepare phase2", minutes) is computed here from the secret, in the scalar
// field, at one multiplication a point.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"

namespace benchfleet {

// Serves circuits of up to 2^power constraints; 2^28 is what the field allows, and 12 GiB a file.
inline constexpr int kSmallestPtauPower = 1;
inline constexpr int kLargestPtauPower = 24;

// The file, little-endian: "ptau", version 1, 11 sections; a section is its number (4 bytes), its
// size (8 bytes) and its content. With n = 2^power:
//   1  size of a field element, the base field's order, power, power
//   2  tau^i G1, i < 2n - 1       3  tau^i G2, i < n
//   4  alpha tau^i G1, i < n      5  beta tau^i G1, i < n      6  beta G2
//   7  the number of contributions: none, since this is no ceremony
//   12, 13, 14, 15: for each k from 0 to power (12: to power + 1) the values at tau of the Lagrange
//   polynomials over the 2^k-th roots of unity, times G1, G2, alpha G1, beta G1. In the last block
//   of 12, the ceremony lacks tau^(2n - 1), and so that power is left out of it.
// A point is its coordinates in Montgomery form, 32 bytes each.
//
// It appears whole or not at all. About 7 ms of CPU for n = 2^6, 1 s for 2^12. Errors: another
// power, a file that cannot be written.
absl::Status WritePowersOfTau(const std::string& path, int power, uint64_t tau_seed);

}  // namespace benchfleet
