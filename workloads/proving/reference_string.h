// A test reference string for KZG proofs on BN254: tau^i * G1 and tau * G2 for a KNOWN tau.
//
// INSECURE by design: whoever knows tau, and everybody does, can forge proofs. It exists because a
// prover must be timed where nothing can be downloaded (an enclave, a closed network): the work of
// proving is the same for every tau.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "workloads/proving/bn254_curve.h"

namespace benchfleet {

// Every host uses this one, so that proofs and keys made on one host verify on another.
inline constexpr uint64_t kDefaultTauSeed = 1;
// bb wants one point more than the circuit's dyadic size: this serves circuits up to 2^17 gates.
inline constexpr uint64_t kDefaultReferencePoints = (uint64_t{1} << 17) + 1;
// The largest that Options accept: 4 GiB of points.
inline constexpr uint64_t kMaxReferencePoints = uint64_t{1} << 26;

// Of a curve's points written at once: 256 KiB on G1.
inline constexpr size_t kPointsPerBlock = 4096;

// 253 pseudo-random bits, the same on every machine.
Fr TauFromSeed(uint64_t seed);

// The points tau^0 * G1, tau^1 * G1, ... in order. One owner, one thread.
class PowersOfTau {
 public:
  explicit PowersOfTau(const Fr& tau);
  // The next `count` points. About 7 us of CPU each; any file format is a loop over this.
  std::vector<G1Affine> Next(size_t count);

 private:
  const FixedBaseTable<Fq> table_;
  const Fr tau_;
  Fr power_ = Fr::One();
};

G2Affine TauTimesG2(const Fr& tau);

// x then y, 32 bytes each, most significant byte first, normal form.
std::array<uint8_t, 64> EncodeG1(const G1Affine& point);
// x.c0, x.c1, y.c0, y.c1 in the same way.
std::array<uint8_t, 128> EncodeG2(const G2Affine& point);

// Writes what Barretenberg's bb reads from its `-c` directory: bn254_g1.dat (`points` points),
// bn254_g2.dat, and README-INSECURE.txt. Makes the directory; each file appears whole or not at
// all. Errors: points outside 2..kMaxReferencePoints, a file that cannot be written.
absl::Status WriteReferenceString(const std::string& directory, uint64_t points, uint64_t tau_seed);

}  // namespace benchfleet
