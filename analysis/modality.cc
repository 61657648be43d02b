#include "analysis/modality.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_format.h"
#include "analysis/check.h"
#include "analysis/dip.h"
#include "analysis/quantile.h"
#include "base/ids.h"
#include "base/status.h"

namespace benchfleet {
namespace {

constexpr size_t kValuesMin = 10;
constexpr size_t kValuesMax = 2000;
constexpr int kDepthMax = 3;
constexpr double kFarEnough = 20;  // draws as far as the sample

std::vector<double> SortedUniform(size_t n, Random* random) {
  std::vector<double> values(n);
  for (double& value : values) value = random->Uniform();
  std::sort(values.begin(), values.end());
  return values;
}

// No further than until it is plain that p is not small: Besag and Clifford, 1991, "Sequential
// Monte Carlo p-values".
double DipPValue(double dip, size_t n, const ModalityOptions& options) {
  const double enough =
      std::max(kFarEnough, options.alpha * (static_cast<double>(options.resamples) + 1));
  Random random(options.seed);
  size_t as_far = 0;
  for (size_t r = 0; r < options.resamples; ++r) {
    as_far += Dip(SortedUniform(n, &random)) >= dip;
    if (static_cast<double>(as_far) >= enough) {
      return static_cast<double>(as_far) / static_cast<double>(r + 1);
    }
  }
  return (static_cast<double>(as_far) + 1) / (static_cast<double>(options.resamples) + 1);
}

// Equal values spread evenly over half the gap to either neighbour.
std::vector<double> WithoutTies(std::span<const double> sorted) {
  std::vector<double> spread(sorted.begin(), sorted.end());
  for (size_t i = 0; i < sorted.size();) {
    size_t end = i;
    while (end < sorted.size() && sorted[end] == sorted[i]) ++end;
    const double below = i > 0 ? sorted[i] - sorted[i - 1] : 0;
    const double above = end < sorted.size() ? sorted[end] - sorted[i] : 0;
    // No wider than the narrower gap: a tied value beside an empty stretch is not smeared over it.
    const double width = below > 0 && above > 0 ? std::min(below, above) : std::max(below, above);
    for (size_t k = i; k < end && end - i > 1; ++k) {
      const double place = (static_cast<double>(k - i) + 0.5) / static_cast<double>(end - i) - 0.5;
      spread[k] = sorted[i] + place * width;
    }
    i = end;
  }
  std::sort(spread.begin(), spread.end());
  return spread;
}

// Where to cut so that the squares about both means are least.
size_t BestCut(std::span<const double> sorted) {
  const double origin = sorted[sorted.size() / 2];
  double total = 0;
  for (const double value : sorted) total += value - origin;
  double left = 0;
  double best = -1;
  size_t cut = 1;
  for (size_t i = 1; i < sorted.size(); ++i) {
    left += sorted[i - 1] - origin;
    const auto n = static_cast<double>(i);
    const auto m = static_cast<double>(sorted.size() - i);
    const double between = left * left / n + (total - left) * (total - left) / m;
    if (between > best) {
      best = between;
      cut = i;
    }
  }
  return cut;
}

struct Humps {
  double dip = 0;
  double p = 1;
};

Humps TestHumps(std::span<const double> sorted, const ModalityOptions& options) {
  Humps humps;
  if (sorted.size() < kValuesMin || sorted.front() == sorted.back()) return humps;
  humps.dip = Dip(sorted);
  humps.p = DipPValue(humps.dip, sorted.size(), options);
  return humps;
}

void Split(std::span<const double> sorted, size_t whole, const Humps& humps, int depth,
           const ModalityOptions& options, std::vector<Mode>* modes) {
  if (humps.p > options.alpha || depth == kDepthMax) {
    modes->push_back({.centre = SortedQuantile(sorted, 0.5),
                      .low = sorted.front(),
                      .high = sorted.back(),
                      .share = static_cast<double>(sorted.size()) / static_cast<double>(whole)});
    return;
  }
  const size_t cut = BestCut(sorted);
  for (const auto part : {sorted.first(cut), sorted.subspan(cut)}) {
    Split(part, whole, TestHumps(part, options), depth + 1, options, modes);
  }
}

}  // namespace

absl::StatusOr<Modality> FindModes(std::span<const double> values, const ModalityOptions& options) {
  BF_RETURN_IF_ERROR(CheckSample(values, 1, "modality"));
  BF_RETURN_IF_ERROR(CheckFraction(options.alpha, "alpha"));
  if (static_cast<double>(options.resamples) * options.alpha < 1) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "modality: %d resamples cannot show a p of %g", options.resamples, options.alpha));
  }
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  if (sorted.size() > kValuesMax) {
    std::vector<double> fewer(kValuesMax);
    for (size_t i = 0; i < kValuesMax; ++i) {
      fewer[i] = sorted[(2 * i + 1) * sorted.size() / (2 * kValuesMax)];
    }
    sorted.swap(fewer);
  }
  const std::vector<double> spread = WithoutTies(sorted);
  Modality result;
  const Humps humps = TestHumps(spread, options);
  result.dip = humps.dip;
  result.p = humps.p;
  Split(spread, spread.size(), humps, 0, options, &result.modes);
  return result;
}

}  // namespace benchfleet
