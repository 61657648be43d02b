// The proving service on the wire: what comes across, what is refused, and what becomes of a
// request when one side goes away.
#include "workloads/net/prover_port.h"

#include <grpcpp/grpcpp.h>

#include <thread>
#include <utility>

#include "base/limits.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proto/prover_port.grpc.pb.h"
#include "workloads/net/prover_client.h"
#include "workloads/net/prover_convert.h"
#include "workloads/remote/network_profile.h"
#include "workloads/remote/proving_testing.h"
#include "workloads/remote/relay.h"

namespace benchfleet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ProverPortTest : public testing::Test {
 protected:
  void SetUp() override {
    ProvingService::Options options;
    options.subject = kTestSubject;
    options.provers.push_back(std::make_unique<TestProver>(control_));
    options.queue_max = 4;
    options.witness_bytes_max = 8u << 20;
    options.replay_entries_max = 1000;
    service_ = ProvingService::Start(std::move(options), SystemStopwatch()).value();
    port_ = ProverPort::Start("127.0.0.1", service_.get()).value();
    endpoint_ = "127.0.0.1:" + std::to_string(port_->port());
    client_ = ProverClient::Connect(endpoint_, kTestPatience).value();
    key_ = client_->GetKey(std::string(32, 'n')).value();
    stub_ =
        v1::ProverPort::NewStub(grpc::CreateChannel(endpoint_, grpc::InsecureChannelCredentials()));
  }
  void TearDown() override {
    control_->Set(false);
    service_->Stop();
    port_ = nullptr;
  }

  absl::StatusOr<ProvingExchange> Prove(const std::string& witness,
                                        ProvingTask task = ProvingTask::kProve) {
    ProvingHeader header;
    header.task = task;
    header.subject = kTestSubject;
    return client_->Prove(header, key_, witness, SystemStopwatch());
  }

  // Sends exactly these messages and gives how the call ended.
  grpc::Status SendRaw(const std::vector<v1::ProveRequest>& requests) {
    grpc::ClientContext context;
    const auto call = stub_->Prove(&context);
    for (const v1::ProveRequest& request : requests) {
      if (!call->Write(request)) break;
    }
    call->WritesDone();
    v1::ProveAnswer answer;
    while (call->Read(&answer)) continue;
    return call->Finish();
  }
  static std::vector<v1::ProveRequest> Messages(const SealedRequest& sealed) {
    std::vector<v1::ProveRequest> messages(1);
    ToProto(sealed.header, messages[0].mutable_header());
    for (const std::string& piece : sealed.pieces) messages.emplace_back().set_piece(piece);
    return messages;
  }

  std::shared_ptr<ProverControl> control_ = std::make_shared<ProverControl>();
  std::unique_ptr<ProvingService> service_;
  std::unique_ptr<ProverPort> port_;
  std::string endpoint_;
  std::unique_ptr<ProverClient> client_;
  ServiceKey key_;
  std::unique_ptr<v1::ProverPort::Stub> stub_;
};

TEST_F(ProverPortTest, TheKeyComesWithWhatIsProvedAndWithEvidence) {
  EXPECT_EQ(key_.subject, kTestSubject);
  EXPECT_EQ(key_.public_key, service_->Key("").public_key);
  EXPECT_EQ(key_.witness_bytes_max, 8u << 20);
  EXPECT_EQ(key_.evidence.kind, "none");
  EXPECT_EQ(client_->GetKey("short").status().message(),
            "asking the proving service for its key: a nonce of 5 bytes; expected 16 to 64");
}

// Losses are pauses, and the window is wider than the way: the rate is the profile's. A busy
// machine may need another try.
TEST_F(ProverPortTest, TheMeasuredRateIsTheProfiles) {
  for (const char* name : {"mobile", "delay=20ms,rate=40mbit"}) {
    const NetworkProfile profile = ParseNetworkProfile(name).value();
    double share = 0;
    for (uint64_t seed = 1; seed <= 5 && !(share >= 0.9 && share <= 1.1); ++seed) {
      const auto relay = Relay::Start(profile, endpoint_, seed);
      ASSERT_TRUE(relay.ok()) << relay.status();
      const auto client = ProverClient::Connect((*relay)->endpoint(), kTestPatience);
      ASSERT_TRUE(client.ok()) << client.status();
      const auto measured = (*client)->MeasureNetwork(SystemStopwatch());
      ASSERT_TRUE(measured.ok()) << measured.status();
      share = 8 * measured->bytes_per_second / profile.bits_per_second;
    }
    EXPECT_THAT(share, testing::AllOf(testing::Ge(0.9), testing::Le(1.1))) << name;
  }
}

TEST_F(ProverPortTest, WitnessesOfEverySizeAreProved) {
  for (const size_t size :
       {size_t{0}, size_t{1}, size_t{limits::kSealedPieceBytes}, size_t{3} << 20}) {
    const std::string witness(size, 'w');
    const auto exchange = Prove(witness);
    ASSERT_TRUE(exchange.ok()) << exchange.status();
    EXPECT_EQ(control_->witnesses.back(), witness);
    EXPECT_EQ(exchange->result.proof.proof, "proof of " + witness.substr(0, kShownBytes));
    EXPECT_EQ(exchange->result.proof.public_inputs, "public");
    EXPECT_EQ(exchange->result.prove_cpu, absl::Milliseconds(3));
    EXPECT_THAT(exchange->result.spans,
                ElementsAre(testing::Pair("thinking", absl::Milliseconds(2))));
    EXPECT_GT(exchange->encrypt_ns, 0);
    EXPECT_GE(exchange->whole_ns, exchange->encrypt_ns + exchange->result.times.held_ns);
    EXPECT_GT(exchange->sent_bytes, size);
    EXPECT_LT(exchange->sent_bytes, size + size / 1000 + 500);
    EXPECT_GT(exchange->received_bytes, 0u);
  }
}

TEST_F(ProverPortTest, OpeningOnlyAndEverything) {
  const auto opened = Prove("secret", ProvingTask::kOpenOnly);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->after_queued_ns, 0);
  EXPECT_EQ(control_->begun, 0);
  const auto everything = Prove("", ProvingTask::kEverything);
  ASSERT_TRUE(everything.ok()) << everything.status();
  EXPECT_EQ(everything->result.proof.proof, "proof of made here");
  EXPECT_LT(everything->sent_bytes, 200u);
}

TEST_F(ProverPortTest, TheWayIsMeasured) {
  const auto measured = client_->MeasureNetwork(SystemStopwatch());
  ASSERT_TRUE(measured.ok()) << measured.status();
  EXPECT_GT(measured->round_trip, absl::ZeroDuration());
  EXPECT_GT(measured->bytes_per_second, 0);
}

TEST_F(ProverPortTest, RefusalsReachTheClientByName) {
  ProvingHeader header;
  header.subject = kTestSubject;
  header.subject.key_sha256 = "another";
  const auto another_key = client_->Prove(header, key_, "w", SystemStopwatch());
  EXPECT_EQ(another_key.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(another_key.status().message()), HasSubstr("would not verify"));

  const auto too_large = Prove(std::string((8u << 20) + 1, 'w'));
  EXPECT_EQ(too_large.status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(too_large.status().message(),
            "the proving service: a witness of 8388609 bytes; this service takes 8388608");

  ServiceKey wrong = key_;
  wrong.public_key = HpkeKeyPair::Generate().value().public_key();
  header.subject = kTestSubject;
  const auto wrong_key = client_->Prove(header, wrong, "w", SystemStopwatch());
  EXPECT_EQ(wrong_key.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(control_->begun, 0);
  EXPECT_TRUE(Prove("after all that").ok());
}

TEST_F(ProverPortTest, WhatIsTamperedReplayedCutOrNoRequestIsRefused) {
  const std::string witness(limits::kSealedPieceBytes + 1, 'w');
  std::vector<v1::ProveRequest> messages = Messages(SealRequest(key_, witness));
  EXPECT_TRUE(SendRaw(messages).ok());
  EXPECT_EQ(SendRaw(messages).error_code(), grpc::ALREADY_EXISTS);

  messages = Messages(SealRequest(key_, witness));
  (*messages[1].mutable_piece())[7] ^= 1;
  EXPECT_EQ(SendRaw(messages).error_code(), grpc::DATA_LOSS);

  messages = Messages(SealRequest(key_, witness));
  messages.pop_back();
  EXPECT_THAT(SendRaw(messages).error_message(), HasSubstr("the witness was cut"));

  messages = Messages(SealRequest(key_, witness));
  messages[0].mutable_header()->set_task(v1::PROVING_TASK_OPEN_ONLY);
  EXPECT_EQ(SendRaw(messages).error_code(), grpc::DATA_LOSS);

  messages = Messages(SealRequest(key_, witness));
  messages[0].mutable_header()->set_cipher("rot13");
  EXPECT_THAT(SendRaw(messages).error_message(), HasSubstr("there is no cipher 'rot13'"));
  messages[0].mutable_header()->set_task(v1::PROVING_TASK_UNSPECIFIED);
  EXPECT_THAT(SendRaw(messages).error_message(), HasSubstr("there is no proving task 0"));

  messages = Messages(SealRequest(key_, witness));
  messages.insert(messages.begin() + 1, messages[0]);
  EXPECT_EQ(SendRaw(messages).error_message(), "a second header");
  EXPECT_EQ(SendRaw({messages[2]}).error_message(), "a piece before the header");
  EXPECT_EQ(SendRaw({}).error_message(), "a request without a header");
  EXPECT_EQ(control_->begun, 1);
}

TEST_F(ProverPortTest, AClientThatGoesAwayTakesItsProofBack) {
  control_->Set(true);
  {
    grpc::ClientContext context;
    const auto call = stub_->Prove(&context);
    for (const v1::ProveRequest& request : Messages(SealRequest(key_, "abandoned"))) {
      ASSERT_TRUE(call->Write(request));
    }
    ASSERT_TRUE(control_->AwaitBegun(1));
    context.TryCancel();
    v1::ProveAnswer answer;
    while (call->Read(&answer)) continue;
    EXPECT_EQ(call->Finish().error_code(), grpc::CANCELLED);
  }
  std::thread next([this] { EXPECT_TRUE(Prove("next").ok()); });
  EXPECT_TRUE(control_->AwaitBegun(2));
  control_->Set(false);
  next.join();
  EXPECT_EQ(control_->given_up, 1);
  EXPECT_THAT(control_->witnesses, ElementsAre("abandoned", "next"));
}

TEST_F(ProverPortTest, AServiceThatStopsInTheMiddleIsAnErrorAtOnce) {
  control_->Set(true);
  std::thread stopper([this] {
    EXPECT_TRUE(control_->AwaitBegun(1));
    service_->Stop();
    port_ = nullptr;
  });
  const auto exchange = Prove("w");
  EXPECT_FALSE(exchange.ok());
  EXPECT_THAT(std::string(exchange.status().message()), HasSubstr("the proving service: "));
  stopper.join();
  EXPECT_EQ(Prove("again").status().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace benchfleet
