// Runs that serve: until they are told to finish, with a grace, within their timeouts.
#include <gmock/gmock.h>

#include "agent/process_runner_fixture.h"

namespace benchfleet {
namespace {

using ::testing::HasSubstr;

class ServerRunTest : public ProcessRunnerTest {
 protected:
  void Serve(const std::string& behaviour, absl::Duration timeout = absl::Minutes(5)) {
    Start(kRun7, behaviour, timeout, kServerRole);
  }
  void AskToFinish() {
    OnLoop([this] { runner_->Finish(kRun7); });
  }
  RunFinished Ended() { return listener_.AwaitFinished(kRun7); }
};

TEST_F(ServerRunTest, EndsByItselfWhenItIsToldToFinish) {
  Serve("start ready await-finish finish");
  const RunnerReady ready = listener_.AwaitReady(kRun7);
  EXPECT_EQ(ready.endpoint, "10.0.0.7:4000");
  EXPECT_EQ(ready.values.at("key"), "k");
  AskToFinish();
  AskToFinish();  // every desired state says so again
  const RunFinished finished = Ended();
  EXPECT_EQ(finished.outcome, Outcome::kOk);
  EXPECT_EQ(finished.message, "");
}

TEST_F(ServerRunTest, MayBeToldToFinishBeforeItIsReady) {
  Serve("start await-finish finish");
  listener_.AwaitStarted(kRun7);
  AskToFinish();
  EXPECT_EQ(Ended().outcome, Outcome::kOk);
}

TEST_F(ServerRunTest, IsTerminatedWhenItGoesOnServing) {
  options_.finish_grace = absl::Milliseconds(300);
  options_.kill_grace = absl::Minutes(5);
  Serve("start ready await-term");
  listener_.AwaitReady(kRun7);
  AskToFinish();
  const RunFinished finished = Ended();
  EXPECT_EQ(finished.outcome, Outcome::kTimedOut) << "what it says of its end is too late";
  EXPECT_THAT(finished.message, HasSubstr("went on serving for 300ms after its clients were done"));
  EXPECT_EQ(finished.facts.at("ended_by"), "TERM");
}

TEST_F(ServerRunTest, IsKilledWhenItIgnoresThatToo) {
  options_.finish_grace = absl::Milliseconds(300);
  Serve("ignore-term start ready sleep");
  listener_.AwaitReady(kRun7);
  AskToFinish();
  const RunFinished finished = Ended();
  EXPECT_EQ(finished.outcome, Outcome::kTimedOut);
  EXPECT_THAT(finished.message, HasSubstr("went on serving"));
}

TEST_F(ServerRunTest, ThatDiesWhileItServesHasCrashed) {
  Serve("start ready complain segfault");
  const RunFinished finished = Ended();
  EXPECT_EQ(finished.outcome, Outcome::kCrashed);
  EXPECT_THAT(finished.message, HasSubstr("signal 11 (Segmentation fault): no such file"));
  AskToFinish();  // it is gone
}

TEST_F(ServerRunTest, ThatLeavesUnaskedHasCrashed) {
  Serve("start ready");
  EXPECT_EQ(Ended().outcome, Outcome::kCrashed);
}

TEST_F(ServerRunTest, ThatDiesWhileItFinishesHasCrashed) {
  Serve("start ready await-finish abort");
  listener_.AwaitReady(kRun7);
  AskToFinish();
  const RunFinished finished = Ended();
  EXPECT_EQ(finished.outcome, Outcome::kCrashed);
  EXPECT_THAT(finished.message, HasSubstr("signal 6"));
}

TEST_F(ServerRunTest, ThatIsNotReadyWithinTheTimeoutIsEnded) {
  Serve("start sleep", absl::Milliseconds(300));
  const RunFinished finished = Ended();
  EXPECT_EQ(finished.outcome, Outcome::kTimedOut);
  EXPECT_THAT(finished.message, HasSubstr("longer than its timeout of 300ms to be ready"));
}

// Its clients' own timeouts, which begin when it is ready, come first.
TEST_F(ServerRunTest, ServesForTwiceItsTimeoutAtMost) {
  Serve("start ready sleep", absl::Milliseconds(300));
  const RunFinished finished = Ended();
  EXPECT_EQ(finished.outcome, Outcome::kTimedOut);
  EXPECT_THAT(finished.message, HasSubstr("served for 600ms, twice its timeout"));
}

TEST_F(ServerRunTest, StopsLikeAnyOtherRun) {
  Serve("start ready await-finish finish");
  listener_.AwaitReady(kRun7);
  Stop(kRun7, Outcome::kCancelled, "the job was cancelled");
  const RunFinished finished = Ended();
  EXPECT_EQ(finished.outcome, Outcome::kCancelled);
  EXPECT_EQ(finished.message, "the job was cancelled");
}

}  // namespace
}  // namespace benchfleet
