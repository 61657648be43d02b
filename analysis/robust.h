// Location and spread that a few wild values cannot move.
// Sources: Hampel, 1974, "The Influence Curve and its Role in Robust Estimation" (MAD); Tukey and
// McLaughlin, 1963, "Less Vulnerable Confidence and Significance Procedures for Location" (trimmed,
// winsorised); Rice, 1984, "Bandwidth Choice for Nonparametric Regression" (noise from
// differences).
#pragma once

#include <cstddef>
#include <span>

#include "absl/status/statusor.h"

namespace benchfleet {

// 1 / Phi^-1(3/4): makes the MAD of normal values estimate their standard deviation.
inline constexpr double kMadToSigma = 1.482602218505602;
// The customary rounding of it, which the difference-based noise scale is defined with.
inline constexpr double kMadToSigmaRounded = 1.4826;

// Mean and variance in one pass of extended precision; variance has n - 1 in its divisor, 0 for n
// < 2.
struct Moments {
  size_t n = 0;
  double mean = 0;
  double variance = 0;
};
// For callers that have checked the values.
Moments MomentsOf(std::span<const double> values);

// median |x - median(x)|, in the unit of the values. Needs one finite value.
absl::StatusOr<double> Mad(std::span<const double> values);
// Mad x kMadToSigma.
absl::StatusOr<double> ScaledMad(std::span<const double> values);
double MadOf(std::span<const double> values);  // For callers that have checked.

// The mean without the floor(fraction n) smallest and largest values; 0 <= fraction < 0.5.
absl::StatusOr<double> TrimmedMean(std::span<const double> values, double fraction);
// The same values drawn in to the nearest kept one instead of left out.
absl::StatusOr<double> WinsorisedMean(std::span<const double> values, double fraction);

// Median of the means of all pairs, each value with itself too (Hodges and Lehmann, 1963): as
// robust as a level needs to be, and nearly as steady as the mean. For callers that have checked:
// not empty, finite. O(n^2): for runs, not for samples.
double PseudoMedian(std::span<const double> values);
// Its variance is this times sigma^2/n for normal values: 1 / its efficiency of 3/pi.
inline constexpr double kPseudoMedianFactor = 1.0471975511965976;

// E[min(Z^2, c^2)] for standard normal Z: what clipping at c standard deviations leaves of the
// variance.
double ClippedNormalVariance(double clip);

// The noise of a series whose level may move, from d_i = (x_(i+1) - x_i)/sqrt 2.
struct DifferenceScale {
  double mad_sigma = 0;         // 1.4826 median |d|; 0 when most neighbours are equal.
  double winsorised_sigma = 0;  // sqrt(mean min(d^2, (clip scale)^2) / ClippedNormalVariance(clip))
};
// Needs two finite values; clip > 0, customarily 2.5. `scale` is mad_sigma or, where that is 0 (a
// coarse timer), the root mean square of d.
absl::StatusOr<DifferenceScale> NoiseFromDifferences(std::span<const double> values, double clip);

// How much larger the variance of a long mean is than that of independent values with the same
// short-term noise. From the structure function D(k) = (1.4826 median |x_(i+k) - x_i| / sqrt 2)^2
// with its plateau P, the mean of D(5) .. D(8): (P + 2 sum_{k=1..7} max(P - D(k), 0)) / D(1), at
// least 1. 1 where D(1) is 0 or there are fewer than 16 values. A step in the values passes for
// slow noise, so give residuals about the levels.
absl::StatusOr<double> LongRunRatio(std::span<const double> values);

// The same for short series and repeated values too: D(k) = mean (x_(i+k) - x_i)^2, each difference
// clipped at 2.5 times their common scale, at lags 1 .. K, K = n/6 within 2 .. 8, with its plateau
// P, the mean of D over the upper half of the lags: (P + 2 sum_{k=1..K-1} max(P - D(k), 0)) / D(1),
// at least 1. Repeated values lower D(1) and so count as the slow noise that they are. 1 where most
// differences are 0. Below 24 values it is drawn towards 1, which it is at eight: so few tell
// little, and a history must not be judged otherwise all of a sudden.
absl::StatusOr<double> SlowNoiseRatio(std::span<const double> values);

}  // namespace benchfleet
