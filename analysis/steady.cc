#include "analysis/steady.h"

#include <algorithm>
#include <cmath>

#include "analysis/detectable.h"

namespace benchfleet {
namespace {

constexpr size_t kRepeatsMin = 3;
constexpr size_t kTickValuesMin = 8;
constexpr double kSameValue = 1e-12;  // of the median

bool IsConstant(std::span<const std::vector<double>> runs) {
  if (runs.empty() || runs[0].empty()) return false;
  size_t values = 0;
  for (const auto& run : runs) {
    values += run.size();
    for (const double value : run) {
      if (value != runs[0][0]) return false;
    }
  }
  return values >= kRepeatsMin;
}

struct Steps {
  size_t distinct = 1;
  double least = 0;  // 0: all values are equal
};

Steps StepsOf(std::span<const double> sorted, double median) {
  Steps steps;
  for (size_t i = 1; i < sorted.size(); ++i) {
    const double step = sorted[i] - sorted[i - 1];
    if (step <= kSameValue * median) continue;
    ++steps.distinct;
    if (steps.least == 0 || step < steps.least) steps.least = step;
  }
  return steps;
}

}  // namespace

bool NeverVaries(const VerdictInput& input) {
  if (!IsConstant(input.baseline) || !IsConstant(input.candidate)) return false;
  return std::ranges::all_of(input.history, [](const std::vector<double>& revision) {
    return std::ranges::all_of(revision, [&](double value) { return value == revision[0]; });
  });
}

Comparison JudgeSteady(const VerdictOptions& options, Comparison result) {
  result.p = result.adjusted_p = std::abs(result.log_shift) > options.floor ? 0 : 1;
  result.never_varies = true;
  result.ratio_interval = {.low = result.ratio, .high = result.ratio};
  result.difference_interval = {.low = result.difference, .high = result.difference};
  result.minimum_detectable_effect = RatioOfShift(options.floor);
  SettleVerdict(options, &result);
  return result;
}

double RelativeTick(std::span<const double> baseline, std::span<const double> candidate,
                    double median) {
  const size_t values = baseline.size() + candidate.size();
  if (values < kTickValuesMin) return 0;
  const Steps before = StepsOf(baseline, median);
  const Steps after = StepsOf(candidate, median);
  if (2 * (before.distinct + after.distinct) > values) return 0;
  if (before.least == 0 && after.least == 0) {
    return std::abs(candidate[0] - baseline[0]) / median;
  }
  if (before.least == 0 || after.least == 0) return std::max(before.least, after.least) / median;
  return std::min(before.least, after.least) / median;
}

}  // namespace benchfleet
