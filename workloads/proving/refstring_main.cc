// bench-refstring: makes the test reference strings of bb and of snarkjs, and the copies of bb that
// verify under them.
#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdio>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include "base/status.h"
#include "workloads/proving/powers_of_tau.h"
#include "workloads/proving/reference_string.h"
#include "workloads/proving/verifier_copy.h"

namespace benchfleet {
namespace {

constexpr char kFooter[] =
    "Examples:\n"
    "  bench-refstring --points 131073 --out test-crs-INSECURE\n"
    "  bench-refstring --ptau 14 --out test-INSECURE-14.ptau\n"
    "  bench-refstring --patch-verifier bb --out bb-verifier-test-crs\n"
    "\n"
    "The secret behind these files is public: proofs under them can be forged by anyone.";

struct Options {
  uint64_t points = kDefaultReferencePoints;
  uint64_t tau_seed = kDefaultTauSeed;
  int ptau_power = 0;
  std::string patch_verifier;
  std::string out;
};

absl::Status Run(const Options& options) {
  if (!options.patch_verifier.empty()) {
    BF_RETURN_IF_ERROR(WriteVerifierCopy(options.patch_verifier, options.out, options.tau_seed));
    absl::PrintF("%s: INSECURE verifier copy for the test reference string (tau seed %d)\n",
                 options.out, options.tau_seed);
    return absl::OkStatus();
  }
  if (options.ptau_power != 0) {
    BF_RETURN_IF_ERROR(WritePowersOfTau(options.out, options.ptau_power, options.tau_seed));
    absl::PrintF("%s: INSECURE test powers of tau, 2^%d, known secret (tau seed %d)\n", options.out,
                 options.ptau_power, options.tau_seed);
    return absl::OkStatus();
  }
  BF_RETURN_IF_ERROR(WriteReferenceString(options.out, options.points, options.tau_seed));
  absl::PrintF("%s: INSECURE test reference string, %d points, known secret (tau seed %d)\n",
               options.out, options.points, options.tau_seed);
  return absl::OkStatus();
}

}  // namespace
}  // namespace benchfleet

int main(int argc, char** argv) {
  benchfleet::Options options;
  CLI::App app("Makes an INSECURE test reference string (BN254, known secret) for timing provers");
  app.footer(benchfleet::kFooter);
  auto* points =
      app.add_option("--points", options.points, "Points of G1: 2^k + 1 serves 2^k gates")
          ->capture_default_str();
  auto* ptau =
      app.add_option("--ptau", options.ptau_power,
                     "Instead: write to --out what snarkjs reads, for 2^POWER constraints")
          ->option_text("POWER")
          ->check(CLI::Range(benchfleet::kSmallestPtauPower, benchfleet::kLargestPtauPower))
          ->excludes(points);
  app.add_option("--patch-verifier", options.patch_verifier,
                 "Instead: write to --out a copy of this bb that verifies under the test string")
      ->excludes(points)
      ->excludes(ptau);
  app.add_option("--tau-seed", options.tau_seed, "Seed of the known secret; the same on all hosts")
      ->capture_default_str();
  app.add_option("--out", options.out, "Directory (or file, with --patch-verifier) to write")
      ->required();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;  // 0: --help
  }
  const absl::Status status = benchfleet::Run(options);
  if (status.ok()) return 0;
  absl::FPrintF(stderr, "bench-refstring: %s\n", benchfleet::Message(status));
  return 1;
}
