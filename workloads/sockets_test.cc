// The workloads between two hosts that need no gRPC, over loopback.
#include "workloads/sockets.h"

#include <algorithm>

#include "base/status.h"
#include "gmock/gmock.h"
#include "workloads/role_testing.h"

namespace benchfleet {
namespace {

using testing::Each;
using testing::Gt;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

const Catalog& Builtins() {
  static const Catalog catalog = Catalog::Builtins();
  return catalog;
}

TEST(SocketsTest, EndpointsOfBothFamilies) {
  EXPECT_EQ(JoinEndpoint("10.0.0.7", 4000), "10.0.0.7:4000");
  EXPECT_EQ(JoinEndpoint("fd00::7", 4000), "[fd00::7]:4000");
  EXPECT_EQ(SplitEndpoint("[fd00::7]:4000")->host, "fd00::7");
  EXPECT_EQ(SplitEndpoint("alpha.example.org:4000")->port, "4000");
  for (const char* wrong : {"", "alpha", ":4000", "alpha:", "alpha:http", "fd00::7:4000"}) {
    EXPECT_EQ(SplitEndpoint(wrong).status().code(), absl::StatusCode::kInvalidArgument) << wrong;
  }
}

TEST(SocketsTest, AServerIsWhereTheCoordinatorIsUnlessToldOtherwise) {
  EXPECT_EQ(FindServingAddress("", "")->bind, "127.0.0.1");
  EXPECT_EQ(FindServingAddress("", "127.0.0.1:7443")->advertised, "127.0.0.1");
  EXPECT_EQ(FindServingAddress("", "unix:/run/coordinator")->bind, "127.0.0.1");
  EXPECT_EQ(FindServingAddress("127.0.0.2", "127.0.0.1:7443")->bind, "127.0.0.2");
  // TEST-NET-1 of RFC 5737 is nobody's: somebody else forwards from there.
  const auto foreign = FindServingAddress("192.0.2.1", "127.0.0.1:7443");
  EXPECT_EQ(foreign->bind, "0.0.0.0");
  EXPECT_EQ(foreign->advertised, "192.0.2.1");
  EXPECT_THAT(Message(FindServingAddress("no such host.", "").status()), HasSubstr("--advertise"));
}

TEST(SocketsTest, RoundTripsBringBackWhatWasSent) {
  TestServer server(Builtins(), "net.rtt", {{"size", "100kB"}});
  const CollectingSink client =
      RunClient(Builtins(), "net.rtt", {{"size", "100kB"}}, server.peer());
  EXPECT_EQ(client.finished()->outcome, Outcome::kOk) << client.finished()->message;
  EXPECT_THAT(client.Values("latency"), Each(Gt(0)));
  EXPECT_EQ(server.End().outcome, Outcome::kOk) << server.End().message;
  EXPECT_EQ(server.Values("connections_served"), std::vector<double>{1});
}

TEST(SocketsTest, ThroughputUsesAllStreams) {
  const StringMap parameters = {{"streams", "3"}, {"block", "3000000"}};
  TestServer server(Builtins(), "net.throughput", parameters);
  const CollectingSink client = RunClient(Builtins(), "net.throughput", parameters, server.peer());
  EXPECT_EQ(client.finished()->outcome, Outcome::kOk) << client.finished()->message;
  EXPECT_EQ(client.started()->metrics.at(1).numerator, 3'000'000);
  EXPECT_EQ(server.End().outcome, Outcome::kOk);
  EXPECT_EQ(server.Values("connections_served"), std::vector<double>{3});
}

TEST(SocketsTest, AServerThatGoesAwayFailsTheRun) {
  TestServer server(Builtins(), "net.rtt", {});
  const RunPeer peer = server.peer();
  server.End();
  const CollectingSink client = RunClient(Builtins(), "net.rtt", {}, peer);
  EXPECT_EQ(client.finished()->outcome, Outcome::kFailed);
  EXPECT_THAT(client.finished()->message, HasSubstr("server tested: connecting to 127.0.0.1:"));
}

TEST(SocketsTest, HandshakesOverTheNetworkInFullAndResumed) {
  for (const char* key : {"p256", "ed25519", "rsa2048"}) {
    for (const char* resumed : {"false", "true"}) {
      const StringMap parameters = {{"over", "network"}, {"key", key}, {"resumed", resumed}};
      SCOPED_TRACE(FormatParameters(parameters));
      TestServer server(Builtins(), "tls.handshake", parameters);
      const CollectingSink client =
          RunClient(Builtins(), "tls.handshake", parameters, server.peer());
      EXPECT_EQ(client.finished()->outcome, Outcome::kOk) << client.finished()->message;
      EXPECT_THAT(client.Values("handshake"), Each(Gt(0)));
      EXPECT_EQ(client.Values("connect").size(), client.Values("latency").size());
      EXPECT_EQ(server.End().outcome, Outcome::kOk) << server.End().message;
      // The first, and those that were measured; the stranger was not let in.
      EXPECT_EQ(server.Values("handshakes_served").at(0),
                1.0 + static_cast<double>(client.Values("latency").size()));
    }
  }
}

TEST(SocketsTest, WhoIsNotTheServersClientIsFoundOut) {
  const StringMap parameters = {{"over", "network"}};
  TestServer server(Builtins(), "tls.handshake", parameters);
  TestServer other(Builtins(), "tls.handshake", parameters);
  RunPeer mixed = server.peer();
  mixed.values = other.peer().values;
  const CollectingSink client = RunClient(Builtins(), "tls.handshake", parameters, mixed);
  EXPECT_EQ(client.finished()->outcome, Outcome::kFailed);
  EXPECT_THAT(client.finished()->message, HasSubstr("shaking hands"));
}

}  // namespace
}  // namespace benchfleet
