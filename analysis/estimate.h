// The middle of a positive quantity that was measured in several runs, and how far off it may be.
//
// Runs are clusters: samples of one process share its luck (placement, caches, neighbours), so the
// spread that counts is the one between runs, and noise is proportional, so all is done on
// logarithms. With R runs, m_r = ln(median of run r):
//
//   value = exp(mean of m_r)          draws of ln(value) = mean + sqrt(S^2 / R) T,
//
// where S^2 is the variance of m_r and T has Student's distribution with R - 1 degrees of freedom:
// a parametric bootstrap with runs as clusters. Drawing the runs themselves anew
// (analysis/bootstrap.h) is for many runs: of three, it never draws what lies beyond the three, and
// its intervals are far too narrow. What other things measured alike tell of S^2 may be given
// (analysis/shared_variance.h): few runs are then enough. A single run shows nothing of the
// difference between runs; its samples stand in, with S sqrt(pi/2), the normal's factor for a
// median, and single_run says so.
//
// Sources: Davison and Hinkley, 1997, "Bootstrap Methods and their Application", sections 2.2 and
// 3.8; JCGM 101:2008, "Propagation of distributions using a Monte Carlo method", 6.4.9 (Student's
// distribution for repeated readings).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "analysis/quantile.h"
#include "base/ids.h"

namespace benchfleet {

// Samples within runs, in the unit of the quantity; above 0.
using RunSamples = std::vector<std::vector<double>>;

struct EstimateOptions {
  uint64_t seed = 1;  // which draw of one estimate meets which of another
  size_t draws = 2000;
  double level = 0.95;
};

// The variance of ln(run median) as other things show it, and how many degrees of freedom that is
// worth; none: nothing is known but from the runs themselves.
struct SharedVariance {
  double variance = 0;
  double degrees_of_freedom = 0;
};

struct Estimate {
  double value = 0;
  size_t runs = 0;
  size_t samples = 0;
  bool single_run = false;
  double log_error = 0;           // standard error of ln(value)
  double degrees_of_freedom = 0;  // of log_error; 0 where there is a single sample
  // Of ln(value), in random order: draw i of one estimate goes with draw i of any other. Empty
  // where there is a single sample, which shows no spread.
  std::vector<double> log_draws;
  std::optional<Interval> interval;  // Student's; absent as the draws are
};

// Makes estimates whose draws are independent of each other. One thread.
class Estimator {
 public:
  explicit Estimator(const EstimateOptions& options) : options_(options), random_(options.seed) {}

  // Errors: no run, a run without samples, a value that is not finite or not above 0; options out
  // of range.
  absl::StatusOr<Estimate> Of(const RunSamples& runs, const SharedVariance& shared = {});

  const EstimateOptions& options() const { return options_; }

 private:
  const std::vector<double>& StudentDraws(double degrees_of_freedom);

  const EstimateOptions options_;
  Random random_;
  std::map<double, std::vector<double>> student_;  // quantiles at (i + 1/2) / draws
};

struct RatioEstimate {
  double value = 1;
  std::optional<Interval> interval;  // absent where a side has no draws
};
// Numerator over denominator; the interval by Student's distribution with Welch's degrees of
// freedom (Welch, 1947, "The Generalization of Student's Problem") on the logarithms.
RatioEstimate RatioOf(const Estimate& numerator, const Estimate& denominator, double level);

// The interval that the middle `level` of the values spans; infinite values have their place at the
// ends. Not empty.
Interval SpanOfDraws(std::vector<double> draws, double level);

}  // namespace benchfleet
