// Both sides of a workload with roles, in one process, for tests.
#pragma once

#include <map>
#include <string>
#include <thread>

#include "gtest/gtest.h"
#include "workloads/stop_request.h"
#include "workloads/testing.h"

namespace benchfleet {

// A server's run on a thread of its own. It has ended when the destructor returns; before that
// End() tells how.
class TestServer {
 public:
  TestServer(const Catalog& catalog, const std::string& workload, const StringMap& parameters,
             const std::string& scratch_dir = "")
      : sink_(this) {
    request_.scratch_dir = scratch_dir;
    request_.spec.workload = workload;
    request_.spec.parameters = parameters;
    request_.spec.seed = 7;
    request_.spec.role = kServerRole;
    request_.spec.peers = {{kClientRole, "tester", "", {}}};
    thread_ = std::thread([this, &catalog] {
      EXPECT_TRUE(ExecuteRun(request_, catalog, SystemStopwatch(), sink_, &stop_).ok());
      told_.Ask();
    });
    told_.Wait();
  }
  ~TestServer() { End(); }

  // As its clients see it; without an endpoint where it ended before it was ready.
  RunPeer peer() const { return peer_; }
  const RunnerFinished& End() {
    stop_.Ask();
    if (thread_.joinable()) thread_.join();
    EXPECT_NE(sink_.finished(), nullptr);
    return *sink_.finished();
  }
  std::vector<double> Values(const std::string& metric) const { return sink_.Values(metric); }

 private:
  class Sink : public CollectingSink {
   public:
    explicit Sink(TestServer* server) : server_(server) {}
    absl::Status Send(const RunnerEvent& event) override {
      if (const auto* ready = std::get_if<RunnerReady>(&event)) {
        server_->peer_ = {kServerRole, "tested", ready->endpoint, ready->values};
        server_->told_.Ask();
      }
      return CollectingSink::Send(event);
    }

   private:
    TestServer* const server_;
  };

  RunnerRequest request_;
  StopRequest stop_;
  StopRequest told_;  // it is ready, or over
  RunPeer peer_;
  Sink sink_;
  std::thread thread_;
};

// Runs a client of `server` for a few samples and keeps what it sends.
inline CollectingSink RunClient(const Catalog& catalog, const std::string& workload,
                                const StringMap& parameters, const RunPeer& server,
                                const std::string& scratch_dir = "") {
  RunnerRequest request;
  request.scratch_dir = scratch_dir;
  request.spec.workload = workload;
  request.spec.parameters = parameters;
  request.spec.measurement.min_samples = 2;
  request.spec.measurement.max_samples = 3;
  request.spec.measurement.max_time = absl::Seconds(5);
  request.spec.seed = 7;
  request.spec.role = kClientRole;
  request.spec.peers = {server};
  CollectingSink sink;
  EXPECT_TRUE(ExecuteRun(request, catalog, SystemStopwatch(), sink).ok());
  sink.ExpectConsistent();
  return sink;
}

}  // namespace benchfleet
