#include "analysis/level_shift.h"

#include <cmath>

#include "gtest/gtest.h"

namespace benchfleet {
namespace {

// From `before` to `after`, known to within `half` of the ratio.
LevelShift Shift(double before, double after, double half = 0.01) {
  const double ratio = after / before;
  return ShiftOfRatio(before, after, {.low = ratio - half, .high = ratio + half});
}

TEST(LevelShiftTest, TheBlessedShiftIsCoveredWhenItIsSeenAgain) {
  EXPECT_TRUE(IsCovered(Shift(100, 110), Shift(100, 110)));
  EXPECT_TRUE(IsCovered(Shift(100, 110.6, 0.004), Shift(100, 110, 0.02)));
  EXPECT_TRUE(IsCovered(Shift(99.8, 110.1), Shift(100, 110))) << "the old level was noisy";
}

TEST(LevelShiftTest, MoreOfItIsNot) {
  EXPECT_FALSE(IsCovered(Shift(100, 121), Shift(100, 110))) << "it has grown since";
  EXPECT_FALSE(IsCovered(Shift(110, 121), Shift(100, 110))) << "as much again from there";
  EXPECT_FALSE(IsCovered(Shift(100, 105), Shift(100, 110))) << "another, smaller one";
  EXPECT_FALSE(IsCovered(Shift(110, 100), Shift(100, 110))) << "and back again";
}

TEST(LevelShiftTest, AVagueShiftIsCoveredWhereItMayBeTheBlessedOne) {
  EXPECT_TRUE(IsCovered(Shift(100, 113, 0.05), Shift(100, 110, 0.01)));
  EXPECT_FALSE(IsCovered(Shift(100, 130, 0.05), Shift(100, 110, 0.01)));
}

TEST(LevelShiftTest, HalfAPercentNeverMatters) {
  EXPECT_TRUE(IsCovered(Shift(100, 110.4, 0), Shift(100, 110, 0)));
  EXPECT_FALSE(IsCovered(Shift(100, 111, 0), Shift(100, 110, 0)));
}

TEST(LevelShiftTest, LevelsOfZeroShiftByDifferences) {
  const LevelShift blessed{
      .before = 0, .after = 4, .shift = {.low = 3.5, .high = 4.5}, .logarithmic = false};
  LevelShift seen = blessed;
  EXPECT_TRUE(IsCovered(seen, blessed));
  seen.after = 8;
  seen.shift = {.low = 7.5, .high = 8.5};
  EXPECT_FALSE(IsCovered(seen, blessed));
  // Blessed as a ratio, before the first zero came into the history.
  const LevelShift ratio = Shift(100, 110);
  seen = {.before = 100, .after = 110, .shift = {.low = 9, .high = 11}, .logarithmic = false};
  EXPECT_TRUE(IsCovered(seen, ratio));
  EXPECT_TRUE(IsCovered(ratio, seen));
}

TEST(LevelShiftTest, AnyOfSeveralWillDo) {
  const LevelShift blessed[] = {Shift(100, 110), Shift(110, 121)};
  EXPECT_TRUE(IsCoveredByAny(Shift(110, 121), blessed));
  EXPECT_FALSE(IsCoveredByAny(Shift(121, 133), blessed));
  EXPECT_FALSE(IsCoveredByAny(Shift(100, 110), {}));
}

}  // namespace
}  // namespace benchfleet
