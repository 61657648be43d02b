#include "analysis/multiple.h"

#include <algorithm>
#include <numeric>

#include "absl/strings/str_format.h"

namespace benchfleet {
namespace {

// p_(i) factor m/i, made monotone from the largest p downwards.
void StepUp(std::span<const double> p, const std::vector<size_t>& order, double factor,
            std::vector<double>* adjusted) {
  const auto m = static_cast<double>(p.size());
  double lowest = 1;
  for (size_t rank = p.size(); rank > 0; --rank) {
    const size_t at = order[rank - 1];
    lowest = std::min(lowest, p[at] * factor * m / static_cast<double>(rank));
    (*adjusted)[at] = lowest;
  }
}

// p_(i) (m - i + 1), made monotone from the smallest p upwards.
void StepDown(std::span<const double> p, const std::vector<size_t>& order,
              std::vector<double>* adjusted) {
  double highest = 0;
  for (size_t rank = 0; rank < p.size(); ++rank) {
    const size_t at = order[rank];
    highest = std::max(highest, p[at] * static_cast<double>(p.size() - rank));
    (*adjusted)[at] = std::min(1.0, highest);
  }
}

}  // namespace

absl::StatusOr<std::vector<double>> AdjustPValues(std::span<const double> p,
                                                  Adjustment adjustment) {
  for (size_t i = 0; i < p.size(); ++i) {
    if (p[i] >= 0 && p[i] <= 1) continue;
    return absl::InvalidArgumentError(
        absl::StrFormat("p value %d is %g, expected between 0 and 1", i, p[i]));
  }
  std::vector<size_t> order(p.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, [&](size_t i, size_t j) { return p[i] < p[j]; });
  std::vector<double> adjusted(p.size());
  switch (adjustment) {
    case Adjustment::kBenjaminiHochberg:
      StepUp(p, order, 1, &adjusted);
      break;
    case Adjustment::kBenjaminiYekutieli: {
      double harmonic = 0;
      for (size_t i = 1; i <= p.size(); ++i) harmonic += 1 / static_cast<double>(i);
      StepUp(p, order, harmonic, &adjusted);
      break;
    }
    case Adjustment::kHolm:
      StepDown(p, order, &adjusted);
      break;
    case Adjustment::kBonferroni:
      for (size_t i = 0; i < p.size(); ++i) {
        adjusted[i] = std::min(1.0, p[i] * static_cast<double>(p.size()));
      }
      break;
  }
  return adjusted;
}

}  // namespace benchfleet
