#include "agent/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "agent/session_fakes.h"

namespace benchfleet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr RunId kRun7{7};
constexpr RunId kRun8{8};
constexpr RunId kRun9{9};

RunAssignment Assignment(RunId run, bool exclusive) {
  RunAssignment assignment;
  assignment.run = run;
  assignment.spec.workload = "w";
  assignment.exclusive = exclusive;
  return assignment;
}
RunAssignment Exclusive(RunId run) { return Assignment(run, true); }
RunAssignment Shared(RunId run) { return Assignment(run, false); }

class SessionTest : public ::testing::Test {
 protected:
  SessionTest() {
    options_.host = "alpha";
    options_.seed = 5;
  }

  // The coordinator's side of the greeting.
  void Greet() {
    link_.Say(welcome_);
    Settle();
  }
  // Runs what is due now.
  void Settle() { loop_.RunFor(absl::ZeroDuration()); }

  void StartSession() {
    session_.emplace(options_, AgentSurroundings{&loop_, &spool_, &launcher_, &link_, &host_},
                     [this](const absl::Status& status) { ended_ = status; });
    session_->Start();
    Settle();
  }
  void StartOnline() {
    StartSession();
    Greet();
  }
  // Until the agent has dialled again.
  void AwaitHello() {
    link_.Clear();
    for (int i = 0; i < 1000 && link_.Sent<Hello>().empty(); ++i) {
      loop_.RunFor(absl::Milliseconds(100));
    }
    ASSERT_THAT(link_.Sent<Hello>(), SizeIs(1));
  }
  void Desire(uint64_t version, std::vector<RunAssignment> runs) {
    link_.Say(Desired{version, std::move(runs)});
    Settle();
  }
  void AckAll() {
    link_.Say(Ack{spool_.id(), spool_.durable_sequence()});
    Settle();
  }
  void AckSent() {
    const std::vector<RecordBatch> batches = link_.Sent<RecordBatch>();
    link_.Say(Ack{spool_.id(), batches.back().first_sequence + batches.back().records.size() - 1});
    Settle();
  }
  // A crash of the agent: everything but the disk is gone.
  void Crash() {
    session_.reset();
    spool_.ForgetPending();
    launcher_ = FakeLauncher();
    link_.Clear();
  }

  // What the spool holds, durable, in short: "started 7", "chunk 7", "ok 7", "fingerprint".
  std::vector<std::string> Spooled() {
    std::vector<std::string> words;
    const auto records = spool_.Read(0, 1u << 30);
    for (const Record& record : *records) words.push_back(Word(record));
    return words;
  }
  static std::string Word(const Record& record) {
    std::string word = "started";
    if (std::holds_alternative<HostFingerprint>(record.what)) return "fingerprint";
    if (std::holds_alternative<SampleChunk>(record.what)) word = "chunk";
    if (const auto* finished = std::get_if<RunFinished>(&record.what)) {
      word = std::string(OutcomeName(finished->outcome));
    }
    return word + " " + std::to_string(record.run.value);
  }
  RunFinished LastFinished() {
    RunFinished last;
    const auto records = spool_.Read(0, 1u << 30);
    for (const Record& record : *records) {
      if (const auto* finished = std::get_if<RunFinished>(&record.what)) last = *finished;
    }
    return last;
  }
  std::vector<std::string> SentRecords() {
    std::vector<std::string> words;
    for (const RecordBatch& batch : link_.Sent<RecordBatch>()) {
      for (const Record& record : batch.records) words.push_back(Word(record));
    }
    return words;
  }
  AgentState LastState() { return link_.Sent<AgentState>().back(); }

  SimulatedLoop loop_{absl::FromUnixSeconds(1'700'000'000)};
  MemorySpool spool_{"spool"};
  FakeLauncher launcher_;
  FakeLink link_{&loop_};
  FakeHost host_{&loop_};
  AgentSessionOptions options_;
  Welcome welcome_{kProtocolVersion, "coordinator-1", "1.0", absl::Seconds(10), 0, "salt"};
  std::optional<AgentSession> session_;
  std::optional<absl::Status> ended_;
};

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

TEST_F(SessionTest, AnotherVersionIsRefusedByNameAndTriedSlowly) {
  StartSession();
  link_.Say(Refusal{RefusalReason::kVersionMismatch, "this is version 2"});
  EXPECT_FALSE(link_.open());
  const int attempts = link_.attempts;
  loop_.RunFor(absl::Seconds(29));
  EXPECT_EQ(link_.attempts, attempts);
  loop_.RunFor(absl::Seconds(32));
  EXPECT_EQ(link_.attempts, attempts + 1);
  EXPECT_FALSE(ended_.has_value());
  welcome_.protocol_version = 2;
  Greet();
  EXPECT_FALSE(link_.open());
  EXPECT_EQ(session_->statistics().refusals, 2);
}

TEST_F(SessionTest, EndsWhenTheNameIsNotItsOwnOrWasTaken) {
  StartSession();
  link_.Say(Refusal{RefusalReason::kNotYourName, "your certificate says beta"});
  Settle();
  ASSERT_TRUE(ended_.has_value());
  EXPECT_TRUE(absl::IsPermissionDenied(*ended_));
  EXPECT_THAT(std::string(ended_->message()), HasSubstr("your certificate says beta"));
  ended_.reset();
  StartOnline();
  link_.Say(Refusal{RefusalReason::kReplaced, "same name from 10.0.0.2"});
  Settle();
  ASSERT_TRUE(ended_.has_value());
  EXPECT_TRUE(absl::IsAlreadyExists(*ended_));
}

TEST_F(SessionTest, AWelcomeThatDoesNotComeIsNotWaitedForForever) {
  StartSession();
  EXPECT_EQ(link_.attempts, 1);
  loop_.RunFor(absl::Seconds(32));
  EXPECT_EQ(link_.attempts, 2);
}

TEST_F(SessionTest, AnotherCoordinatorGetsNothingOfTheFirst) {
  StartOnline();
  Desire(1, {Exclusive(kRun7)});
  link_.Drop(absl::OkStatus());
  AwaitHello();
  link_.Clear();
  welcome_.coordinator_id = "coordinator-2";
  Greet();
  EXPECT_EQ(spool_.set_aside_count(), 1);
  EXPECT_EQ(launcher_.stopped.at(kRun7).outcome, Outcome::kLost);
  ASSERT_THAT(link_.Sent<Hello>(), SizeIs(1));  // again, with the new spool
  EXPECT_EQ(link_.Sent<Hello>()[0].spool_id, spool_.id());
  Greet();
  Desire(1, {Exclusive(kRun7)});  // its own run 7
  EXPECT_THAT(launcher_.started, ElementsAre(kRun7));
  launcher_.End(kRun7);  // the first coordinator's
  Settle();
  EXPECT_THAT(launcher_.started, ElementsAre(kRun7, kRun7));
  EXPECT_THAT(SentRecords(), IsEmpty());
}

TEST_F(SessionTest, ACoordinatorThatWentBackInTimeGetsANewSpool) {
  StartOnline();
  Desire(1, {Exclusive(kRun7)});
  AckAll();
  launcher_.End(kRun7);
  link_.Drop(absl::OkStatus());
  const std::string old_id = spool_.id();
  AwaitHello();
  link_.Clear();
  welcome_.acked_sequence = 0;  // restored from a backup: record 1 is gone on both sides
  Greet();
  EXPECT_NE(spool_.id(), old_id);
  Greet();
  ASSERT_THAT(link_.Sent<RecordBatch>(), SizeIs(1));
  EXPECT_EQ(link_.Sent<RecordBatch>()[0].first_sequence, 1);
  EXPECT_THAT(SentRecords(), ElementsAre("ok 7"));
  AckAll();
  EXPECT_THAT(LastState().runs, IsEmpty());
}

TEST_F(SessionTest, ASpoolThatWentBackInTimeIsNotMistakenForDelivered) {
  welcome_.acked_sequence = 1000;
  StartSession();
  const std::string old_id = spool_.id();
  Greet();
  EXPECT_NE(spool_.id(), old_id);
  welcome_.acked_sequence = 0;
  Greet();
  Desire(1, {Exclusive(kRun7)});
  launcher_.End(kRun7);
  Settle();
  EXPECT_THAT(SentRecords(), ElementsAre("fingerprint", "ok 7"));
}

TEST_F(SessionTest, AnAckOfWhatWasNeverSentEndsTheConnection) {
  StartOnline();
  link_.Say(Ack{spool_.id(), 1000});
  EXPECT_FALSE(link_.open());
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

TEST_F(SessionTest, DrainLetsTheRunFinishAndDelivers) {
  StartOnline();
  Desire(1, {Exclusive(kRun7), Exclusive(kRun8)});
  session_->Drain();
  Settle();
  EXPECT_TRUE(LastState().draining);
  EXPECT_THAT(LastState().runs, SizeIs(1));  // 8 will not be started
  loop_.RunFor(absl::Seconds(50));
  EXPECT_FALSE(ended_.has_value());
  launcher_.End(kRun7);
  Settle();
  EXPECT_FALSE(ended_.has_value());
  AckAll();
  ASSERT_TRUE(ended_.has_value());
  EXPECT_TRUE(ended_->ok());
  EXPECT_THAT(launcher_.started, ElementsAre(kRun7));
}

TEST_F(SessionTest, DrainStopsARunThatTakesTooLong) {
  StartOnline();
  Desire(1, {Exclusive(kRun7)});
  session_->Drain();
  loop_.RunFor(absl::Seconds(61));
  ASSERT_TRUE(launcher_.stopped.contains(kRun7));
  EXPECT_EQ(launcher_.stopped.at(kRun7).outcome, Outcome::kLost);
  launcher_.End(kRun7);
  loop_.RunFor(absl::Seconds(11));  // and nobody acks
  ASSERT_TRUE(ended_.has_value());
  EXPECT_TRUE(ended_->ok());
  EXPECT_THAT(Spooled(), ElementsAre("fingerprint", "lost 7"));
}

TEST_F(SessionTest, DrainWithoutConnectionLeavesTheRestToTheSpool) {
  StartOnline();
  Desire(1, {Exclusive(kRun7)});
  link_.reachable = false;
  link_.Drop(absl::UnavailableError("gone"));
  session_->Drain();
  launcher_.End(kRun7);
  Settle();
  ASSERT_TRUE(ended_.has_value());
  EXPECT_TRUE(ended_->ok());
  EXPECT_THAT(Spooled(), ElementsAre("fingerprint", "ok 7"));
}

TEST_F(SessionTest, AServerTellsWhereItIsAndFinishesWhenDesired) {
  StartOnline();
  RunAssignment server = Exclusive(kRun7);
  server.spec.role = kServerRole;
  Desire(1, {server});
  EXPECT_EQ(LastState().runs[0].endpoint, "");
  launcher_.Serve(kRun7, "10.0.0.7:4000");
  Settle();
  EXPECT_EQ(LastState().runs[0].endpoint, "10.0.0.7:4000");
  EXPECT_EQ(LastState().runs[0].offered.at("key"), "k");
  EXPECT_THAT(launcher_.asked_to_finish, IsEmpty());
  server.finish = true;
  Desire(2, {server});
  Desire(3, {server});
  EXPECT_THAT(launcher_.asked_to_finish, ElementsAre(kRun7));
  EXPECT_THAT(launcher_.stopped, IsEmpty());
  launcher_.End(kRun7);
  Settle();
  EXPECT_EQ(LastFinished().outcome, Outcome::kOk);
  EXPECT_EQ(LastState().runs[0].endpoint, "10.0.0.7:4000");
}

TEST_F(SessionTest, AServerIsToldToFinishThoughItStartsLate) {
  StartOnline();
  RunAssignment server = Exclusive(kRun8);
  server.finish = true;
  Desire(1, {Exclusive(kRun7), server});
  EXPECT_THAT(launcher_.asked_to_finish, IsEmpty());
  launcher_.End(kRun7);
  Settle();
  EXPECT_THAT(launcher_.started, ElementsAre(kRun7, kRun8));
  EXPECT_THAT(launcher_.asked_to_finish, ElementsAre(kRun8));
}

TEST_F(SessionTest, NothingComesAfterItsDestruction) {
  StartOnline();
  Desire(1, {Exclusive(kRun7)});
  launcher_.Measure(kRun7);
  session_.reset();
  const size_t sent = link_.sent.size();
  loop_.RunFor(absl::Hours(1));
  EXPECT_EQ(link_.sent.size(), sent);
  EXPECT_FALSE(link_.open());
}

}  // namespace
}  // namespace benchfleet
