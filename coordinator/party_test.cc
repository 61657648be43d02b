#include "coordinator/party.h"

#include "gmock/gmock.h"

namespace benchfleet {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

Party MakeParty(std::vector<StoredRun> runs = {}) {
  const std::vector<TaskMember> members = {
      {kClientRole, "a"}, {kClientRole, "b"}, {kServerRole, "s"}};
  runs.resize(3);
  for (uint64_t i = 0; i < 3; ++i) runs[i].id = RunId{i + 1};
  return Party(members, runs);
}

// Its server is ready and the clients have begun.
Party Begun() {
  Party party = MakeParty();
  party.member(2).endpoint = "10.0.0.1:4000";
  party.member(2).offered = {{"key", "k"}};
  party.Release();
  return party;
}

TEST(PartyTest, ClientsBeginWhenEveryServerIsReadyAndKnowWhere) {
  Party party = MakeParty();
  EXPECT_FALSE(party.MayRelease());
  EXPECT_TRUE(party.members()[2].released) << "servers begin at once";
  party.member(2).endpoint = "10.0.0.1:4000";
  EXPECT_TRUE(party.MayRelease());
  party.Release();
  EXPECT_FALSE(party.MayRelease());
  EXPECT_THAT(party.PeersOf(0), ElementsAre(RunPeer{kServerRole, "s", "10.0.0.1:4000", {}}));
  EXPECT_THAT(party.PeersOf(2),
              ElementsAre(RunPeer{kClientRole, "a", "", {}}, RunPeer{kClientRole, "b", "", {}}));
}

TEST(PartyTest, ServersFinishOnceWhenTheLastClientHasEnded) {
  Party party = Begun();
  party.End(0, Outcome::kOk, "", 5);
  EXPECT_FALSE(party.MayFinish());
  party.End(1, Outcome::kOk, "", 6);
  EXPECT_TRUE(party.MayFinish());
  EXPECT_FALSE(party.MayFinish());
  EXPECT_FALSE(party.over());
  party.End(2, Outcome::kOk, "", 1);
  EXPECT_TRUE(party.over());
  EXPECT_EQ(party.Judge().outcome, Outcome::kOk);
  EXPECT_EQ(party.members()[1].samples, 6u);
  EXPECT_THAT(party.Vain(), IsEmpty());
}

TEST(PartyTest, AServerThatEndsCallsItsClientsOffAndExplainsTheirFailure) {
  Party party = Begun();
  party.End(0, Outcome::kFailed, "connection reset", 0);
  EXPECT_THAT(party.CalledOff(), IsEmpty()) << "the other client goes on";
  party.End(2, Outcome::kCrashed, "signal 9", 0);
  EXPECT_THAT(party.CalledOff(),
              ElementsAre(std::pair{RunId{2}, std::string("the server on s has ended: crashed")}));
  party.End(1, Outcome::kCancelled, "", 0);
  EXPECT_EQ(party.Judge().outcome, Outcome::kCrashed);
  EXPECT_EQ(party.Judge().message, "server on s: signal 9");
}

TEST(PartyTest, ClientsThatNeverBeganAreCalledOffWithTheFirstThatEnds) {
  Party party = MakeParty();
  party.End(0, Outcome::kLost, "host 'a' was away", 0);
  EXPECT_FALSE(party.MayRelease());
  EXPECT_THAT(party.CalledOff(), SizeIs(1));
  party.End(1, Outcome::kCancelled, "", 0);
  EXPECT_TRUE(party.MayFinish());
  party.End(2, Outcome::kOk, "", 0);
  EXPECT_EQ(party.Judge().outcome, Outcome::kLost);
}

TEST(PartyTest, AClientsGoodRunInAnAttemptThatFailedIsVain) {
  Party party = Begun();
  party.End(0, Outcome::kOk, "", 5);
  party.End(1, Outcome::kCrashed, "signal 11", 0);
  party.End(2, Outcome::kOk, "", 0);
  EXPECT_EQ(party.Judge().outcome, Outcome::kCrashed);
  EXPECT_EQ(party.Judge().message, "client on b: signal 11");
  EXPECT_THAT(party.Vain(), ElementsAre(RunId{1}));
}

TEST(PartyTest, WhatClientsMeasuredStandsHoweverTheServerEnds) {
  Party party = Begun();
  party.End(0, Outcome::kOk, "", 5);
  party.End(1, Outcome::kOk, "", 5);
  party.End(2, Outcome::kCrashed, "signal 9", 0);
  EXPECT_EQ(party.Judge().outcome, Outcome::kOk);
}

TEST(PartyTest, EndsInTheStoreAreTakenUpAfterARestart) {
  std::vector<StoredRun> runs(3);
  runs[0].state = State::kDone;
  runs[0].outcome = Outcome::kOk;
  runs[1].state = State::kFailed;
  runs[1].outcome = Outcome::kFailed;
  runs[1].message = "broken";
  Party party = MakeParty(runs);
  EXPECT_TRUE(party.MayFinish());
  party.End(2, Outcome::kOk, "", 0);
  EXPECT_EQ(party.Judge().message, "client on b: broken");
}

}  // namespace
}  // namespace benchfleet
