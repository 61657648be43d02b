// How a session and its runs come to an end: drained, as servers whose clients are done, destroyed.
#include "agent/session_fixture.h"

namespace benchfleet {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

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
