// How small a change a comparison could have seen, and how many runs it takes to see a given one.
// Source: Cohen, 1988, "Statistical Power Analysis for the Behavioral Sciences"; the approximation
// that adds the t quantile of the power to that of the level.
#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/status/statusor.h"

namespace benchfleet {

// (t_{1-alpha/2} + t_{power}) standard errors, plus the floor that an effect must pass to count: a
// true shift of this size is found with probability `power`. In the unit of the standard error.
absl::StatusOr<double> MinimumDetectableShift(double standard_error, double degrees_of_freedom,
                                              double alpha, double power, double floor);

// What decides the verdict on sides of several runs (verdict.h, steps 2 to 4).
struct RunsDesign {
  double standard_error = 0;
  double degrees_of_freedom = 0;
  double run_sigma = 0;   // deviation of runs
  double rank_share = 1;  // what the score of ranks is multiplied with
  size_t baseline_runs = 0;
  size_t candidate_runs = 0;
};

// True where the fewest ranks leave to chance, 2 / (n + m over n), is at most that of four runs a
// side: from there on the score is the mean of t's and that of the ranks.
bool RanksHaveASay(size_t baseline_runs, size_t candidate_runs);

// As MinimumDetectableShift; where ranks have a say the shift at which the mean of both scores
// reaches that of `alpha`, normal runs as far apart as expected, stands for t's quantile.
absl::StatusOr<double> MinimumDetectableShiftOfRuns(const RunsDesign& design, double alpha,
                                                    double power, double floor);

// As a ratio above 1: exp(shift) - 1, for a shift of logarithms (0.05: five percent).
double RatioOfShift(double log_shift);

// The fewest runs a side (at least 2) with which a shift of logarithms of this size is found, for a
// given variance between runs; at most `runs_max`, OutOfRange beyond.
absl::StatusOr<int64_t> RunsNeeded(double run_variance, double shift, double alpha, double power,
                                   int64_t runs_max);

}  // namespace benchfleet
