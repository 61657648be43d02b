#include "tests/bench/detection/scoring.h"

#include "gtest/gtest.h"

namespace benchfleet::bench {
namespace {

using Positions = std::vector<size_t>;

Score Of(const Positions& found, const Positions& labels, const Positions& optional = {}) {
  return ScoreFindings(found, labels, optional);
}

TEST(ScoringTest, AFindingWithinTheMarginIsTheLabel) {
  EXPECT_EQ(Of({100 + kMargin}, {100}).right, 1u);
  const Score beyond = Of({100 + kMargin + 1}, {100});
  EXPECT_EQ(beyond.right, 0u);
  EXPECT_EQ(beyond.wrong, 1u);
  EXPECT_EQ(beyond.missed, 1u);
}

TEST(ScoringTest, EachLabelIsFoundOnceByTheNearest) {
  const Score twice = Of({98, 101}, {100});
  EXPECT_EQ(twice.right, 1u);
  EXPECT_EQ(twice.wrong, 1u);
  // Were 102 given to 100, nothing would be left for 104.
  EXPECT_EQ(Of({99, 102}, {100, 104}).right, 2u);
}

TEST(ScoringTest, FindingsNearOptionalLabelsAreNotCounted) {
  const Score score = Of({50, 100}, {100}, {52});
  EXPECT_EQ(score.right, 1u);
  EXPECT_EQ(score.wrong, 0u);
  EXPECT_EQ(Of({}, {}, {52}).missed, 0u) << "nor is missing one";
}

TEST(ScoringTest, F1IsTheHarmonicMeanOfPrecisionAndRecall) {
  Score score;
  score.right = 2;
  score.wrong = 2;
  score.missed = 0;
  EXPECT_DOUBLE_EQ(score.F1(), 2 * 0.5 * 1 / 1.5);
  Score more;
  more.missed = 4;
  score += more;
  EXPECT_DOUBLE_EQ(score.F1(), 2.0 * 2 / (2.0 * 2 + 2 + 4));
}

TEST(ScoringTest, AnnotatorsOfTheTuringDataAgreeOrNot) {
  // Worked by hand: T = {0, 20, 50}; precision (0 and 20 of 0, 20, 90) 2/3; recall: all of the
  // first annotator's two marks, two of the second's three: (1 + 2/3) / 2.
  const std::vector<Positions> annotations = {{20}, {20, 50}};
  const double precision = 2.0 / 3;
  const double recall = (1 + 2.0 / 3) / 2;
  EXPECT_NEAR(AnnotatorF1(Positions{20, 90}, annotations),
              2 * precision * recall / (precision + recall), 1e-12);
  EXPECT_DOUBLE_EQ(AnnotatorF1(Positions{}, std::vector<Positions>{{}, {}}), 1)
      << "nobody marked anything";
}

}  // namespace
}  // namespace benchfleet::bench
