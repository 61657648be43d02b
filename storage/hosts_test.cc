#include "base/status.h"
#include "gmock/gmock.h"
#include "storage/store_fixture.h"

namespace benchfleet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class HostsTest : public StoreTest {
 protected:
  void Put(const StoredHost& host) {
    Commit([&](Store& s) { EXPECT_EQ(s.PutHost(host), absl::OkStatus()); });
  }
};

TEST_F(HostsTest, AHostComesBackAsItWasPut) {
  Put(TestHost("b"));
  StoredHost a = TestHost("a");
  a.labels = {{"kind", "tee"}, {"text", "a \"quoted\"\nline, \xc3\xa9"}};
  Put(a);
  Reopen();
  const auto hosts = store().Hosts();
  ASSERT_TRUE(hosts.ok()) << hosts.status();
  ASSERT_THAT(*hosts, SizeIs(2));
  EXPECT_EQ(hosts->at(0).name, "a");
  EXPECT_EQ(hosts->at(0).labels, a.labels);
  EXPECT_EQ(hosts->at(0).fingerprint, a.fingerprint);
  EXPECT_EQ(hosts->at(0).workloads, a.workloads);
  EXPECT_EQ(hosts->at(0).agent_version, "0.1.0");
  EXPECT_EQ(hosts->at(1).name, "b");
}

TEST_F(HostsTest, AnUpdateKeepsFirstSeen) {
  Put(TestHost("a"));
  StoredHost later = TestHost("a");
  later.first_seen = TestTime(50);
  later.last_seen = TestTime(60);
  later.agent_version = "0.2.0";
  Put(later);
  const auto hosts = store().Hosts();
  ASSERT_TRUE(hosts.ok()) << hosts.status();
  ASSERT_THAT(*hosts, SizeIs(1));
  EXPECT_EQ(hosts->at(0).first_seen, TestTime(0));
  EXPECT_EQ(hosts->at(0).last_seen, TestTime(60));
  EXPECT_EQ(hosts->at(0).agent_version, "0.2.0");
}

TEST_F(HostsTest, AHostIsTouchedForwardsOnly) {
  Put(TestHost("a"));
  Commit([](Store& s) {
    EXPECT_EQ(s.TouchHost("a", TestTime(70)), absl::OkStatus());
    EXPECT_EQ(s.TouchHost("a", TestTime(65)), absl::OkStatus());
    EXPECT_EQ(s.TouchHost("nobody", TestTime(70)), absl::OkStatus());
  });
  ASSERT_THAT(*store().Hosts(), SizeIs(1));
  EXPECT_EQ(store().Hosts()->at(0).last_seen, TestTime(70));
}

TEST_F(HostsTest, AForgottenHostIsBackWhenItIsPutAgain) {
  Put(TestHost("alpha"));
  Put(TestHost("beta"));
  Commit([](Store& s) {
    const absl::Status unknown = s.ForgetHost("alpa", TestTime(80));
    EXPECT_TRUE(absl::IsNotFound(unknown));
    EXPECT_THAT(Message(unknown), HasSubstr("did you mean 'alpha'?"));
    EXPECT_EQ(s.ForgetHost("alpha", TestTime(80)), absl::OkStatus());
    EXPECT_TRUE(absl::IsNotFound(s.ForgetHost("alpha", TestTime(81))));
    EXPECT_EQ(s.TouchHost("alpha", TestTime(82)), absl::OkStatus());
  });
  Reopen();
  ASSERT_THAT(*store().Hosts(), SizeIs(1));
  EXPECT_EQ(store().Hosts()->at(0).name, "beta");
  StoredHost again = TestHost("alpha");
  again.first_seen = again.last_seen = TestTime(90);
  Put(again);
  ASSERT_THAT(*store().Hosts(), SizeIs(2));
  EXPECT_EQ(store().Hosts()->at(0).first_seen, TestTime(0));
}

TEST_F(HostsTest, ChangesOfStateAreListedNewestFirst) {
  StoredHost host = TestHost("a");
  for (int i = 0; i < 4; ++i) {
    host.last_seen = TestTime(i);
    host.fingerprint = TestFingerprint("identity", "kernel " + std::to_string(i / 2));
    Put(host);
  }
  host.last_seen = TestTime(9);
  host.fingerprint = TestFingerprint("identity", "kernel 7");
  host.fingerprint.fields["new.field"] = "x";
  Put(host);
  const auto changes = store().StateChanges("a", 10);
  ASSERT_TRUE(changes.ok()) << changes.status();
  ASSERT_THAT(*changes, SizeIs(2));
  EXPECT_EQ(changes->at(0).at, TestTime(9));
  ASSERT_THAT(changes->at(0).fields, SizeIs(2));
  EXPECT_EQ(changes->at(0).fields[0].name, "kernel.release");
  EXPECT_EQ(changes->at(0).fields[0].before, "kernel 1");
  EXPECT_EQ(changes->at(0).fields[0].after, "kernel 7");
  EXPECT_EQ(changes->at(0).fields[1].name, "new.field");
  EXPECT_EQ(changes->at(0).fields[1].before, "");
  EXPECT_EQ(changes->at(1).at, TestTime(2));
  EXPECT_THAT(*store().StateChanges("a", 1), SizeIs(1));
  EXPECT_EQ(store().StateChanges("nobody", 1).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(HostsTest, AHostDigestThatComesLaterIsNoChangeOfState) {
  StoredHost host = TestHost("a");
  host.fingerprint.host_digest = "";
  Put(host);
  host.fingerprint.host_digest = "salted";
  Put(host);
  EXPECT_EQ(store().Hosts()->at(0).fingerprint.host_digest, "salted");
  host.fingerprint.host_digest = "";  // the agent began anew
  Put(host);
  EXPECT_EQ(store().Hosts()->at(0).fingerprint.host_digest, "salted");
  EXPECT_THAT(*store().StateChanges("a", 10), IsEmpty());
}

TEST_F(HostsTest, AHostWithoutAFingerprintHasNone) {
  StoredHost host = TestHost("a");
  host.fingerprint = HostFingerprint();
  Put(host);
  EXPECT_EQ(store().Hosts()->at(0).fingerprint, HostFingerprint());
  EXPECT_THAT(*store().StateChanges("a", 10), IsEmpty());
}

TEST_F(HostsTest, AJobKnowsItsHosts) {
  MakeSmallJob();
  Put(TestHost("c"));
  const auto hosts = store().JobHosts(JobId{1});
  ASSERT_TRUE(hosts.ok()) << hosts.status();
  ASSERT_THAT(*hosts, SizeIs(2));
  EXPECT_EQ(hosts->at(0).name, "a");
  EXPECT_EQ(hosts->at(1).name, "b");
}

}  // namespace
}  // namespace benchfleet
