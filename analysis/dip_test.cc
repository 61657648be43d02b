#include "analysis/dip.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "analysis/modality.h"
#include "analysis/test_data.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

TEST(DipTest, KnownValues) {
  // Evenly spaced values lie on a line: 1/(2n). Two equal heaps: a quarter.
  std::vector<double> even(50);
  for (size_t i = 0; i < even.size(); ++i) even[i] = static_cast<double>(i);
  EXPECT_NEAR(Dip(even), 0.01, 1e-8);
  std::vector<double> heaps(40, 0.0);
  std::fill(heaps.begin() + 20, heaps.end(), 1.0);
  EXPECT_NEAR(Dip(heaps), 0.25, 1e-8);
  EXPECT_NEAR(Dip(std::vector<double>{7}), 0.5, 1e-8);
}

// A step of the empirical distribution, from `before` to `after` at x.
struct Step {
  double x = 0;
  double before = 0;
  double after = 0;
};

std::vector<Step> StepsOf(const std::vector<double>& sorted) {
  std::vector<Step> steps;
  const auto n = static_cast<double>(sorted.size());
  for (size_t i = 0; i < sorted.size(); ++i) {
    const double after = static_cast<double>(i + 1) / n;
    if (i > 0 && sorted[i] == sorted[i - 1]) {
      steps.back().after = after;
    } else {
      steps.push_back({.x = sorted[i], .before = after - 1 / n, .after = after});
    }
  }
  return steps;
}

// The least value that a convex function within `distance` of the steps before the last one can
// have where that begins; none where there is no such function.
std::optional<double> LeastConvexEnd(const std::vector<Step>& steps, double distance) {
  const size_t last = steps.size() - 1;
  double least = steps[last].before - distance;
  for (size_t k = 0; k < last; ++k) {
    const double must = steps[k].after - distance;
    if (must > steps[k].before + distance) return std::nullopt;
    for (size_t i = 0; i < k; ++i) {
      const double may = steps[i].before + distance;
      for (size_t j = k + 1; j <= last; ++j) {
        const double share = (steps[k].x - steps[i].x) / (steps[j].x - steps[i].x);
        if ((1 - share) * may + share * (steps[j].before + distance) < must) return std::nullopt;
      }
      const double share = (steps[k].x - steps[i].x) / (steps[last].x - steps[i].x);
      least = std::max(least, (must - (1 - share) * may) / share);
    }
  }
  return least;
}

// By definition: over all places of the mode, convex up to it, from there on concave (convex, seen
// from the other end), with a jump upwards at most where both meet.
bool HasUnimodalWithin(const std::vector<Step>& steps, double distance) {
  for (size_t mode = 0; mode < steps.size(); ++mode) {
    const auto at = static_cast<std::ptrdiff_t>(mode);
    const std::vector<Step> left(steps.begin(), steps.begin() + at + 1);
    std::vector<Step> right;
    for (size_t i = steps.size(); i > mode; --i) {
      const Step& step = steps[i - 1];
      right.push_back({.x = -step.x, .before = 1 - step.after, .after = 1 - step.before});
    }
    const auto from = LeastConvexEnd(left, distance);
    const auto to = LeastConvexEnd(right, distance);
    if (from.has_value() && to.has_value() && *from <= 1 - *to + 1e-13) return true;
  }
  return false;
}

double DipByDefinition(const std::vector<double>& sorted) {
  const std::vector<Step> steps = StepsOf(sorted);
  double low = 0.5 / static_cast<double>(sorted.size());
  double high = 0.5;
  for (int i = 0; i < 50; ++i) {
    const double middle = (low + high) / 2;
    (HasUnimodalWithin(steps, middle) ? high : low) = middle;
  }
  return high;
}

TEST(DipTest, EqualsItsDefinition) {
  Random random(109);
  for (int trial = 0; trial < 400; ++trial) {
    const size_t n = 2 + random.Below(11);
    std::vector<double> values =
        trial % 3 == 0 ? TiedValues(random, n, 6) : NormalValues(random, n, 0, 1);
    for (size_t i = 0; i < n / 2; ++i) values[i] += trial % 4 == 0 ? 1000.0 : 4.0;
    std::sort(values.begin(), values.end());
    ASSERT_NEAR(Dip(values), DipByDefinition(values), 1e-9)
        << trial << ": " << testing::PrintToString(values);
  }
}

TEST(DipTest, SeparatedClustersAreAQuarterApart) {
  Random random(110);
  std::vector<double> clusters(100);
  for (size_t i = 0; i < clusters.size(); ++i) {
    clusters[i] = random.Uniform() + (i < 50 ? 0.0 : 1000.0);
  }
  std::sort(clusters.begin(), clusters.end());
  EXPECT_NEAR(Dip(clusters), 0.25, 0.01);
  int two = 0;
  for (int trial = 0; trial < 20; ++trial) {
    auto humps = NormalValues(random, 15, 0, 1);
    const auto more = NormalValues(random, 15, 50, 1);
    humps.insert(humps.end(), more.begin(), more.end());
    two += FindModes(humps, {})->modes.size() == 2;
  }
  EXPECT_EQ(two, 20);
}

TEST(DipTest, ScaleAndMirrorDoNotMatter) {
  Random random(104);
  auto values = NormalValues(random, 80, 0, 1);
  const auto more = NormalValues(random, 40, 5, 1);
  values.insert(values.end(), more.begin(), more.end());
  std::sort(values.begin(), values.end());
  std::vector<double> mirrored;
  for (auto value = values.rbegin(); value != values.rend(); ++value)
    mirrored.push_back(7 - 3 * *value);
  EXPECT_NEAR(Dip(values), Dip(mirrored), 1e-8);
}

}  // namespace
}  // namespace benchfleet
