// Tests and effect sizes for means.
// Sources: Student, 1908, "The Probable Error of a Mean"; Welch, 1947, "The Generalization of
// 'Student's' Problem when Several Different Population Variances are Involved"; Satterthwaite,
// 1946; Hedges, 1981, "Distribution Theory for Glass's Estimator of Effect Size and Related
// Estimators".
#pragma once

#include <span>

#include "absl/status/statusor.h"
#include "analysis/quantile.h"

namespace benchfleet {

struct TTestResult {
  double difference = 0;  // mean(b) - mean(a), in the unit of the values
  double standard_error = 0;
  double t = 0;
  double degrees_of_freedom = 0;
  double p = 1;  // two-sided
  Interval interval;
};

// t = (mean b - mean a) / sqrt(va/n + vb/m), degrees of freedom after Welch and Satterthwaite.
// Needs two values a side. Where neither side varies: p 1 for equal means, FailedPrecondition for
// different ones, since there is no noise to judge them by.
absl::StatusOr<TTestResult> WelchTest(std::span<const double> a, std::span<const double> b,
                                      double level);
// One variance, pooled; n + m - 2 degrees of freedom.
absl::StatusOr<TTestResult> StudentTest(std::span<const double> a, std::span<const double> b,
                                        double level);

struct StandardizedEffect {
  double cohens_d = 0;  // (mean b - mean a) / pooled standard deviation
  double hedges_g = 0;  // d (1 - 3/(4N - 9)), N = n + m
};
absl::StatusOr<StandardizedEffect> StandardizedMeanDifference(std::span<const double> a,
                                                              std::span<const double> b);

}  // namespace benchfleet
