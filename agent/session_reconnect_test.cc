// When the session comes back to its coordinator, and what it says then; session_test.cc has the
// rest.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "agent/session.h"
#include "agent/session_fakes.h"

namespace benchfleet {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr RunId kRun7{7};

class SessionReconnectTest : public ::testing::Test {
 protected:
  SessionReconnectTest() {
    options_.host = "alpha";
    options_.seed = 5;
    welcome_.protocol_version = kProtocolVersion;
    welcome_.coordinator_id = "coordinator-1";
    welcome_.heartbeat_interval = absl::Seconds(10);
    welcome_.host_salt = "salt";
  }
  void Settle() { loop_.RunFor(absl::ZeroDuration()); }
  void Greet() {
    welcome_.acked_sequence = spool_.durable_sequence();
    link_.Say(welcome_);
    Settle();
  }
  void StartSession() {
    session_.emplace(options_, AgentSurroundings{&loop_, &spool_, &launcher_, &link_, &host_},
                     [](const absl::Status& status) { ADD_FAILURE() << status; });
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

  SimulatedLoop loop_{absl::FromUnixSeconds(1'700'000'000)};
  MemorySpool spool_{"spool-1"};
  FakeLauncher launcher_;
  FakeLink link_{&loop_};
  FakeHost host_{&loop_};
  AgentSessionOptions options_;
  Welcome welcome_;
  std::optional<AgentSession> session_;
};

TEST_F(SessionReconnectTest, BackoffStaysWithinItsBoundsAndGrows) {
  link_.reachable = false;
  StartSession();
  loop_.RunFor(absl::Seconds(1));
  const int early = link_.attempts;
  EXPECT_GE(early, 2);  // the first wait is at most a second
  loop_.RunFor(absl::Hours(1));
  const int attempts = link_.attempts - early;
  EXPECT_GE(attempts, 55);   // at most 60 s apart
  EXPECT_LE(attempts, 250);  // half that on average
}

// After a long time without a coordinator: it comes, and is restarted right away.
TEST_F(SessionReconnectTest, ACoordinatorThatCameBackIsFoundAgainInSeconds) {
  link_.reachable = false;
  StartSession();
  loop_.RunFor(absl::Minutes(30));  // the back-off is at its longest
  link_.reachable = true;
  for (int restart = 0; restart < 2; ++restart) {
    AwaitHello();
    Greet();
    ASSERT_TRUE(session_->statistics().online);
    loop_.RunFor(absl::Seconds(1));
    link_.Clear();
    link_.Drop(absl::UnavailableError("restarting"));
    loop_.RunFor(absl::Seconds(2));
    EXPECT_THAT(link_.Sent<Hello>(), SizeIs(1)) << "restart " << restart;
  }
}

TEST_F(SessionReconnectTest, ACoordinatorThatHangsUpAfterEachWelcomeIsNotHammered) {
  StartSession();
  int welcomes = 0;
  for (int tick = 0; tick < 10 * 3600; ++tick) {
    if (!link_.Sent<Hello>().empty()) {
      ++welcomes;
      Greet();
      link_.Drop(absl::UnavailableError("crashed"));
      link_.Clear();
    }
    loop_.RunFor(absl::Milliseconds(100));
  }
  EXPECT_GE(welcomes, 55);   // at most 60 s apart
  EXPECT_LE(welcomes, 250);  // half that on average
  // One session that lives makes it forget.
  AwaitHello();
  Greet();
  loop_.RunFor(absl::Seconds(11));
  link_.Clear();
  link_.Drop(absl::UnavailableError("restarting"));
  loop_.RunFor(absl::Seconds(1));
  EXPECT_THAT(link_.Sent<Hello>(), SizeIs(1));
}

TEST_F(SessionReconnectTest, WhatTheHostCanRunNowIsToldInANewGreeting) {
  StartOnline();
  RunAssignment run;
  run.run = kRun7;
  run.spec.workload = "w";
  link_.Say(Desired{1, {run}});
  Settle();
  launcher_.Measure(kRun7);
  link_.Clear();
  session_->SetWorkloads({{"new", "", {}, {}, "", ""}});
  Settle();
  const std::vector<Hello> hellos = link_.Sent<Hello>();
  ASSERT_THAT(hellos, SizeIs(1));
  ASSERT_THAT(hellos[0].workloads, SizeIs(1));
  EXPECT_EQ(hellos[0].workloads[0].name, "new");
  Greet();
  EXPECT_TRUE(launcher_.IsRunning(kRun7)) << "runs go on";
  EXPECT_THAT(launcher_.stopped, IsEmpty());
}

}  // namespace
}  // namespace benchfleet
