#include "analysis/sequential.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "absl/strings/str_format.h"
#include "analysis/check.h"
#include "analysis/distribution.h"
#include "analysis/robust.h"
#include "base/status.h"

namespace benchfleet {
namespace {

constexpr size_t kLooksMax = 100;
constexpr size_t kGridHalf = 100;  // Points on each side of 0 of the density between two looks.

// The density of the score (z sqrt information) over the paths that crossed no bound so far.
struct Density {
  double reach = 0;  // The grid runs from -reach to reach; the density is 0 beyond.
  std::vector<double> values;
  double step() const { return 2 * reach / static_cast<double>(values.size() - 1); }
  double at(size_t i) const { return -reach + static_cast<double>(i) * step(); }
  // Simpson's weights.
  double weight(size_t i) const {
    const bool end = i == 0 || i + 1 == values.size();
    return step() / 3 * (end ? 1 : i % 2 == 1 ? 4 : 2);
  }
};

// Chance that the next score lies beyond +-bound, having come through `before`.
double CrossingChance(const Density& before, double information_step, double bound) {
  const double sigma = std::sqrt(information_step);
  double chance = 0;
  for (size_t i = 0; i < before.values.size(); ++i) {
    const double at = before.at(i);
    chance += before.weight(i) * before.values[i] *
              (NormalTail((bound - at) / sigma) + NormalTail((bound + at) / sigma));
  }
  return chance;
}

Density Advance(const Density& before, double information_step, double bound) {
  const double sigma = std::sqrt(information_step);
  const double scale = 1 / (sigma * std::sqrt(2 * std::numbers::pi));
  Density after{.reach = bound, .values = std::vector<double>(2 * kGridHalf + 1)};
  for (size_t i = 0; i < after.values.size(); ++i) {
    double sum = 0;
    for (size_t j = 0; j < before.values.size(); ++j) {
      const double z = (after.at(i) - before.at(j)) / sigma;
      sum += before.weight(j) * before.values[j] * std::exp(-z * z / 2);
    }
    after.values[i] = sum * scale;
  }
  return after;
}

Density FirstLook(double information, double bound) {
  const double sigma = std::sqrt(information);
  Density density{.reach = bound, .values = std::vector<double>(2 * kGridHalf + 1)};
  for (size_t i = 0; i < density.values.size(); ++i) {
    const double z = density.at(i) / sigma;
    density.values[i] = std::exp(-z * z / 2) / (sigma * std::sqrt(2 * std::numbers::pi));
  }
  return density;
}

// The score bound whose crossing chance is `spend`.
double SolveBound(const Density& before, double information_step, double information,
                  double spend) {
  double low = 0;
  double high = 12 * std::sqrt(information);
  for (int i = 0; i < 46; ++i) {
    const double middle = (low + high) / 2;
    (CrossingChance(before, information_step, middle) > spend ? low : high) = middle;
  }
  return (low + high) / 2;
}

}  // namespace

absl::StatusOr<double> AlphaSpent(Spending spending, double alpha, double information) {
  BF_RETURN_IF_ERROR(CheckFraction(alpha, "alpha"));
  if (!(information > 0 && information <= 1)) {
    return absl::InvalidArgumentError(
        absl::StrFormat("information %g is not in (0, 1]", information));
  }
  if (spending == Spending::kPocock) {
    return alpha * std::log1p((std::numbers::e - 1) * information);
  }
  return 2 * NormalTail(-NormalQuantile(alpha / 2) / std::sqrt(information));
}

absl::StatusOr<std::vector<double>> SequentialBounds(Spending spending, double alpha,
                                                     std::span<const double> information) {
  if (information.empty() || information.size() > kLooksMax) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%d looks, expected 1 to %d", information.size(), kLooksMax));
  }
  std::vector<double> bounds;
  Density density;
  double spent = 0;
  for (size_t look = 0; look < information.size(); ++look) {
    const double now = information[look];
    const double before = look == 0 ? 0 : information[look - 1];
    if (!(now > before)) return absl::InvalidArgumentError("information does not ascend");
    BF_ASSIGN_OR_RETURN(const double allowed, AlphaSpent(spending, alpha, now));
    const double spend = std::max(allowed - spent, 1e-300);
    double bound = 0;
    if (look == 0) {
      bound = std::min(-NormalQuantile(spend / 2), 12.0) * std::sqrt(now);
      density = FirstLook(now, bound);
    } else {
      bound = SolveBound(density, now - before, now, spend);
      if (look + 1 < information.size()) density = Advance(density, now - before, bound);
    }
    spent = allowed;
    bounds.push_back(bound / std::sqrt(now));
  }
  return bounds;
}

absl::StatusOr<double> ConfidenceSequenceHalfWidth(int64_t n, double alpha, double rho2) {
  BF_RETURN_IF_ERROR(CheckFraction(alpha, "alpha"));
  if (n < 1 || !(rho2 > 0)) {
    return absl::InvalidArgumentError(
        absl::StrFormat("confidence sequence: n %d and rho2 %g, expected above 0", n, rho2));
  }
  const auto count = static_cast<double>(n);
  const double mixed = count * rho2 + 1;
  return std::sqrt(2 * mixed / (count * count * rho2) * std::log(std::sqrt(mixed) / alpha));
}

PairedDecider::PairedDecider(const SequentialPlan& plan, std::vector<Look> looks)
    : plan_(plan), looks_(std::move(looks)) {}

absl::StatusOr<PairedDecider> PairedDecider::Create(const SequentialPlan& plan) {
  if (plan.pairs_min < 2 || plan.pairs_step < 1 || plan.pairs_max < plan.pairs_min ||
      !(plan.margin > 0) || !(plan.floor >= 0)) {
    return absl::InvalidArgumentError(
        "sequential plan: needs pairs_min >= 2, pairs_step >= 1, pairs_max >= pairs_min, "
        "margin > 0 and floor >= 0");
  }
  std::vector<Look> looks;
  for (int64_t n = plan.pairs_min; n < plan.pairs_max; n += plan.pairs_step) {
    looks.push_back({.pairs = static_cast<size_t>(n)});
  }
  looks.push_back({.pairs = static_cast<size_t>(plan.pairs_max)});
  std::vector<double> information;
  information.reserve(looks.size());
  for (const Look& look : looks) {
    information.push_back(static_cast<double>(look.pairs) / static_cast<double>(plan.pairs_max));
  }
  BF_ASSIGN_OR_RETURN(const std::vector<double> bounds,
                      SequentialBounds(plan.spending, plan.alpha, information));
  for (size_t i = 0; i < looks.size(); ++i) looks[i].tail = NormalTail(bounds[i]);
  return PairedDecider(plan, std::move(looks));
}

absl::StatusOr<SequentialDecision> PairedDecider::Decide(
    std::span<const double> log_differences) const {
  BF_RETURN_IF_ERROR(CheckFinite(log_differences, "paired differences"));
  for (const Look& look : looks_) {
    if (look.pairs > log_differences.size()) return SequentialDecision::kContinue;
    const Moments moments = MomentsOf(log_differences.first(look.pairs));
    const auto count = static_cast<double>(look.pairs);
    const double error = std::sqrt(moments.variance / count);
    const double size = std::abs(moments.mean);
    if (!(error > 0)) {
      // All equal: of a coarse clock, or of failures against none. What remains is that all have
      // one sign.
      if (size > plan_.floor && std::exp2(-count) <= look.tail) return SequentialDecision::kChanged;
      continue;
    }
    if (size > plan_.floor && StudentTail((size - plan_.floor) / error, count - 1) <= look.tail) {
      return SequentialDecision::kChanged;
    }
    if (StudentTail((plan_.margin - size) / error, count - 1) <= look.tail) {
      return SequentialDecision::kUnchanged;
    }
  }
  return SequentialDecision::kUndecided;
}

}  // namespace benchfleet
