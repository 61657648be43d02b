#include "analysis/robust.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <vector>

#include "absl/strings/str_format.h"
#include "analysis/check.h"
#include "analysis/distribution.h"
#include "analysis/quantile.h"
#include "base/status.h"

namespace benchfleet {
namespace {

double NormalDensity(double z) { return std::exp(-z * z / 2) / std::sqrt(2 * std::numbers::pi); }

// How many values to cut on each side; an error where nothing would be left.
absl::StatusOr<size_t> CutCount(size_t n, double fraction) {
  if (!(fraction >= 0 && fraction < 0.5)) {
    return absl::InvalidArgumentError(
        absl::StrFormat("trim fraction %g is not in [0, 0.5)", fraction));
  }
  return static_cast<size_t>(std::floor(fraction * static_cast<double>(n)));
}

}  // namespace

Moments MomentsOf(std::span<const double> values) {
  Moments moments{.n = values.size()};
  if (values.empty()) return moments;
  long double sum = 0;
  for (const double value : values) sum += value;
  const long double mean = sum / static_cast<long double>(values.size());
  moments.mean = static_cast<double>(mean);
  if (values.size() < 2) return moments;
  long double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  moments.variance = static_cast<double>(squares / static_cast<long double>(values.size() - 1));
  return moments;
}

double MadOf(std::span<const double> values) {
  std::vector<double> scratch(values.begin(), values.end());
  const double median = MedianInPlace(scratch);
  for (double& value : scratch) value = std::abs(value - median);
  return MedianInPlace(scratch);
}

absl::StatusOr<double> Mad(std::span<const double> values) {
  BF_RETURN_IF_ERROR(CheckSample(values, 1, "MAD"));
  return MadOf(values);
}

absl::StatusOr<double> ScaledMad(std::span<const double> values) {
  BF_ASSIGN_OR_RETURN(const double mad, Mad(values));
  return kMadToSigma * mad;
}

absl::StatusOr<double> TrimmedMean(std::span<const double> values, double fraction) {
  BF_RETURN_IF_ERROR(CheckSample(values, 1, "trimmed mean"));
  BF_ASSIGN_OR_RETURN(const size_t cut, CutCount(values.size(), fraction));
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  return MomentsOf(std::span(sorted).subspan(cut, sorted.size() - 2 * cut)).mean;
}

absl::StatusOr<double> WinsorisedMean(std::span<const double> values, double fraction) {
  BF_RETURN_IF_ERROR(CheckSample(values, 1, "winsorised mean"));
  BF_ASSIGN_OR_RETURN(const size_t cut, CutCount(values.size(), fraction));
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  const double low = sorted[cut];
  const double high = sorted[sorted.size() - 1 - cut];
  for (double& value : sorted) value = std::clamp(value, low, high);
  return MomentsOf(sorted).mean;
}

double PseudoMedian(std::span<const double> values) {
  std::vector<double> means;
  means.reserve(values.size() * (values.size() + 1) / 2);
  for (size_t i = 0; i < values.size(); ++i) {
    for (size_t j = i; j < values.size(); ++j) means.push_back((values[i] + values[j]) / 2);
  }
  return MedianInPlace(means);
}

double ClippedNormalVariance(double clip) {
  const double tail = NormalTail(clip);
  return 1 - 2 * tail - 2 * clip * NormalDensity(clip) + 2 * clip * clip * tail;
}

absl::StatusOr<DifferenceScale> NoiseFromDifferences(std::span<const double> values, double clip) {
  BF_RETURN_IF_ERROR(CheckSample(values, 2, "noise from differences"));
  if (!(clip > 0))
    return absl::InvalidArgumentError(absl::StrFormat("clip %g is not above 0", clip));
  std::vector<double> sizes(values.size() - 1);
  for (size_t i = 0; i < sizes.size(); ++i) {
    sizes[i] = std::abs(values[i + 1] - values[i]) / std::numbers::sqrt2;
  }
  DifferenceScale result;
  result.mad_sigma = kMadToSigmaRounded * MedianOf(sizes);
  double mean_square = 0;
  for (const double size : sizes) mean_square += size * size / static_cast<double>(sizes.size());
  const double scale = result.mad_sigma > 0 ? result.mad_sigma : std::sqrt(mean_square);
  double clipped = 0;
  for (const double size : sizes) {
    const double kept = std::min(size, clip * scale);
    clipped += kept * kept / static_cast<double>(sizes.size());
  }
  result.winsorised_sigma = std::sqrt(clipped / ClippedNormalVariance(clip));
  return result;
}

absl::StatusOr<double> LongRunRatio(std::span<const double> values) {
  BF_RETURN_IF_ERROR(CheckFinite(values, "long-run ratio"));
  constexpr size_t kLags = 8;
  if (values.size() < 2 * kLags) return 1.0;
  std::array<double, kLags + 1> structure{};
  std::vector<double> sizes;
  for (size_t lag = 1; lag <= kLags; ++lag) {
    sizes.clear();
    for (size_t i = 0; i + lag < values.size(); ++i) {
      sizes.push_back(std::abs(values[i + lag] - values[i]) / std::numbers::sqrt2);
    }
    const double sigma = kMadToSigmaRounded * MedianInPlace(sizes);
    structure[lag] = sigma * sigma;
  }
  if (!(structure[1] > 0)) return 1.0;
  const double plateau = (structure[5] + structure[6] + structure[7] + structure[8]) / 4;
  double sum = plateau;
  for (size_t lag = 1; lag < kLags; ++lag) sum += 2 * std::max(plateau - structure[lag], 0.0);
  return std::max(1.0, sum / structure[1]);
}

absl::StatusOr<double> SlowNoiseRatio(std::span<const double> values) {
  BF_RETURN_IF_ERROR(CheckFinite(values, "slow noise"));
  constexpr size_t kLagsMax = 8;
  constexpr size_t kPointsPerLag = 6;
  constexpr double kClip = 2.5;
  constexpr size_t kPointsMin = 8;    // Up to here nothing is known of slow noise,
  constexpr size_t kPointsFull = 24;  // from here on what is seen counts in full.
  if (values.size() <= kPointsMin) return 1.0;
  const size_t lags = std::clamp(values.size() / kPointsPerLag, size_t{2}, kLagsMax);
  std::vector<double> sizes;
  for (size_t lag = 1; lag <= lags; ++lag) {
    for (size_t i = 0; i + lag < values.size(); ++i) {
      sizes.push_back(std::abs(values[i + lag] - values[i]));
    }
  }
  const double reach = kClip * kMadToSigmaRounded * MedianInPlace(sizes);
  std::array<double, kLagsMax + 1> structure{};
  for (size_t lag = 1; lag <= lags; ++lag) {
    for (size_t i = 0; i + lag < values.size(); ++i) {
      const double size = std::min(reach, std::abs(values[i + lag] - values[i]));
      structure[lag] += size * size / static_cast<double>(values.size() - lag);
    }
  }
  if (!(structure[1] > 0)) return 1.0;
  double plateau = 0;
  for (size_t lag = lags / 2 + 1; lag <= lags; ++lag) {
    plateau += structure[lag] / static_cast<double>(lags - lags / 2);
  }
  double sum = plateau;
  for (size_t lag = 1; lag < lags; ++lag) sum += 2 * std::max(plateau - structure[lag], 0.0);
  const double trust =
      std::min(1.0, static_cast<double>(values.size() - kPointsMin) / (kPointsFull - kPointsMin));
  return 1 + trust * std::max(0.0, sum / structure[1] - 1);
}

}  // namespace benchfleet
