// What a session makes of its spool: full, damaged, or found at a new start.
#include "agent/session_fixture.h"

namespace benchfleet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_F(SessionTest, AFullSpoolStartsNothingAndSaysSo) {
  options_.spool_limit_bytes = 1u << 20;
  StartOnline();
  AckAll();
  Desire(1, {Shared(kRun7), Shared(kRun8)});
  launcher_.Measure(kRun7);
  launcher_.Sample(kRun7, 1, 600'000);
  ASSERT_THAT(launcher_.stopped, IsEmpty());
  launcher_.Sample(kRun7, 1, 600'000);  // does not fit
  ASSERT_TRUE(launcher_.stopped.contains(kRun7));
  EXPECT_EQ(launcher_.stopped.at(kRun7).outcome, Outcome::kFailed);
  launcher_.Sample(kRun7, 1);
  launcher_.End(kRun7);
  Settle();
  EXPECT_EQ(LastFinished().outcome, Outcome::kFailed);
  EXPECT_THAT(LastFinished().message, HasSubstr("spool is full"));
  EXPECT_EQ(LastFinished().sample_counts.at("latency"), 1);  // what was kept
  EXPECT_LE(spool_.bytes(), options_.spool_limit_bytes);
  launcher_.Measure(kRun8);
  launcher_.Sample(kRun8, 1, 100'000);
  Desire(2, {Shared(kRun8), Shared(kRun9)});
  EXPECT_THAT(launcher_.started, ElementsAre(kRun7, kRun8));
  EXPECT_THAT(LastState().not_accepting, HasSubstr("spool is full (limit 1.00 MiB)"));
  loop_.RunFor(absl::Seconds(1));
  AckAll();
  EXPECT_THAT(launcher_.started, ElementsAre(kRun7, kRun8, kRun9));
  EXPECT_EQ(LastState().not_accepting, "");
}

TEST_F(SessionTest, AFullDiskStopsRunsAndTheirEndIsKeptForLater) {
  StartOnline();
  AckAll();
  Desire(1, {Exclusive(kRun7)});
  launcher_.Measure(kRun7);
  spool_.FailWrites(absl::ResourceExhaustedError("database or disk is full"));
  launcher_.Sample(kRun7, 10);
  loop_.RunFor(absl::Seconds(2));
  ASSERT_TRUE(launcher_.stopped.contains(kRun7));
  EXPECT_EQ(launcher_.stopped.at(kRun7).outcome, Outcome::kFailed);
  launcher_.End(kRun7);
  loop_.RunFor(absl::Minutes(1));
  EXPECT_THAT(LastState().not_accepting, HasSubstr("disk is full"));
  EXPECT_THAT(Spooled(), ElementsAre("started 7"));
  spool_.FailWrites(absl::OkStatus());
  loop_.RunFor(absl::Minutes(1));
  EXPECT_THAT(Spooled(), ElementsAre("started 7", "chunk 7", "failed 7"));
  EXPECT_EQ(LastState().not_accepting, "");
}

TEST_F(SessionTest, ADiskThatTakesNoRunIsNotCalledUsableInBetween) {
  StartOnline();
  AckAll();
  spool_.FailAssigns(absl::ResourceExhaustedError("no room for a run"));
  Desire(1, {Exclusive(kRun7)});
  link_.Clear();
  loop_.RunFor(absl::Minutes(5));
  // Every time that it looks, what is small can be written; a run cannot.
  for (const AgentState& state : link_.Sent<AgentState>()) {
    EXPECT_THAT(state.not_accepting, HasSubstr("no room for a run"));
  }
  EXPECT_THAT(launcher_.started, IsEmpty());
  spool_.FailAssigns(absl::OkStatus());
  loop_.RunFor(absl::Seconds(15));
  EXPECT_THAT(launcher_.started, ElementsAre(kRun7));
  EXPECT_EQ(LastState().not_accepting, "");
}

TEST_F(SessionTest, ARestartedAgentAccountsForTheRunThatWasOn) {
  StartOnline();
  AckAll();
  Desire(1, {Exclusive(kRun7), Exclusive(kRun8)});
  launcher_.Measure(kRun7);
  launcher_.Sample(kRun7, 10);
  loop_.RunFor(absl::Seconds(2));
  launcher_.Sample(kRun7, 5);  // never reached the disk
  Crash();
  StartSession();
  EXPECT_EQ(LastFinished().outcome, Outcome::kLost);
  EXPECT_EQ(LastFinished().message, "the agent was restarted");
  EXPECT_EQ(LastFinished().sample_counts.at("latency"), 10);
  welcome_.acked_sequence = 1;
  Greet();
  EXPECT_THAT(SentRecords(), ElementsAre("started 7", "chunk 7", "lost 7"));
  Desire(1, {Exclusive(kRun7), Exclusive(kRun8)});  // its end is not committed there yet
  EXPECT_THAT(launcher_.started, ElementsAre(kRun8));
}

TEST_F(SessionTest, AFinishedRunStaysFinishedOverARestart) {
  StartOnline();
  Desire(1, {Exclusive(kRun7)});
  launcher_.End(kRun7);
  Settle();
  Crash();
  StartOnline();
  Desire(1, {Exclusive(kRun7)});
  EXPECT_THAT(launcher_.started, IsEmpty());
  EXPECT_EQ(LastState().runs[0].phase, RunPhase::kFinished);
  EXPECT_THAT(SentRecords(), ElementsAre("fingerprint", "ok 7"));
}

TEST_F(SessionTest, ADamagedSpoolEndsItsRunsAsLost) {
  StartOnline();
  AckAll();
  Desire(1, {Shared(kRun7), Shared(kRun8)});
  launcher_.End(kRun7);
  Settle();
  spool_.FailNextCommit(absl::DataLossError("database disk image is malformed"));
  launcher_.Measure(kRun8);
  Settle();
  EXPECT_EQ(spool_.set_aside_count(), 1);
  ASSERT_TRUE(launcher_.stopped.contains(kRun8));
  launcher_.End(kRun8);
  link_.Clear();
  Greet();
  EXPECT_THAT(Spooled(), ElementsAre("lost 7", "lost 8"));
  Desire(1, {Shared(kRun7), Shared(kRun8)});
  EXPECT_THAT(launcher_.started, ElementsAre(kRun7, kRun8));
}

}  // namespace
}  // namespace benchfleet
