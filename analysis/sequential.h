// Looking at data while it comes in, without the false alarms that repeated looks bring.
// Sources: Lan and DeMets, 1983, "Discrete Sequential Boundaries for Clinical Trials"; O'Brien and
// Fleming, 1979; Pocock, 1977; Armitage, McPherson and Rowe, 1969 (the integral over looks);
// Robbins, 1970, "Statistical Methods Related to the Law of the Iterated Logarithm" (normal
// mixture).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/statusor.h"

namespace benchfleet {

enum class Spending {
  kObrienFleming,  // 2 - 2 Phi(z_{1-alpha/2} / sqrt t): little at first, nearly all of alpha at the
                   // end
  kPocock,         // alpha ln(1 + (e-1) t): evenly
};

// The false alarms spent up to information fraction t: `alpha` at t = 1. 0 < t <= 1.
absl::StatusOr<double> AlphaSpent(Spending spending, double alpha, double information);

// Two-sided bounds for |z| at each look, so that crossing any of them under no change has chance
// `alpha` spent as told. `information` ascends within (0, 1]; at most 100 looks.
absl::StatusOr<std::vector<double>> SequentialBounds(Spending spending, double alpha,
                                                     std::span<const double> information);

// Half width, in standard deviations, of an interval for a mean that holds at every n at once:
// sqrt(2 (n rho2 + 1)/(n^2 rho2) ln(sqrt(n rho2 + 1)/alpha)). rho2 > 0 sets where it is tightest
// (near n = 10/rho2). The standard deviation must be known.
absl::StatusOr<double> ConfidenceSequenceHalfWidth(int64_t n, double alpha, double rho2);

enum class SequentialDecision { kContinue, kChanged, kUnchanged, kUndecided };

struct SequentialPlan {
  double alpha = 0.01;  // false confirmations, over all looks
  Spending spending = Spending::kObrienFleming;
  int64_t pairs_max = 20;  // the last look; bounds the cost
  int64_t pairs_min = 3;   // the first look
  int64_t pairs_step = 1;
  double floor = 0;      // a shift within the floor does not count (logarithm)
  double margin = 0.02;  // "unchanged" once the interval lies within it (logarithm)
};

// Decides from paired, interleaved runs: differences of logarithms, one a pair, in the order
// measured. Student's t at each look, turned into z of the same p. Immutable; computes its bounds
// once.
class PairedDecider {
 public:
  static absl::StatusOr<PairedDecider> Create(const SequentialPlan& plan);
  // Give all pairs so far. Past the last look it is changed, unchanged or undecided, never
  // "continue".
  absl::StatusOr<SequentialDecision> Decide(std::span<const double> log_differences) const;

 private:
  struct Look {
    size_t pairs = 0;
    double tail = 0;  // the one-sided p that crosses the bound
  };
  PairedDecider(const SequentialPlan& plan, std::vector<Look> looks);
  SequentialPlan plan_;
  std::vector<Look> looks_;
};

}  // namespace benchfleet
