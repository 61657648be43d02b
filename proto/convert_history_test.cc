#include <limits>

#include "base/limits.h"
#include "base/status.h"
#include "gtest/gtest.h"
#include "proto/control_port.pb.h"
#include "proto/convert.h"

namespace benchfleet {
namespace {

absl::Time At(int seconds) { return absl::FromUnixSeconds(1'800'000'000 + seconds); }

HistoryPoint Point(uint64_t run, const std::string& revision) {
  return {RunId{run},
          JobId{run / 10},
          At(static_cast<int>(run)),
          revision,
          "local-1",
          "5ta7e",
          {"latency", 30, 1, 9, 4, 1.5, 3.5, 8, 8.75, run % 2 == 0}};
}

TEST(ConvertHistoryTest, PointsSurviveTheWire) {
  const SeriesHistory history{
      {SeriesId{7}, {"sort", {{"n", "10"}}, "latency", "ns", "1d"}, Direction::kLowerIsBetter},
      {Point(1, "r1"), Point(2, "r1"), Point(3, "r2")}};
  v1::HistoryPiece message;
  ToProto(history, &message);
  EXPECT_EQ(message.points().words_size(), 4) << "each word once: r1, local-1, 5ta7e, r2";
  const auto back = FromProto(message);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->series.key, history.series.key);
  EXPECT_EQ(back->series.direction, Direction::kLowerIsBetter);
  ASSERT_EQ(back->points.size(), 3u);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(back->points[i].run, history.points[i].run);
    EXPECT_EQ(back->points[i].job, history.points[i].job);
    EXPECT_EQ(back->points[i].at, history.points[i].at);
    EXPECT_EQ(back->points[i].revision, history.points[i].revision);
    EXPECT_EQ(back->points[i].host, "local-1");
    EXPECT_EQ(back->points[i].state_digest, "5ta7e");
    EXPECT_EQ(back->points[i].summary, history.points[i].summary);
  }
}

TEST(ConvertHistoryTest, ColumnsThatDoNotFitTogetherAreRefused) {
  v1::HistoryPiece message;
  ToProto(SeriesHistory{{}, {Point(1, "r1")}}, &message);
  v1::HistoryPiece torn = message;
  torn.mutable_points()->add_median(1);
  EXPECT_TRUE(absl::IsInvalidArgument(FromProto(torn).status()));
  torn = message;
  torn.mutable_points()->set_revision(0, 99);
  EXPECT_TRUE(absl::IsInvalidArgument(FromProto(torn).status())) << "a word that is not there";
}

TEST(ConvertHistoryTest, AQuerySurvivesTheWire) {
  HistoryQuery query;
  query.filter = {.workload = "crypto.*",
                  .metric = "latency",
                  .parameters = {{"size", "1KiB"}},
                  .identity = "abc",
                  .series = {SeriesId{3}},
                  .in_job = JobId{12},
                  .host = "a",
                  .revision = "r1",
                  .job_name = "nightly",
                  .labels = {{"branch", "main"}},
                  .from = At(0),
                  .before = At(9)};
  query.newest = 100;
  v1::ReadHistoryRequest message;
  ToProto(query, &message);
  const auto back = FromProto(message);
  ASSERT_TRUE(back.ok()) << back.status();
  v1::ReadHistoryRequest again;
  ToProto(*back, &again);
  EXPECT_EQ(again.SerializeAsString(), message.SerializeAsString());
  EXPECT_EQ(back->filter.before, At(9));
  EXPECT_EQ(FromProto(v1::ReadHistoryRequest())->filter.before, absl::InfiniteFuture());
  message.set_newest(limits::kMaxPointsPerSeries + 1);
  EXPECT_TRUE(absl::IsInvalidArgument(FromProto(message).status()));
}

TEST(ConvertHistoryTest, BaselinesSurviveTheWireWithinTheirBounds) {
  const Baseline baseline{
      "main", {JobId{1}, JobId{5}}, {RunId{9}}, "Ada L.", "ada", "release", At(1), true};
  v1::Baseline message;
  ToProto(baseline, &message);
  EXPECT_EQ(*FromProto(message), baseline);
  message.set_reason(std::string(limits::kMaxReasonBytes + 1, 'x'));
  EXPECT_EQ(FromProto(message).status().message(), "a reason has 1001 bytes; the bound is 1000");
}

TEST(ConvertHistoryTest, ABlessingThatSaysNothingIsRefused) {
  Blessing blessing;
  blessing.series.id = SeriesId{3};
  blessing.before = 100;
  blessing.after = 110;
  blessing.shift_low = 0.09;
  blessing.shift_high = 0.1;
  blessing.baseline = "main";
  blessing.reason = "why not";
  const auto status_of = [](const Blessing& value) {
    v1::Blessing message;
    ToProto(value, &message);
    return FromProto(message).status();
  };
  EXPECT_EQ(status_of(blessing), absl::OkStatus());
  Blessing bad = blessing;
  bad.after = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(absl::IsInvalidArgument(status_of(bad)));
  bad = blessing;
  bad.shift_low = 0.2;
  EXPECT_TRUE(absl::IsInvalidArgument(status_of(bad)));
  bad = blessing;
  bad.before = 0;
  EXPECT_TRUE(absl::IsInvalidArgument(status_of(bad)));
  bad.logarithmic = false;
  EXPECT_EQ(status_of(bad), absl::OkStatus());
}

TEST(ConvertHistoryTest, ASelftestSurvivesTheStore) {
  PublishedSelftest selftest;
  selftest.seed = 7;
  selftest.quiet_points = 1000;
  selftest.trend_false = 1;
  selftest.effects = {{0.05, 100, 90, 3, 4.5, 80}, {0.01, 100, 0, 0, std::nullopt, 2}};
  selftest.at = At(1);
  selftest.published_by = "ada";
  EXPECT_EQ(*ParsePublishedSelftest(Serialize(selftest)), selftest);
  selftest.effects[0].trend_found = 101;
  EXPECT_TRUE(absl::IsInvalidArgument(ParsePublishedSelftest(Serialize(selftest)).status()));
}

}  // namespace
}  // namespace benchfleet
