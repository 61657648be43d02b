#include "analysis/incident.h"

#include "gmock/gmock.h"

namespace benchfleet {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

FoundShift At(size_t series, size_t at, double size = 0.1, ShiftKind kind = ShiftKind::kWorse) {
  return {
      .series = series, .at = at, .earliest = at, .latest = at, .kind = kind, .size = size, .z = 8};
}

FoundShift Between(size_t series, size_t at, size_t earliest, size_t latest) {
  FoundShift shift = At(series, at);
  shift.earliest = earliest;
  shift.latest = latest;
  return shift;
}

TEST(IncidentTest, ShiftsAtOneRevisionAreOneIncidentTheLargestFirst) {
  const FoundShift shifts[] = {At(0, 5, 0.1), At(1, 5, 0.3), At(2, 5, 0.2)};
  const auto incidents = GroupShifts(shifts);
  ASSERT_THAT(incidents, SizeIs(1));
  EXPECT_EQ(incidents[0].at, 5u);
  EXPECT_THAT(incidents[0].shifts, ElementsAre(1, 2, 0));
  EXPECT_EQ(incidents[0].kind, IncidentKind::kRegression);
}

TEST(IncidentTest, OtherRevisionsAreOtherIncidentsNewestFirst) {
  const FoundShift shifts[] = {At(0, 5), At(0, 9), At(1, 6)};
  const auto incidents = GroupShifts(shifts);
  ASSERT_THAT(incidents, SizeIs(3));
  EXPECT_EQ(incidents[0].at, 9u);
  EXPECT_EQ(incidents[1].at, 6u);
  EXPECT_EQ(incidents[2].at, 5u);
  EXPECT_THAT(GroupShifts({}), IsEmpty());
}

TEST(IncidentTest, TheKindSaysWhichWayItWent) {
  const auto kind_of = [](std::vector<FoundShift> shifts) { return GroupShifts(shifts)[0].kind; };
  const FoundShift better = At(1, 5, 0.1, ShiftKind::kBetter);
  const FoundShift neutral = At(2, 5, 0.1, ShiftKind::kNeutral);
  EXPECT_EQ(kind_of({At(0, 5), better}), IncidentKind::kMixed);
  EXPECT_EQ(kind_of({better}), IncidentKind::kImprovement);
  EXPECT_EQ(kind_of({better, neutral}), IncidentKind::kImprovement);
  EXPECT_EQ(kind_of({neutral}), IncidentKind::kChange);
}

TEST(IncidentTest, AVagueShiftJoinsTheSharpOneWithinItsReach) {
  // Found first, and one revision off.
  const FoundShift shifts[] = {Between(0, 6, 3, 9), At(1, 5), At(2, 12)};
  const auto incidents = GroupShifts(shifts);
  ASSERT_THAT(incidents, SizeIs(2));
  EXPECT_EQ(incidents[1].at, 5u) << "the sharp one says where";
  EXPECT_THAT(incidents[1].shifts, SizeIs(2));
}

TEST(IncidentTest, ASeriesThatSkippedRevisionsJoinsWhatHappenedInBetween) {
  const FoundShift shifts[] = {Between(0, 10, 6, 10), At(1, 8)};
  EXPECT_THAT(GroupShifts(shifts), SizeIs(1));
  const FoundShift apart[] = {Between(0, 10, 9, 10), At(1, 8)};
  EXPECT_THAT(GroupShifts(apart), SizeIs(2));
}

TEST(IncidentTest, OfTwoIncidentsWithinReachItJoinsTheNearer) {
  const FoundShift shifts[] = {At(1, 4), At(2, 8), Between(0, 7, 3, 9)};
  const auto incidents = GroupShifts(shifts);
  ASSERT_THAT(incidents, SizeIs(2));
  EXPECT_EQ(incidents[0].at, 8u);
  EXPECT_THAT(incidents[0].shifts, SizeIs(2));
}

TEST(IncidentTest, TwoShiftsOfOneSeriesAreNeverOneIncident) {
  const FoundShift shifts[] = {Between(0, 5, 3, 9), Between(0, 8, 4, 10)};
  EXPECT_THAT(GroupShifts(shifts), SizeIs(2));
}

TEST(IncidentTest, DifferentLinesNeverMeet) {
  FoundShift other = At(1, 5);
  other.line = 1;
  const FoundShift shifts[] = {At(0, 5), other};
  EXPECT_THAT(GroupShifts(shifts), SizeIs(2));
}

TEST(IncidentTest, SeriesThatShareARevisionAreOneLine) {
  const std::vector<std::vector<size_t>> positions = {{0, 2, 4}, {1, 3}, {4, 5}, {5}, {}};
  const auto lines = LinesOf(positions);
  EXPECT_EQ(lines[0], lines[2]);
  EXPECT_EQ(lines[0], lines[3]) << "by way of the third";
  EXPECT_NE(lines[0], lines[1]);
  EXPECT_NE(lines[4], lines[0]);
}

TEST(IncidentTest, ANameIsTheSameEverywhereAndNeedsNoQuotes) {
  EXPECT_EQ(IncidentName("a1b2c3d4e5f60718"), IncidentName("a1b2c3d4e5f60718"));
  EXPECT_NE(IncidentName("a1b2c3d4e5f60718"), IncidentName("a1b2c3d4e5f60719"));
  EXPECT_EQ(IncidentName("a1b2c3d4e5f60718"), "hidden-badger-a1b2c3d4");
  EXPECT_EQ(IncidentName("v1 $(x)").find_first_not_of("abcdefghijklmnopqrstuvwxyz-_1"),
            std::string::npos);
}

TEST(IncidentTest, ASmallShiftInMuchNoiseMayBeElsewhere) {
  ChangePoint change;
  change.shift = -0.1;
  EXPECT_EQ(PositionReach(change, 0.01, 1), 0u);
  EXPECT_EQ(PositionReach(change, 0.05, 1), 2u);
  EXPECT_EQ(PositionReach(change, 0.05, 2), 5u);
  EXPECT_EQ(PositionReach(change, 1, 1), 10u) << "bounded";
  EXPECT_EQ(PositionReach(change, 0, 1), 0u);
}

}  // namespace
}  // namespace benchfleet
