// What a session does with its runs and their records; session_*_test.cc have the rest.
#include "agent/session_fixture.h"

namespace benchfleet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST_F(SessionTest, GreetsWithWhatItIs) {
  options_.labels = {{"kind", "local"}};
  options_.workloads.resize(1);
  options_.workloads[0].name = "crypto.sha256";
  StartSession();
  const std::vector<Hello> hellos = link_.Sent<Hello>();
  ASSERT_THAT(hellos, SizeIs(1));
  EXPECT_EQ(hellos[0].host, "alpha");
  EXPECT_EQ(hellos[0].protocol_version, kProtocolVersion);
  EXPECT_EQ(hellos[0].labels.at("kind"), "local");
  EXPECT_EQ(hellos[0].workloads[0].name, "crypto.sha256");
  EXPECT_EQ(hellos[0].spool_id, "spool");
  EXPECT_EQ(hellos[0].fingerprint.state_digest, "state");
  EXPECT_THAT(link_.Sent<AgentState>(), IsEmpty());
  Greet();
  EXPECT_THAT(LastState().runs, IsEmpty());
}

TEST_F(SessionTest, RunsWhatIsDesiredAndDeliversItsRecordsInOrder) {
  StartOnline();
  Desire(1, {Exclusive(kRun7)});
  ASSERT_THAT(launcher_.started, ElementsAre(kRun7));
  EXPECT_EQ(LastState().runs[0].phase, RunPhase::kStarting);
  launcher_.Measure(kRun7);
  Settle();
  EXPECT_EQ(LastState().runs[0].phase, RunPhase::kMeasuring);
  launcher_.Sample(kRun7, 100);
  launcher_.Sample(kRun7, 20);
  launcher_.End(kRun7);
  Settle();
  EXPECT_THAT(SentRecords(), ElementsAre("fingerprint", "started 7", "chunk 7", "chunk 7", "ok 7"));
  EXPECT_EQ(LastFinished().sample_counts.at("latency"), 120);
  EXPECT_EQ(LastFinished().state_digest, "state");
  ASSERT_THAT(LastState().runs, SizeIs(1));
  EXPECT_EQ(LastState().runs[0].phase, RunPhase::kFinished);
  AckAll();
  EXPECT_THAT(LastState().runs, IsEmpty());
  EXPECT_EQ(spool_.bytes(), 0);
}

TEST_F(SessionTest, RecordsTheRunInTheSpoolBeforeItStarts) {
  StartOnline();
  spool_.FailWrites(absl::ResourceExhaustedError("disk full"));
  Desire(1, {Exclusive(kRun7)});
  EXPECT_THAT(launcher_.started, IsEmpty());
  EXPECT_THAT(LastState().not_accepting, HasSubstr("disk full"));
  spool_.FailWrites(absl::OkStatus());
  loop_.RunFor(absl::Seconds(30));
  EXPECT_THAT(launcher_.started, ElementsAre(kRun7));
  EXPECT_EQ(LastState().not_accepting, "");
}

TEST_F(SessionTest, RepeatedAndReorderedMessagesDoNoHarm) {
  StartOnline();
  Desire(5, {Exclusive(kRun7)});
  Desire(5, {Exclusive(kRun7)});
  Desire(4, {});                  // older: would stop it
  Desire(3, {Exclusive(kRun8)});  // older: would start another
  Greet();                        // a second welcome
  EXPECT_THAT(launcher_.started, ElementsAre(kRun7));
  EXPECT_THAT(launcher_.stopped, IsEmpty());
  EXPECT_EQ(LastState().desired_version, 5);
  launcher_.End(kRun7);
  Settle();
  const Ack ack{spool_.id(), spool_.durable_sequence()};
  link_.Say(ack);
  link_.Say(ack);
  link_.Say(Ack{spool_.id(), 1});
  link_.Say(Ack{"another spool", 1000});
  // A Desired that was on its way while the end was acked names the run once more.
  Desire(6, {Exclusive(kRun7)});
  EXPECT_THAT(launcher_.started, ElementsAre(kRun7));
  Desire(7, {});
  Desire(6, {Exclusive(kRun7)});
  EXPECT_THAT(launcher_.started, ElementsAre(kRun7));
}

TEST_F(SessionTest, AnswersARepeatedDesiredWithItsState) {
  StartOnline();
  Desire(5, {});
  link_.Clear();
  Desire(5, {});
  ASSERT_THAT(link_.Sent<AgentState>(), SizeIs(1));
  EXPECT_EQ(LastState().desired_version, 5);
}

TEST_F(SessionTest, StopsWhatIsNoLongerDesired) {
  StartOnline();
  Desire(1, {Shared(kRun7), Shared(kRun8)});
  Desire(2, {Shared(kRun8)});
  ASSERT_TRUE(launcher_.stopped.contains(kRun7));
  EXPECT_EQ(launcher_.stopped.at(kRun7).outcome, Outcome::kCancelled);
  EXPECT_FALSE(launcher_.stopped.contains(kRun8));
  launcher_.End(kRun7);
  Settle();
  EXPECT_THAT(SentRecords(), ElementsAre("fingerprint", "cancelled 7"));
}

TEST_F(SessionTest, AWaitingRunThatIsWithdrawnLeavesNoTrace) {
  StartOnline();
  Desire(1, {Exclusive(kRun7), Exclusive(kRun8)});
  ASSERT_THAT(LastState().runs, SizeIs(2));
  Desire(2, {Exclusive(kRun7)});
  EXPECT_THAT(LastState().runs, SizeIs(1));
  launcher_.End(kRun7);
  Settle();
  EXPECT_THAT(launcher_.started, ElementsAre(kRun7));
  EXPECT_THAT(SentRecords(), ElementsAre("fingerprint", "ok 7"));
}

TEST_F(SessionTest, AnExclusiveRunHasTheHostToItself) {
  StartOnline();
  Desire(1, {Shared(kRun7), Exclusive(kRun8), Shared(kRun9)});
  EXPECT_THAT(launcher_.started, ElementsAre(kRun7));  // 9 waits behind 8, lest 8 never comes on
  launcher_.End(kRun7);
  Settle();
  EXPECT_THAT(launcher_.started, ElementsAre(kRun7, kRun8));
  launcher_.End(kRun8);
  Settle();
  EXPECT_THAT(launcher_.started, ElementsAre(kRun7, kRun8, kRun9));
}

TEST_F(SessionTest, SharedRunsGoInParallelUpToTheBound) {
  StartOnline();
  std::vector<RunAssignment> many;
  for (uint64_t i = 1; i <= limits::kMaxParallelRunsPerHost + 10; ++i) {
    many.push_back(Shared(RunId{i}));
  }
  Desire(1, many);
  EXPECT_THAT(launcher_.started, SizeIs(limits::kMaxParallelRunsPerHost));
  EXPECT_LE(LastState().runs.size(), 2 * limits::kMaxParallelRunsPerHost);
  launcher_.End(RunId{3});
  Settle();
  EXPECT_THAT(launcher_.started, SizeIs(limits::kMaxParallelRunsPerHost + 1));
}

TEST_F(SessionTest, ARunGoesOnWithoutConnectionAndIsDeliveredLater) {
  StartOnline();
  Desire(1, {Exclusive(kRun7), Exclusive(kRun8)});
  launcher_.Measure(kRun7);
  launcher_.Sample(kRun7, 10);
  loop_.RunFor(absl::Seconds(2));
  link_.reachable = false;
  link_.Drop(absl::UnavailableError("cable pulled"));
  launcher_.Sample(kRun7, 5);
  launcher_.End(kRun7);
  loop_.RunFor(absl::Minutes(10));
  EXPECT_THAT(launcher_.started, ElementsAre(kRun7));  // 8 may be somebody else's by now
  EXPECT_GT(link_.attempts, 10);
  link_.reachable = true;
  AwaitHello();
  welcome_.acked_sequence = 2;  // fingerprint and started
  Greet();
  EXPECT_THAT(SentRecords(), ElementsAre("chunk 7", "chunk 7", "ok 7"));
  EXPECT_EQ(link_.Sent<RecordBatch>()[0].first_sequence, 3);
  EXPECT_EQ(LastState().runs[0].phase, RunPhase::kFinished);
  EXPECT_EQ(LastState().desired_version, 0);
  Desire(1, {Exclusive(kRun8)});  // versions begin again with the session
  EXPECT_THAT(launcher_.started, ElementsAre(kRun7, kRun8));
}

TEST_F(SessionTest, ResendsWhatIsNotAcked) {
  StartOnline();
  AckAll();
  Desire(1, {Exclusive(kRun7)});
  launcher_.End(kRun7);
  Settle();
  link_.Clear();  // lost on the way
  loop_.RunFor(absl::Seconds(25));
  EXPECT_THAT(SentRecords(), ElementsAre("ok 7"));
  AckAll();
  EXPECT_EQ(spool_.bytes(), 0);
}

TEST_F(SessionTest, KeepsTheWindow) {
  StartOnline();
  AckAll();
  Desire(1, {Shared(kRun7)});
  launcher_.Measure(kRun7);
  AckSent();
  link_.Clear();
  for (int i = 0; i < 20; ++i) launcher_.Sample(kRun7, 1, limits::kMaxBatchBytes - 100'000);
  loop_.RunFor(absl::Seconds(1));
  EXPECT_THAT(link_.Sent<RecordBatch>(), SizeIs(kMaxBatchesInFlight));
  link_.Say(Ack{spool_.id(), link_.Sent<RecordBatch>()[1].first_sequence});
  Settle();
  EXPECT_THAT(link_.Sent<RecordBatch>(), SizeIs(kMaxBatchesInFlight + 2));
  for (int i = 0; i < 20; ++i) AckSent();
  EXPECT_EQ(spool_.bytes(), 0);
  EXPECT_THAT(SentRecords(), SizeIs(20));
}

TEST_F(SessionTest, KeepsStillWhileARunMeasuresAlone) {
  StartOnline();
  AckAll();
  Desire(1, {Exclusive(kRun7)});
  launcher_.Measure(kRun7);
  Settle();
  link_.Clear();
  launcher_.Sample(kRun7, 10);
  loop_.RunFor(absl::Seconds(5));
  EXPECT_THAT(link_.sent, IsEmpty());
  EXPECT_EQ(spool_.durable_sequence(), spool_.last_sequence());
  loop_.RunFor(absl::Seconds(6));  // the heartbeat takes it along
  EXPECT_THAT(SentRecords(), ElementsAre("chunk 7"));
  EXPECT_EQ(LastState().runs[0].samples, 10);
}

TEST_F(SessionTest, AChangedStateBetweenTwoRunsIsRecorded) {
  StartOnline();
  AckAll();
  Desire(1, {Exclusive(kRun7)});
  launcher_.End(kRun7);
  host_.state = "other governor";
  loop_.RunFor(absl::Seconds(61));
  Desire(2, {Exclusive(kRun8)});
  ASSERT_THAT(launcher_.started, ElementsAre(kRun7, kRun8));
  launcher_.End(kRun8);
  Settle();
  EXPECT_THAT(Spooled(), ElementsAre("ok 7", "fingerprint", "ok 8"));
  EXPECT_EQ(LastFinished().state_digest, "other governor");
}

TEST_F(SessionTest, AFreshFingerprintIsNotCollectedAgain) {
  StartOnline();
  const int before = host_.collected;
  Desire(1, {Exclusive(kRun7)});
  launcher_.End(kRun7);
  Desire(2, {Exclusive(kRun8)});
  EXPECT_EQ(host_.collected, before);
}

}  // namespace
}  // namespace benchfleet
