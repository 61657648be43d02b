// Did the candidate change against the baseline? Runs are clusters of samples, not one big sample:
// what repeats is the run, so its variance is what a shift is judged by.
//
// The procedure, on logarithms throughout (shifts are ratios):
//  1. Shift: Hodges-Lehmann over all samples of both sides (shift.h).
//  2. Variance between runs: run medians about their side's level, winsorised where there are
//  enough of them (run_error.h), moderated with what the history of the series knows: within its
//  revisions where they have several runs, else
//     from successive differences. A coarse timer adds tick^2/12. Variance between builds, from the
//     history's revisions, where they have several runs each.
//  3. Standard error^2 = run variance (1/R + 1/Q) 1.05 + 2 kappa build variance; Satterthwaite's
//  degrees of
//     freedom; t test of "the shift is within the floor", t interval of the ratio.
//  4. Where ranks can be fairly sure (four runs a side, two against eleven): the mean of that z and
//  Mann-Whitney's on run medians.
//  5. One run a side and no history: the error of the samples, inflated by their correlation, and
//  an assumed variance between runs of few degrees of freedom.
//  6. Significant: regressed or improved, unless the history shows excursions (excursions.h) that
//  would explain it. Else the interval within the equivalence margin: unchanged. Else undecided.
// Exact values that never vary on either side need none of this: they are unchanged or they are
// not.
// Sources: Hodges and Lehmann, 1963; Satterthwaite, 1946; Smyth, 2004 (moderated variances);
// Schuirmann, 1987 (equivalence); Gastwirth and Rubin, 1971, "Effect of Dependence on the Level of
// Some One-Sample Tests".
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "analysis/quantile.h"

namespace benchfleet {

enum class Verdict { kUndecided, kUnchanged, kImproved, kRegressed };
// "undecided", "unchanged", "improved", "regressed".
const char* VerdictName(Verdict verdict);

struct VerdictOptions {
  double alpha = 0.01;        // chance of a false alarm
  double floor = 0.005;       // effects within this do not matter: |log ratio|
  double equivalence = 0.02;  // "unchanged" when the whole interval lies within: |log ratio|
  double level = 0.95;        // of the interval
  double power = 0.8;         // with which the minimum detectable effect would be found
  // Weight of the variance between builds: 1 asks whether this revision stands out from the usual
  // ups and downs of revisions, 0 whether these two builds differ at all.
  double kappa = 0.25;
  // By how much runs are taken to differ (standard deviation of the logarithm) where there is
  // neither a second run a side nor a history to tell; and how much that assumption is worth, in
  // degrees of freedom: few give the wide tails of not knowing.
  double assumed_run_sigma = 0.0165;
  double assumed_run_degrees = 3;
  bool lower_is_better = true;
  // Counts and sizes, which no clock rounds: where they never vary on either side they are taken at
  // their word, whatever differs has changed. False for times and for shares of runs.
  bool exact = false;
  // The resolution of the clock, in the unit of the values, where it is known; else it is taken
  // from the values.
  double tick = 0;
  std::string unit = {};  // of the values, for sentences: "ns"
};

// Samples of each run; and for each earlier revision of the same series, oldest first, its run
// medians. In one unit, all above 0.
struct VerdictInput {
  std::span<const std::vector<double>> baseline;
  std::span<const std::vector<double>> candidate;
  std::span<const std::vector<double>> history;
};

struct Comparison {
  Verdict verdict = Verdict::kUndecided;
  // One sentence for people: why this verdict.
  std::string reason;
  double log_shift = 0;  // candidate against baseline
  double ratio = 1;      // exp(log_shift)
  Interval ratio_interval{.low = 0, .high = 0};
  double p = 1;  // two-sided, of "the shift is within the floor"
  // p after AdjustVerdicts, else p.
  double adjusted_p = 1;
  // The smallest ratio above 1 that would have been called with the stated power, less 1 (0.05:
  // five percent): by this very test, before any adjustment over a report. Absent where nothing is
  // known of the noise.
  std::optional<double> minimum_detectable_effect;
  double standard_error = 0;  // of log_shift
  double degrees_of_freedom = 0;
  double run_variance = 0;
  double run_degrees = 0;
  double build_variance = 0;
  double build_degrees = 1;
  double tick_relative = 0;  // of the median
  size_t baseline_runs = 0;
  size_t candidate_runs = 0;
  size_t baseline_samples = 0;
  size_t candidate_samples = 0;
  // The history shows excursions as large, so often that these runs may be such: never a
  // regression.
  bool maybe_excursion = false;
  // Exact values, all alike on either side: the intervals are one point, p is 0 or 1.
  bool never_varies = false;
  // Too little to judge by: `reason` says what is missing, and the verdict stays undecided.
  bool judgeable = true;
  // Where values may be 0 a ratio says little: the shift is a difference of means in the unit of
  // the values (analysis/difference.h), and `ratio` only that of the means (infinite over 0).
  bool on_differences = false;
  double difference = 0;
  Interval difference_interval{.low = 0, .high = 0};
  double difference_margin = 0;  // "unchanged" within it
};

// InvalidArgument names the side and value that is NaN, infinite, zero or negative, an empty side
// or run, or an option out of range. Values that do not vary, or one value a side, give an
// undecided with the reason. O(N log N) in the samples; two sides of 10^6 each in well under a
// second.
absl::StatusOr<Comparison> Compare(const VerdictInput& input, const VerdictOptions& options);

// Settles verdict and reason by `adjusted_p`, which a report has set; nothing where it cannot be
// judged.
void SettleVerdict(const VerdictOptions& options, Comparison* result);

// Adjusts p over a whole report (Benjamini-Hochberg) and settles each verdict anew by the adjusted
// p.
void AdjustVerdicts(std::span<Comparison> report, const VerdictOptions& options);

}  // namespace benchfleet
