// Which coordinator an agent speaks to, in which version, and which of them went back in time.
#include "agent/session_fixture.h"

namespace benchfleet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

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

}  // namespace
}  // namespace benchfleet
