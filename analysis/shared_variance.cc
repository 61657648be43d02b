#include "analysis/shared_variance.h"

#include <algorithm>
#include <cmath>

#include "analysis/check.h"
#include "analysis/robust.h"
#include "base/status.h"

namespace benchfleet {
namespace {

constexpr double kLentMost = 4;  // degrees of freedom

}  // namespace

absl::StatusOr<std::vector<SharedVariance>> ShareVariance(std::span<const RunSamples> things) {
  std::vector<double> squares(things.size(), 0);
  std::vector<double> degrees(things.size(), 0);
  double all_squares = 0;
  double all_degrees = 0;
  for (size_t g = 0; g < things.size(); ++g) {
    std::vector<double> logs;
    for (const std::vector<double>& run : things[g]) {
      BF_RETURN_IF_ERROR(CheckPositive(run, 1, "shared variance"));
      logs.push_back(std::log(MedianOf(run)));
    }
    if (logs.size() < 2) continue;
    degrees[g] = static_cast<double>(logs.size() - 1);
    squares[g] = MomentsOf(logs).variance * degrees[g];
    all_squares += squares[g];
    all_degrees += degrees[g];
  }
  std::vector<SharedVariance> lent(things.size());
  for (size_t g = 0; g < things.size(); ++g) {
    const double others = all_degrees - degrees[g];
    // The difference of two sums may miss 0 by a rounding error.
    const double rest = all_squares - squares[g];
    if (others < 1 || rest <= 1e-12 * all_squares) continue;
    lent[g] = {.variance = rest / others, .degrees_of_freedom = std::min(others, kLentMost)};
  }
  return lent;
}

}  // namespace benchfleet
