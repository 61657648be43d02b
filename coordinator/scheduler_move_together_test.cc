// What becomes of tasks on several hosts when one of these is lost.
#include <set>

#include "coordinator/together_fixture_test.h"
#include "gmock/gmock.h"

namespace benchfleet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr absl::Duration kPastLease = absl::Seconds(61);

class MoveTogetherTest : public TogetherFixture {
 protected:
  // Clients are called c1, c2, …, servers s1, s2, …
  static JobSpec Counted(uint32_t clients, uint32_t servers, uint32_t runs = 1) {
    JobSpec spec = Echo("c*", "s*", runs);
    spec.hosts[0].count = clients;
    spec.hosts[1].count = servers;
    return spec;
  }
  // "c1 -> s1", of clients' runs that were ok, in order of run.
  std::vector<std::string> Good(JobId job) {
    std::vector<std::string> good;
    for (const RunResult& run : Results(job)) {
      if (run.finished.outcome != Outcome::kOk || run.role != kClientRole) continue;
      good.push_back(FormatMembers(run.host, run.members));
    }
    return good;
  }
  std::string MessageOf(JobId job) { return scheduler_->StatusOf(job)->message; }
};

TEST_F(MoveTogetherTest, AnotherServerTakesOverAndTheClientStays) {
  FakeAgent c1 = JoinAs("c1");
  FakeAgent s1 = JoinAs("s1");
  const JobId job = Submit(Counted(1, 1, 2));
  Do(c1, s1);
  FakeAgent s2 = JoinAs("s2");
  Leave(s1);
  EXPECT_EQ(MessageOf(job), "waits for host s1");
  loop_.RunFor(kPastLease);
  EXPECT_EQ(MessageOf(job), "host s1 was away for longer than 1m: s2 took over its 1 waiting task");
  const JobStatus status = *scheduler_->StatusOf(job);
  ASSERT_EQ(status.hosts.size(), 3u);
  EXPECT_EQ(status.hosts[0].runs, 2u) << status.hosts[0].host;
  EXPECT_EQ(status.hosts[1].runs, 1u) << status.hosts[1].host;
  EXPECT_EQ(status.hosts[2].runs, 1u) << status.hosts[2].host;
  Do(c1, s2);
  EXPECT_EQ(Stored(job).state, State::kDone);
  EXPECT_THAT(Stored(job).message, HasSubstr("s2 took over"));
  EXPECT_THAT(Good(job), ElementsAre("c1 -> s1", "c1 -> s2"));
  EXPECT_EQ(store_->JobHosts(job)->size(), 3u);
}

// The attempt that the loss broke is ended by those that are left before its task moves.
TEST_F(MoveTogetherTest, ALostClientsTaskMovesOnceItsServerHasFinished) {
  FakeAgent c1 = JoinAs("c1");
  FakeAgent s1 = JoinAs("s1");
  const JobId job = Submit(Counted(1, 1));
  const RunId serving = Wanted(s1).at(0);
  Serve(s1, serving);
  ASSERT_EQ(Wanted(c1).size(), 1u);
  FakeAgent c2 = JoinAs("c2");
  Leave(c1);
  loop_.RunFor(kPastLease);
  EXPECT_TRUE(Only(s1).finish);
  EXPECT_EQ(MessageOf(job), "waits for host c1");
  Report(s1, serving, Outcome::kOk);
  EXPECT_THAT(MessageOf(job), HasSubstr("c2 took over"));
  Do(c2, s1);
  EXPECT_EQ(Stored(job).state, State::kDone);
  EXPECT_THAT(Good(job), ElementsAre("c2 -> s1"));
}

TEST_F(MoveTogetherTest, AServerThatIsLostAtWorkIsReplaced) {
  FakeAgent c1 = JoinAs("c1");
  FakeAgent s1 = JoinAs("s1");
  const JobId job = Submit(Counted(1, 1));
  Serve(s1, Wanted(s1).at(0));
  const RunId client = Wanted(c1).at(0);
  FakeAgent s2 = JoinAs("s2");
  Leave(s1);
  loop_.RunFor(kPastLease);
  EXPECT_EQ(std::count(Wanted(c1).begin(), Wanted(c1).end(), client), 0);
  Do(c1, s2);
  EXPECT_EQ(Stored(job).state, State::kDone);
  // It comes back with the run that was called lost, and hears that nobody wants it.
  s1 = JoinAs("s1", {{RunId{client.value + 1}, RunPhase::kMeasuring, 0, "s1:4000", {}}});
  EXPECT_TRUE(Wanted(s1).empty());
}

TEST_F(MoveTogetherTest, AllHostsOfATaskMayBeLost) {
  FakeAgent c1 = JoinAs("c1");
  FakeAgent s1 = JoinAs("s1");
  const JobId job = Submit(Counted(1, 1, 2));
  Leave(c1);
  Leave(s1);
  loop_.RunFor(kPastLease);
  EXPECT_EQ(MessageOf(job), "waits for host c1, s1");
  FakeAgent s2 = JoinAs("s2");
  EXPECT_EQ(MessageOf(job), "waits for host c1");
  FakeAgent c2 = JoinAs("c2");
  Do(c2, s2);
  Do(c2, s2);
  EXPECT_THAT(Good(job), ElementsAre("c2 -> s2", "c2 -> s2"));
  EXPECT_EQ(scheduler_->StatusOf(job), std::nullopt) << "it is done";
}

TEST_F(MoveTogetherTest, ATaskForThisVeryHostWaitsForIt) {
  FakeAgent c1 = JoinAs("c1");
  FakeAgent s1 = JoinAs("s1");
  FakeAgent s2 = JoinAs("s2");
  const JobId job = Submit(Echo("c1", "s1"));
  Leave(s1);
  loop_.RunFor(kPastLease);
  EXPECT_EQ(MessageOf(job), "waits for host s1");
  EXPECT_TRUE(Wanted(s2).empty());
}

// A count asks for so many different servers.
TEST_F(MoveTogetherTest, NoServerServesTheSameCellTwice) {
  FakeAgent c1 = JoinAs("c1");
  FakeAgent s1 = JoinAs("s1");
  FakeAgent s2 = JoinAs("s2");
  const JobId job = Submit(Counted(1, 2));
  Leave(s1);
  loop_.RunFor(kPastLease);
  Do(c1, s2);
  EXPECT_TRUE(Wanted(s2).empty());
  EXPECT_EQ(MessageOf(job), "waits for host s1");
  FakeAgent s3 = JoinAs("s3");
  Do(c1, s3);
  const std::vector<std::string> good = Good(job);
  EXPECT_EQ(std::set<std::string>(good.begin(), good.end()),
            (std::set<std::string>{"c1 -> s2", "c1 -> s3"}));
}

TEST_F(MoveTogetherTest, NobodyBecomesItsOwnPeer) {
  FakeAgent a = JoinAs("a");
  FakeAgent b = JoinAs("b");
  JobSpec spec = Echo("a", "*");
  spec.hosts[1].count = 1;
  // The client is the busier one, and so not taken as the server.
  JobSpec busy = SpecOf("busy", 5);
  busy.hosts = {{"name=a", 0}};
  Submit(busy);
  const JobId job = Submit(spec);
  Leave(b);
  loop_.RunFor(kPastLease);
  EXPECT_EQ(MessageOf(job), "waits for host b") << "a is connected, but is the client";
  FakeAgent c = JoinAs("c");
  EXPECT_THAT(MessageOf(job), HasSubstr("c took over"));
}

TEST_F(MoveTogetherTest, ARestartRemembersWhoTookOverAndWhoTookPart) {
  FakeAgent c1 = JoinAs("c1");
  FakeAgent s1 = JoinAs("s1");
  const JobId job = Submit(Counted(1, 1, 3));
  Do(c1, s1);
  FakeAgent s2 = JoinAs("s2");
  Leave(s1);
  loop_.RunFor(kPastLease);
  const RunId serving = Wanted(s2).at(0);
  RestartCore();
  EXPECT_THAT(MessageOf(job), HasSubstr("waits for host"));
  s2 = JoinAs("s2", {{serving, RunPhase::kStarting, 0, "", {}}});
  c1 = JoinAs("c1");
  const JobStatus status = *scheduler_->StatusOf(job);
  ASSERT_EQ(status.hosts.size(), 3u);
  EXPECT_EQ(status.hosts[1].host, "s1");
  EXPECT_EQ(status.hosts[1].runs_done, 1u);
  EXPECT_EQ(status.hosts[1].runs, 1u);
  EXPECT_EQ(status.hosts[2].runs, 2u);
  EXPECT_THAT(status.message, HasSubstr("s2 took over"));
  Do(c1, s2);
  Do(c1, s2);
  EXPECT_EQ(Stored(job).state, State::kDone);
  EXPECT_THAT(Good(job), ElementsAre("c1 -> s1", "c1 -> s2", "c1 -> s2"));
}

}  // namespace
}  // namespace benchfleet
