#include "coordinator/fleet.h"

#include "coordinator/core_fixture_test.h"

namespace benchfleet {
namespace {

using FleetTest = CoreFixture;

TEST_F(FleetTest, AHelloIsWelcomedWithWhatIsAcked) {
  FakeAgent agent = Join("a");
  EXPECT_EQ(agent.stream->welcome->acked_sequence, 0u);
  EXPECT_FALSE(agent.stream->welcome->coordinator_id.empty());
  EXPECT_TRUE(fleet_->IsConnected("a"));
  const JobId job = Submit(SpecOf("j", 1));
  Report(agent, Wanted(agent).at(0), Outcome::kOk);
  EXPECT_EQ(agent.stream->acked, 3u);
  EXPECT_EQ(Stored(job).state, State::kDone);
  Leave(agent);
  EXPECT_FALSE(fleet_->IsConnected("a"));
  EXPECT_EQ(Join("a").stream->welcome->acked_sequence, 3u);
}

TEST_F(FleetTest, AnotherProtocolVersionIsToldSoByName) {
  const FakeAgent agent = Connect("a");
  Hello hello = HelloOf("a");
  hello.protocol_version = 99;
  fleet_->OnMessage(agent.session, AgentMessage(hello), 100);
  Settle();
  ASSERT_TRUE(agent.stream->refused);
  EXPECT_EQ(agent.stream->refused->reason, RefusalReason::kVersionMismatch);
  EXPECT_NE(agent.stream->refused->message.find("agent 'a' speaks protocol version 99"),
            std::string::npos);
  EXPECT_TRUE(agent.stream->closed);
}

TEST_F(FleetTest, AnAgentSpeaksOnlyForItself) {
  const FakeAgent agent = Connect("mallory");
  fleet_->OnMessage(agent.session, HelloOf("a"), 100);
  Settle();
  ASSERT_TRUE(agent.stream->refused);
  EXPECT_EQ(agent.stream->refused->reason, RefusalReason::kNotYourName);
  EXPECT_TRUE(fleet_->hosts().empty());
}

TEST_F(FleetTest, WhatIsNoProperHelloIsRefused) {
  const auto refused = [this](const AgentMessage& message) {
    const FakeAgent agent = Connect("a");
    fleet_->OnMessage(agent.session, message, 100);
    Settle();
    return agent.stream->refused && agent.stream->refused->reason == RefusalReason::kBadHello;
  };
  EXPECT_TRUE(refused(AgentState()));
  EXPECT_TRUE(refused(RecordBatch()));
  Hello no_spool = HelloOf("a");
  no_spool.spool_id.clear();
  EXPECT_TRUE(refused(no_spool));
  FakeAgent agent = Join("a");
  fleet_->OnMessage(agent.session, HelloOf("a"), 100);
  Settle();
  EXPECT_TRUE(agent.stream->refused);
  FakeAgent garbled = Connect("b");
  fleet_->OnMessage(garbled.session, absl::InvalidArgumentError("no message"), 10);
  EXPECT_TRUE(garbled.stream->closed);
}

TEST_F(FleetTest, TheNewestConnectionOfAHostCounts) {
  const FakeAgent old = Join("a");
  const FakeAgent fresh = Join("a");
  ASSERT_TRUE(old.stream->refused);
  EXPECT_EQ(old.stream->refused->reason, RefusalReason::kReplaced);
  EXPECT_TRUE(fleet_->IsConnected("a"));
  fleet_->OnGone(old.session);  // its end comes late
  EXPECT_TRUE(fleet_->IsConnected("a"));
  EXPECT_EQ(fleet_->connected_count(), 1u);
  Leave(fresh);
  EXPECT_FALSE(fleet_->IsConnected("a"));
}

TEST_F(FleetTest, AGapInTheSpoolEndsTheSession) {
  FakeAgent agent = Join("a");
  agent.sequence = 5;
  SendBatch(agent, {{RunId{1}, RunStarted{}}});
  EXPECT_TRUE(agent.stream->closed);
  EXPECT_EQ(agent.stream->acked, 0u);
}

TEST_F(FleetTest, ARepeatedBatchIsAckedAndStoredOnce) {
  FakeAgent agent = Join("a");
  const JobId job = Submit(SpecOf("j", 1));
  const RunId run = Wanted(agent).at(0);
  Report(agent, run, Outcome::kOk);
  agent.sequence = 0;
  agent.stream->acked = 0;
  Report(agent, run, Outcome::kOk);
  EXPECT_EQ(agent.stream->acked, 3u);
  EXPECT_EQ(store_->Job(job)->samples, 3u);
}

TEST_F(FleetTest, ReadsStopWhileTooManyBatchesWait) {
  FakeAgent agent = Join("a");
  const int before = agent.stream->credits;
  // Sixteen batches at once, none committed yet: reads are granted for eight in flight only.
  for (int i = 0; i < 16; ++i) {
    RecordBatch batch{"spool-a", static_cast<uint64_t>(i + 1), {{RunId{77}, RunStarted{}}}};
    fleet_->OnMessage(agent.session, AgentMessage(std::move(batch)), 100);
  }
  EXPECT_EQ(agent.stream->credits - before, 7);
  Settle();
  EXPECT_GT(agent.stream->credits - before, 7);
  EXPECT_EQ(agent.stream->acked, 16u);  // of an unknown run: refused one by one, and done with
}

TEST_F(FleetTest, WhenAHostWasHeardOfLastOutlivesItsConnection) {
  const FakeAgent agent = Join("a");
  const absl::Time hello = store_->Hosts()->at(0).last_seen;
  loop_.RunFor(absl::Minutes(3));
  Tell(agent, {});
  const absl::Time last = fleet_->hosts().at("a").stored.last_seen;
  EXPECT_GE(last, hello + absl::Minutes(3));
  EXPECT_EQ(store_->Hosts()->at(0).last_seen, hello);  // a commit for each heartbeat is too much
  loop_.RunFor(absl::Minutes(2));                      // silence
  Leave(agent);
  EXPECT_EQ(fleet_->hosts().at("a").stored.last_seen, last);
  EXPECT_EQ(store_->Hosts()->at(0).last_seen, last);
  RestartCore();
  EXPECT_EQ(fleet_->hosts().at("a").stored.last_seen, last);
}

TEST_F(FleetTest, ALongConnectionIsStoredNowAndThen) {
  const FakeAgent agent = Join("a");
  const absl::Time hello = store_->Hosts()->at(0).last_seen;
  for (int minute = 0; minute < 11; ++minute) {
    loop_.RunFor(absl::Minutes(1));
    Tell(agent, {});
  }
  EXPECT_GE(store_->Hosts()->at(0).last_seen, hello + absl::Minutes(10));
}

TEST_F(FleetTest, AnAwayHostIsForgottenUntilItConnectsAgain) {
  absl::Status answer = absl::UnknownError("none yet");
  const auto forget = [&](const std::string& name) {
    answer = absl::UnknownError("none yet");
    fleet_->Forget(name, [&](const absl::Status& status) { answer = status; });
    Settle();
    return Message(answer);
  };
  const FakeAgent agent = Join("alpha");
  EXPECT_EQ(forget("alpa"),
            "no host is called 'alpa' (did you mean 'alpha'?) (see: benchctl hosts)");
  EXPECT_EQ(forget("alpha"),
            "host 'alpha' is connected, and would be back at once (stop its bench-agent first)");
  Leave(agent);
  const FakeAgent connecting = Connect("alpha");
  fleet_->OnMessage(connecting.session, HelloOf("alpha"), 100);
  fleet_->Forget("alpha", [&](const absl::Status& status) { answer = status; });
  EXPECT_TRUE(absl::IsFailedPrecondition(answer)) << answer;
  Settle();
  Leave(connecting);
  forget("alpha");
  EXPECT_EQ(answer, absl::OkStatus());
  EXPECT_TRUE(fleet_->hosts().empty());
  EXPECT_TRUE(store_->Hosts()->empty());
  RestartCore();
  EXPECT_TRUE(fleet_->hosts().empty());
  Join("alpha");
  EXPECT_TRUE(fleet_->IsConnected("alpha"));
  EXPECT_EQ(store_->Hosts()->size(), 1u);
}

TEST_F(FleetTest, AChangedStateIsKeptAsHistory) {
  FakeAgent agent = Join("a");
  HostFingerprint changed = HelloOf("a").fingerprint;
  changed.state_digest = "another";
  changed.fields = {{"cpufreq.governor", "powersave"}};
  SendBatch(agent, {{RunId{}, changed}});
  EXPECT_EQ(fleet_->hosts().at("a").stored.fingerprint.state_digest, "another");
  const auto changes = store_->StateChanges("a", 10);
  ASSERT_TRUE(changes.ok());
  ASSERT_EQ(changes->size(), 1u);
  EXPECT_EQ(changes->front().fields.front().name, "cpufreq.governor");
}

}  // namespace
}  // namespace benchfleet
