#include <algorithm>

#include "gtest/gtest.h"
#include "workloads/net/net_workloads.h"
#include "workloads/role_testing.h"

namespace benchfleet {
namespace {

TEST(GrpcEchoTest, ClosedLoopMeasuresEachCall) {
  const Catalog catalog = NetWorkloads();
  TestServer server(catalog, "grpc.echo", {});
  const CollectingSink client =
      RunClient(catalog, "grpc.echo", {{"size", "1KiB"}, {"concurrency", "2"}}, server.peer());
  EXPECT_EQ(client.finished()->outcome, Outcome::kOk) << client.finished()->message;
  const std::vector<double> latencies = client.Values("latency");
  EXPECT_GE(latencies.size(), 3u);
  EXPECT_GT(*std::min_element(latencies.begin(), latencies.end()), 0);
  EXPECT_GT(client.Values("request_rate").at(0), 0);
  EXPECT_EQ(client.Values("error_rate").at(0), 0);
  EXPECT_EQ(server.End().outcome, Outcome::kOk) << server.End().message;
  EXPECT_GE(server.Values("requests_served").at(0), static_cast<double>(latencies.size()));
}

TEST(GrpcEchoTest, PlaintextIsThereForWhoAsks) {
  const Catalog catalog = NetWorkloads();
  TestServer server(catalog, "grpc.echo", {{"tls", "false"}});
  EXPECT_TRUE(server.peer().values.empty());
  const CollectingSink client = RunClient(catalog, "grpc.echo", {{"tls", "false"}}, server.peer());
  EXPECT_EQ(client.finished()->outcome, Outcome::kOk) << client.finished()->message;
}

TEST(GrpcEchoTest, AnotherCertificateThanOfferedIsNotTalkedTo) {
  const Catalog catalog = NetWorkloads();
  TestServer server(catalog, "grpc.echo", {});
  const TestServer other(catalog, "grpc.echo", {});
  RunPeer mixed = server.peer();
  ASSERT_NE(mixed.values, other.peer().values);
  mixed.values = other.peer().values;
  const CollectingSink client = RunClient(catalog, "grpc.echo", {}, mixed);
  EXPECT_EQ(client.finished()->outcome, Outcome::kFailed);
  EXPECT_NE(client.finished()->message.find("no connection to tested"), std::string::npos)
      << client.finished()->message;
  EXPECT_EQ(server.End().outcome, Outcome::kOk);
  EXPECT_EQ(server.Values("requests_served"), std::vector<double>{0});
}

// Due at 20 a second: however fast the machine is, no more than that are sent.
TEST(GrpcEchoTest, OpenLoopKeepsToItsRate) {
  const Catalog catalog = NetWorkloads();
  TestServer server(catalog, "grpc.echo", {});
  const CollectingSink client = RunClient(catalog, "grpc.echo", {{"rate", "20"}}, server.peer());
  EXPECT_EQ(client.finished()->outcome, Outcome::kOk) << client.finished()->message;
  // In a window of 50 ms lie one or two of them, and three samples were asked for.
  EXPECT_LE(client.Values("latency").size(), 5u);
}

TEST(GrpcEchoTest, AServerThatIsGoneFailsTheRun) {
  const Catalog catalog = NetWorkloads();
  RunPeer gone;
  {
    TestServer server(catalog, "grpc.echo", {});
    gone = server.peer();
    EXPECT_EQ(server.End().outcome, Outcome::kOk);
  }
  RunnerRequest request;
  request.spec.workload = "grpc.echo";
  request.spec.role = kClientRole;
  gone.endpoint = "127.0.0.1:1";
  request.spec.peers = {gone};
  CollectingSink client;
  EXPECT_TRUE(ExecuteRun(request, catalog, SystemStopwatch(), client).ok());
  EXPECT_EQ(client.finished()->outcome, Outcome::kFailed);
  EXPECT_NE(client.finished()->message.find("no connection to tested at 127.0.0.1:1 within 10s"),
            std::string::npos)
      << client.finished()->message;
}

TEST(GrpcEchoTest, WrongRolesAndParametersAreNotStarted) {
  const Catalog catalog = NetWorkloads();
  const auto message = [&](const RunSpec& spec) {
    CollectingSink sink;
    RunnerRequest request;
    request.spec = spec;
    EXPECT_TRUE(ExecuteRun(request, catalog, SystemStopwatch(), sink).ok());
    EXPECT_EQ(sink.finished()->outcome, Outcome::kNotStarted);
    return sink.finished()->message;
  };
  RunSpec spec;
  spec.workload = "grpc.echo";
  EXPECT_NE(message(spec).find("grpc.echo needs a server on another host"), std::string::npos);
  spec.role = "sever";
  EXPECT_NE(message(spec).find("has no role 'sever'"), std::string::npos);
  EXPECT_NE(message(spec).find("(did you mean 'server'?)"), std::string::npos);
  spec.role = kClientRole;
  EXPECT_EQ(message(spec), "grpc.echo: a client was given no server");
  spec.peers = {{kServerRole, "b", "127.0.0.1:1", {}}};
  spec.parameters = {{"rate", "fast"}};
  EXPECT_NE(message(spec).find("rate"), std::string::npos);
}

}  // namespace
}  // namespace benchfleet
