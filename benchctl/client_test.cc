// The real client over a real connection, against a control port of the test's own.
#include "benchctl/client.h"

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <memory>
#include <thread>

#include "base/status.h"
#include "benchctl/canned.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proto/control_port.grpc.pb.h"
#include "proto/convert.h"
#include "proto/transport_port.h"

namespace benchfleet {
namespace {

using ::testing::HasSubstr;

// Answers from a FakeFleet. What the test reads of it, it reads between calls.
class Port : public v1::ControlPort::Service {
 public:
  grpc::Status SubmitJob(grpc::ServerContext*, const v1::SubmitJobRequest* request,
                         v1::SubmitJobResponse* response) override {
    const auto spec = FromProto(request->spec());
    if (!spec.ok()) return ToGrpc(spec.status());
    if (spec->workloads.empty()) {
      return ToGrpc(absl::InvalidArgumentError("the job names no workload"));
    }
    fleet.submitted.push_back(*spec);
    fleet.dry_runs.push_back(request->dry_run());
    ToProto(fleet.plan, response);
    return grpc::Status::OK;
  }

  grpc::Status CancelJob(grpc::ServerContext*, const v1::CancelJobRequest* request,
                         v1::CancelJobResponse*) override {
    fleet.cancelled.emplace_back(JobId{request->job_id()}, request->reason());
    return grpc::Status::OK;
  }

  grpc::Status ListJobs(grpc::ServerContext*, const v1::ListJobsRequest* request,
                        v1::ListJobsResponse* response) override {
    for (const JobStatus& job : fleet.jobs) {
      if (request->name().empty() || request->name() == job.name) {
        ToProto(job, response->add_jobs());
      }
    }
    return grpc::Status::OK;
  }

  grpc::Status ListHosts(grpc::ServerContext*, const v1::ListHostsRequest*,
                         v1::ListHostsResponse* response) override {
    for (const HostStatus& host : fleet.hosts) ToProto(host, response->add_hosts());
    return grpc::Status::OK;
  }

  grpc::Status WatchJob(grpc::ServerContext* context, const v1::WatchJobRequest* request,
                        grpc::ServerWriter<v1::JobStatus>* writer) override {
    if (request->job_id() == 404) return ToGrpc(absl::NotFoundError("no job has the number 404"));
    const bool endless = request->job_id() == 13;
    for (const uint64_t done : {1, 2, 3}) {
      v1::JobStatus message;
      ToProto(CannedStatus(request->job_id(), "w",
                           done == 3 && !endless ? State::kDone : State::kRunning, done, 3),
              &message);
      if (request->job_id() == 66) message.set_state(static_cast<v1::State>(99));
      writer->Write(message);
    }
    while (endless && !context->IsCancelled())
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    watch_cancelled = context->IsCancelled();
    return grpc::Status::OK;
  }

  grpc::Status ReadResults(grpc::ServerContext*, const v1::ReadResultsRequest* request,
                           grpc::ServerWriter<v1::ResultPiece>* writer) override {
    FakeClient source(&fleet);
    const absl::Status read = source.ReadResults(
        JobId{request->job_id()}, request->without_samples(), [&](ResultPiece piece) {
          v1::ResultPiece message;
          ToProto(piece, &message);
          writer->Write(message);
          return absl::OkStatus();
        });
    return ToGrpc(read);
  }

  grpc::Status ImportResults(grpc::ServerContext*, grpc::ServerReader<v1::ResultPiece>* reader,
                             v1::ImportResultsResponse* response) override {
    v1::ResultPiece message;
    while (reader->Read(&message)) {
      auto piece = FromProto(message);
      if (!piece.ok()) return ToGrpc(piece.status());
      if (refuse_import) return ToGrpc(absl::ResourceExhaustedError("the disk is full"));
      fleet.imported.push_back(*std::move(piece));
    }
    response->set_job_id(5);
    response->set_runs(fleet.imported.size());
    return grpc::Status::OK;
  }

  FakeFleet fleet = CannedFleet();
  std::atomic<bool> watch_cancelled = false;
  bool refuse_import = false;
};

class ClientTest : public ::testing::Test {
 protected:
  ClientTest() {
    grpc::ServerBuilder builder;
    int number = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &number);
    builder.RegisterService(&port_);
    server_ = builder.BuildAndStart();
    address_ = "127.0.0.1:" + std::to_string(number);
    client_ = Dial(address_);
  }
  ~ClientTest() override { server_->Shutdown(); }

  static std::unique_ptr<Client> Dial(const std::string& address) {
    TlsFiles tls;
    tls.insecure_plaintext = true;
    auto client = DialCoordinator(address, tls);
    EXPECT_TRUE(client.ok()) << client.status();
    return *std::move(client);
  }

  Port port_;
  std::string address_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<Client> client_;
};

TEST_F(ClientTest, ACommandsValuesArriveWhole) {
  JobSpec spec;
  spec.name = "x";
  spec.workloads = {{"w", {{"a", {"1", "2"}}}, {}}};
  spec.runs = 3;
  const auto plan = client_->Submit(spec, true);
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(plan->total_runs, 4u);
  EXPECT_EQ(plan->runs[1].host, "vm-2");
  EXPECT_EQ(port_.fleet.submitted[0], spec);
  EXPECT_TRUE(port_.fleet.dry_runs[0]);
  EXPECT_TRUE(client_->Cancel(JobId{9}, "why not").ok());
  EXPECT_EQ(port_.fleet.cancelled[0], std::pair(JobId{9}, std::string("why not")));
  EXPECT_EQ(client_->ListJobs({50, "prove-age", "", {}})->at(0).job, JobId{13});
  EXPECT_EQ(client_->ListHosts("")->at(1).fingerprint, CannedHost("vm-2").fingerprint);
}

TEST_F(ClientTest, ARefusalKeepsItsCodeAndWords) {
  const absl::Status refused = client_->Submit(JobSpec(), false).status();
  EXPECT_TRUE(absl::IsInvalidArgument(refused));
  EXPECT_EQ(Message(refused), "the job names no workload");
}

TEST_F(ClientTest, AWatchEndsWithTheJob) {
  std::vector<uint64_t> seen;
  const absl::Status ended = client_->Watch(JobId{12}, [&](const JobStatus* status) {
    if (status != nullptr) seen.push_back(status->runs_done);
    return true;
  });
  EXPECT_TRUE(ended.ok()) << ended;
  EXPECT_THAT(seen, ::testing::ElementsAre(1, 2, 3));
}

TEST_F(ClientTest, AWatchTicksAndEndsWhenTheWatcherWantsNoMore) {
  int ticks = 0;
  const absl::Status ended = client_->Watch(JobId{13}, [&](const JobStatus* status) {
    ticks += status == nullptr;
    return ticks < 2;
  });
  EXPECT_TRUE(ended.ok()) << ended;
  EXPECT_EQ(ticks, 2);
  server_->Shutdown();  // waits for the call
  EXPECT_TRUE(port_.watch_cancelled);
}

TEST_F(ClientTest, AWatchCanEndAtItsFirstStatus) {
  EXPECT_TRUE(
      client_->Watch(JobId{13}, [](const JobStatus* status) { return status == nullptr; }).ok());
}

TEST_F(ClientTest, AWatchOfNothingAndOfNonsenseAreErrors) {
  const auto watch = [&](uint64_t job) {
    return client_->Watch(JobId{job}, [](const JobStatus*) { return true; });
  };
  EXPECT_TRUE(absl::IsNotFound(watch(404)));
  EXPECT_THAT(Message(watch(66)), HasSubstr("what coordinator " + address_ + " answered"));
}

TEST_F(ClientTest, ResultsArriveAsTheyWereSent) {
  const auto results = ReadJobResults(*client_, JobId{12}, false);
  ASSERT_TRUE(results.ok()) << results.status();
  const JobResults want = CannedSweep();
  EXPECT_EQ(results->job.spec, want.job.spec);
  ASSERT_EQ(results->runs.size(), want.runs.size());
  for (size_t i = 0; i < want.runs.size(); ++i) {
    EXPECT_EQ(results->runs[i].chunks, want.runs[i].chunks);
    EXPECT_EQ(results->runs[i].result.finished, want.runs[i].result.finished);
  }
  EXPECT_TRUE(ReadJobResults(*client_, JobId{12}, true)->runs[0].chunks.empty());
  EXPECT_EQ(Message(ReadJobResults(*client_, JobId{1}, true).status()), "no job has the number 1");
}

TEST_F(ClientTest, AReaderThatHadEnoughEndsTheReading) {
  int pieces = 0;
  const absl::Status read = client_->ReadResults(JobId{12}, false, [&](ResultPiece) {
    return ++pieces == 3 ? absl::DataLossError("enough") : absl::OkStatus();
  });
  EXPECT_EQ(Message(read), "enough");
  EXPECT_EQ(pieces, 3);
}

TEST_F(ClientTest, AnImportSendsEverything) {
  const JobResults source = CannedSweep();
  size_t given = 0;
  const auto receipt = client_->Import([&]() -> absl::StatusOr<std::optional<ResultPiece>> {
    if (given > source.runs.size()) return std::nullopt;
    const size_t index = given++;
    if (index == 0) return source.job;
    return source.runs[index - 1].result;
  });
  ASSERT_TRUE(receipt.ok()) << receipt.status();
  EXPECT_EQ(receipt->job, JobId{5});
  EXPECT_EQ(receipt->runs, source.runs.size() + 1);
}

TEST_F(ClientTest, AnImportThatFailsSaysWhy) {
  const auto broken = client_->Import([]() -> absl::StatusOr<std::optional<ResultPiece>> {
    return absl::DataLossError("the file is damaged");
  });
  EXPECT_EQ(Message(broken.status()), "the file is damaged");
  port_.refuse_import = true;
  const auto refused = client_->Import(
      []() -> absl::StatusOr<std::optional<ResultPiece>> { return CannedSweep().job; });
  EXPECT_EQ(Message(refused.status()), "the disk is full");
}

TEST_F(ClientTest, AWatcherFindsACoordinatorThatCameBack) {
  const auto watch = [&] {
    return client_->Watch(JobId{12}, [](const JobStatus*) { return true; });
  };
  ASSERT_TRUE(watch().ok());
  server_->Shutdown();
  server_.reset();
  EXPECT_TRUE(absl::IsUnavailable(watch()));
  EXPECT_TRUE(absl::IsUnavailable(watch()));
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address_, grpc::InsecureServerCredentials());
  builder.RegisterService(&port_);
  server_ = builder.BuildAndStart();
  ASSERT_NE(server_, nullptr);
  const absl::Status again = watch();  // at the first attempt
  EXPECT_TRUE(again.ok()) << again;
}

TEST_F(ClientTest, WhereNobodyAnswersTheAddressIsNamed) {
  server_->Shutdown();
  const absl::Status away = Dial(address_)->ListJobs({}).status();
  EXPECT_TRUE(absl::IsUnavailable(away));
  EXPECT_THAT(Message(away), HasSubstr("coordinator " + address_ + " does not answer"));
  EXPECT_THAT(Message(away), HasSubstr("is bench-coordinator running there?"));
}

}  // namespace
}  // namespace benchfleet
