#include "base/status.h"
#include "gmock/gmock.h"
#include "storage/store_fixture.h"

namespace benchfleet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// Job 1 has ended with run 1, which is ok.
class BaselinesTest : public StoreTest {
 protected:
  void SetUp() override {
    MakeSmallJob();
    const auto ingested = Ingest(1, {TestRecord(1, TestStarted()), TestRecord(1, TestChunk(0, {5})),
                                     TestRecord(1, TestFinished(Outcome::kOk, 1))});
    ASSERT_TRUE(ingested.ok()) << ingested.status();
    End(1);
  }

  void End(uint64_t job) {
    StoredJob ended = store().Job(JobId{job})->job;
    ended.state = State::kDone;
    Commit([&](Store& s) { EXPECT_EQ(s.UpdateJob(ended), absl::OkStatus()); });
  }

  static Baseline Setting(const std::string& name, std::vector<JobId> jobs,
                          std::vector<RunId> runs = {}) {
    return {name, std::move(jobs), std::move(runs), "Ada L.", "ada", "release 1.2", TestTime(9)};
  }

  absl::Status Set(const Baseline& setting) {
    absl::Status status;
    Commit([&](Store& s) { status = s.SetBaseline(setting); });
    return status;
  }
};

TEST_F(BaselinesTest, EachSettingIsKeptAndTheNewestStands) {
  const Baseline first = Setting("main", {JobId{1}});
  ASSERT_EQ(Set(first), absl::OkStatus());
  Baseline second = Setting("main", {JobId{1}}, {RunId{1}});
  second.reason = "again";
  ASSERT_EQ(Set(second), absl::OkStatus());
  ASSERT_EQ(Set(Setting("alpha", {JobId{1}})), absl::OkStatus());
  Reopen();
  EXPECT_THAT(*store().BaselineSettings("main", 10), ElementsAre(second, first));
  const auto standing = store().Baselines("", 10);
  ASSERT_THAT(*standing, SizeIs(2));
  EXPECT_EQ(standing->at(0).name, "alpha");
  EXPECT_EQ(standing->at(1), second);
  EXPECT_THAT(*store().Baselines("alpha", 10), ElementsAre(second)) << "behind a name";
}

TEST_F(BaselinesTest, ARemovedNameStandsForNothingAndCanBeSetAgain) {
  ASSERT_EQ(Set(Setting("main", {JobId{1}})), absl::OkStatus());
  Baseline removal = Setting("main", {});
  removal.removed = true;
  ASSERT_EQ(Set(removal), absl::OkStatus());
  EXPECT_THAT(*store().Baselines("", 10), IsEmpty());
  EXPECT_THAT(*store().BaselineSettings("main", 10), SizeIs(2)) << "what it was stays known";
  EXPECT_TRUE(absl::IsNotFound(Set(removal))) << "twice";
  ASSERT_EQ(Set(Setting("main", {JobId{1}})), absl::OkStatus());
  EXPECT_THAT(*store().Baselines("", 10), SizeIs(1));
}

TEST_F(BaselinesTest, WhatCannotBeComparedWithIsRefusedByName) {
  EXPECT_EQ(Set(Setting("main", {JobId{9}})).message(), "there is no job 9");
  EXPECT_TRUE(absl::IsInvalidArgument(Set(Setting("main", {}))));
  Commit([](Store& s) {
    EXPECT_EQ(s.CreateJob(TestJob(2, "open"), {TestTask(3, 2, "a")}), absl::OkStatus());
    EXPECT_EQ(s.CreateRun(TestRun(7, 3, "a", 0)), absl::OkStatus());
  });
  EXPECT_THAT(Message(Set(Setting("main", {JobId{2}}))), HasSubstr("jobs that have ended"));
  End(2);
  EXPECT_THAT(Message(Set(Setting("main", {JobId{2}}))), HasSubstr("no run with outcome ok"));
  EXPECT_THAT(Message(Set(Setting("main", {JobId{1}}, {RunId{7}}))),
              HasSubstr("run 7 is of job 2, which is not among"));
  EXPECT_EQ(Set(Setting("main", {JobId{1}}, {RunId{8}})).message(), "there is no run 8");
  EXPECT_THAT(*store().Baselines("", 10), IsEmpty());
}

TEST_F(BaselinesTest, AnUnknownNameIsAnsweredWithTheNearest) {
  ASSERT_EQ(Set(Setting("release-1.2", {JobId{1}})), absl::OkStatus());
  const absl::Status status = store().BaselineSettings("relaese-1.2", 10).status();
  EXPECT_TRUE(absl::IsNotFound(status));
  EXPECT_THAT(Message(status), HasSubstr("did you mean 'release-1.2'?"));
}

TEST_F(BaselinesTest, BlessingsComeBackWithTheirSeries) {
  Blessing blessing;
  blessing.series.id = SeriesId{1};
  blessing.before = 100;
  blessing.after = 112.5;
  blessing.shift_low = 0.1;
  blessing.shift_high = 0.13;
  blessing.from_revision = "r1";
  blessing.to_revision = "r2";
  blessing.baseline = "main";
  blessing.author = "Ada L.";
  blessing.blessed_by = "ada";
  blessing.reason = "safer hash";
  blessing.at = TestTime(9);
  Commit([&](Store& s) {
    EXPECT_EQ(s.AddBlessing(blessing), absl::OkStatus());
    EXPECT_EQ(s.AddBlessing(blessing), absl::OkStatus());
    Blessing lost = blessing;
    lost.series.id = SeriesId{99};
    EXPECT_EQ(s.AddBlessing(lost).message(), "there is no series 99");
  });
  Reopen();
  const auto found = store().Blessings(0, 10);
  ASSERT_THAT(*found, SizeIs(2));
  EXPECT_THAT(*store().Blessings(1, 10), SizeIs(1));
  const Blessing& first = found->at(0);
  EXPECT_EQ(first.id, 1u);
  EXPECT_EQ(first.series.key.metric, "latency");
  EXPECT_EQ(first.series.key.parameters, (StringMap{{"size", "1KiB"}}));
  EXPECT_EQ(first.after, 112.5);
  EXPECT_EQ(first.shift_high, 0.13);
  EXPECT_TRUE(first.logarithmic);
  EXPECT_EQ(first.to_revision, "r2");
  EXPECT_EQ(first.reason, "safer hash");
  EXPECT_EQ(first.at, TestTime(9));
}

TEST_F(BaselinesTest, AnIncidentIsAcknowledgedOnce) {
  const Acknowledgement said{0, "calm-otter-r2", "", "ada", "known", TestTime(9)};
  Commit([&](Store& s) {
    EXPECT_EQ(s.AddAcknowledgement(said), absl::OkStatus());
    const absl::Status again = s.AddAcknowledgement(said);
    EXPECT_TRUE(absl::IsAlreadyExists(again));
    EXPECT_THAT(Message(again), HasSubstr("by ada"));
  });
  Reopen();
  const auto found = store().Acknowledgements(0, 10);
  ASSERT_THAT(*found, SizeIs(1));
  EXPECT_EQ(found->at(0).incident, "calm-otter-r2");
  EXPECT_EQ(found->at(0).reason, "known");
}

TEST_F(BaselinesTest, AnAcknowledgementIsWithdrawnAndAllStaysKnown) {
  const Acknowledgement said{0, "calm-otter-r2", "", "ada", "known", TestTime(9)};
  const Acknowledgement not_so{0, "calm-otter-r2", "Bo", "bob", "not that", TestTime(10), true};
  Commit([&](Store& s) {
    EXPECT_TRUE(absl::IsNotFound(s.AddAcknowledgement(not_so)));
    EXPECT_EQ(s.AddAcknowledgement(said), absl::OkStatus());
    Acknowledgement other = not_so;
    other.incident = "calm-otter-r3";
    EXPECT_THAT(Message(s.AddAcknowledgement(other)),
                HasSubstr("is not acknowledged (did you mean 'calm-otter-r2'?)"));
    EXPECT_EQ(s.AddAcknowledgement(not_so), absl::OkStatus());
    EXPECT_TRUE(absl::IsNotFound(s.AddAcknowledgement(not_so)));
    EXPECT_EQ(s.AddAcknowledgement(said), absl::OkStatus());
    EXPECT_TRUE(absl::IsAlreadyExists(s.AddAcknowledgement(said)));
  });
  Reopen();
  const auto found = store().Acknowledgements(0, 10);
  ASSERT_THAT(*found, SizeIs(3));
  EXPECT_TRUE(found->at(1).withdrawn);
  EXPECT_EQ(found->at(1).author, "Bo");
  EXPECT_EQ(found->at(1).at, TestTime(10));
  EXPECT_FALSE(found->at(2).withdrawn);
}

TEST_F(BaselinesTest, TheNewestSelftestIsKept) {
  EXPECT_FALSE(store().NewestSelftest()->has_value());
  PublishedSelftest selftest;
  selftest.at = TestTime(1);
  selftest.seed = 1;
  Commit([&](Store& s) {
    EXPECT_EQ(s.AddSelftest(selftest), absl::OkStatus());
    selftest.seed = 2;
    EXPECT_EQ(s.AddSelftest(selftest), absl::OkStatus());
  });
  Reopen();
  EXPECT_EQ((*store().NewestSelftest())->seed, 2u);
}

}  // namespace
}  // namespace benchfleet
