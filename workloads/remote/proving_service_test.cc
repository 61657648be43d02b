// The proving service without a transport: what it takes, in which order, what it refuses, and how
// a request ends that nobody waits for.
#include "workloads/remote/proving_service.h"

#include <utility>

#include "base/limits.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "workloads/remote/proving_testing.h"

namespace benchfleet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using RequestPtr = std::shared_ptr<ProvingService::Request>;

class ProvingServiceTest : public testing::Test {
 protected:
  void Start(size_t provers = 1, size_t queue_max = 4, size_t replay_entries_max = 1000) {
    ProvingService::Options options;
    options.subject = kTestSubject;
    for (size_t i = 0; i < provers; ++i) {
      options.provers.push_back(std::make_unique<TestProver>(control_));
    }
    options.queue_max = queue_max;
    options.witness_bytes_max = 4u << 20;
    options.replay_entries_max = replay_entries_max;
    auto service = ProvingService::Start(std::move(options), SystemStopwatch());
    ASSERT_TRUE(service.ok()) << service.status();
    service_ = std::move(*service);
  }

  // Sends all of it.
  RequestPtr Send(const SealedRequest& sealed, const std::shared_ptr<TestListener>& listener) {
    absl::StatusOr<RequestPtr> request = service_->Begin(sealed.header, listener);
    EXPECT_TRUE(request.ok()) << request.status();
    if (!request.ok()) return nullptr;
    for (const std::string& piece : sealed.pieces) {
      EXPECT_TRUE(service_->AddPiece(*request, piece).ok());
    }
    EXPECT_TRUE(service_->EndPieces(*request).ok());
    return *request;
  }
  SealedRequest Seal(const std::string& witness, ProvingTask task = ProvingTask::kProve) {
    return SealRequest(service_->Key("nonce"), witness, task);
  }
  absl::StatusCode RefusalOf(const ProvingHeader& header, std::string* message = nullptr) {
    const auto listener = std::make_shared<TestListener>();
    const auto request = service_->Begin(header, listener);
    EXPECT_FALSE(request.ok());
    EXPECT_TRUE(listener->events().empty());
    if (message != nullptr) *message = std::string(request.status().message());
    return request.status().code();
  }

  std::shared_ptr<ProverControl> control_ = std::make_shared<ProverControl>();
  std::unique_ptr<ProvingService> service_;
};

TEST_F(ProvingServiceTest, AWitnessIsOpenedAndProvedAndTheTimesAddUp) {
  Start();
  const std::string witness(limits::kSealedPieceBytes * 2 + 5, 'w');
  const auto listener = std::make_shared<TestListener>();
  Send(Seal(witness), listener);
  const auto result = listener->Await();
  ASSERT_TRUE(result && result->ok()) << result->status();
  EXPECT_EQ((*result)->proof.proof, "proof of " + witness);
  EXPECT_EQ((*result)->prove_cpu, absl::Milliseconds(3));
  EXPECT_EQ((*result)->prover_rss_peak_bytes, 4096);
  const ProvingTimes& times = (*result)->times;
  EXPECT_GT(times.decrypt_ns, 0);
  EXPECT_GT(times.prove_ns, 0);
  EXPECT_EQ(times.witness_ns, 0);
  EXPECT_EQ(times.verify_ns, 0);
  EXPECT_GE(times.held_ns, times.decrypt_ns + times.queue_ns + times.prove_ns);
  EXPECT_THAT(listener->events(), ElementsAre("queued 0", "proving", "done"));
  EXPECT_EQ(service_->open_requests(), 0u);
}

TEST_F(ProvingServiceTest, OpeningOnlyIsAnsweredAtTheLastPieceWithoutAProof) {
  Start();
  const auto listener = std::make_shared<TestListener>();
  Send(Seal("secret", ProvingTask::kOpenOnly), listener);
  const auto result = listener->Await();
  ASSERT_TRUE(result && result->ok()) << result->status();
  EXPECT_EQ((*result)->proof.proof, "");
  EXPECT_GT((*result)->times.decrypt_ns, 0);
  EXPECT_EQ((*result)->times.prove_ns, 0);
  EXPECT_THAT(listener->events(), ElementsAre("done"));
  EXPECT_EQ(control_->begun, 0);
}

TEST_F(ProvingServiceTest, EverythingIsDoneHereWithoutAWitnessOnTheWay) {
  Start();
  ProvingHeader header;
  header.task = ProvingTask::kEverything;
  header.subject = kTestSubject;
  const auto listener = std::make_shared<TestListener>();
  Send({header, {}}, listener);
  const auto result = listener->Await();
  ASSERT_TRUE(result && result->ok()) << result->status();
  EXPECT_EQ((*result)->proof.proof, "proof of made here");
  EXPECT_GT((*result)->times.witness_ns, 0);
  EXPECT_GT((*result)->times.verify_ns, 0);
  header.witness_bytes = 1;
  EXPECT_EQ(RefusalOf(header), absl::StatusCode::kInvalidArgument);
}

TEST_F(ProvingServiceTest, RequestsWaitTheirTurnAndAFullQueueRefuses) {
  Start(/*provers=*/1, /*queue_max=*/2);
  control_->Set(true);
  std::vector<std::shared_ptr<TestListener>> listeners;
  for (const char* witness : {"1", "2", "3"}) {
    listeners.push_back(std::make_shared<TestListener>());
    Send(Seal(witness), listeners.back());
    ASSERT_TRUE(control_->AwaitBegun(1));
  }
  std::string message;
  EXPECT_EQ(RefusalOf(Seal("4").header, &message), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(message, "the queue is full: 3 requests are here already");
  EXPECT_EQ(listeners[2]->events().front(), "queued 2");
  control_->Set(false);
  for (const auto& listener : listeners) ASSERT_TRUE(listener->Await()->ok());
  EXPECT_THAT(control_->witnesses, ElementsAre("1", "2", "3"));
  EXPECT_GT((*listeners[2]->Await())->times.queue_ns, 0);
  const auto after = std::make_shared<TestListener>();
  Send(Seal("5"), after);
  EXPECT_TRUE(after->Await()->ok());
}

TEST_F(ProvingServiceTest, TwoProversProveAtOnce) {
  Start(/*provers=*/2);
  control_->Set(true);
  const auto first = std::make_shared<TestListener>();
  const auto second = std::make_shared<TestListener>();
  Send(Seal("1"), first);
  Send(Seal("2"), second);
  EXPECT_TRUE(control_->AwaitBegun(2));
  control_->Set(false);
  EXPECT_TRUE(first->Await()->ok());
  EXPECT_TRUE(second->Await()->ok());
}

TEST_F(ProvingServiceTest, AnotherCircuitProverOrKeyIsRefusedByName) {
  Start();
  std::string message;
  ProvingHeader header = Seal("w").header;
  header.subject.circuit = "age";
  EXPECT_EQ(RefusalOf(header, &message), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(message, "this service proves test-circuit by test-prover, not age by test-prover");
  header.subject = kTestSubject;
  header.subject.key_sha256 = "fedcba9876543210";
  EXPECT_EQ(RefusalOf(header, &message), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(message, HasSubstr("0123456789ab... here, fedcba987654... there"));
}

TEST_F(ProvingServiceTest, AWitnessAboveTheBoundIsRefusedBeforeItIsSent) {
  Start();
  ProvingHeader header = Seal("w").header;
  header.witness_bytes = (4u << 20) + 1;
  std::string message;
  EXPECT_EQ(RefusalOf(header, &message), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(message, "a witness of 4194305 bytes; this service takes 4194304");
  EXPECT_EQ(service_->open_requests(), 0u);
}

TEST_F(ProvingServiceTest, ARepeatedRequestIsRefusedWhateverBecameOfTheFirst) {
  Start();
  const SealedRequest sealed = Seal("once");
  const auto listener = std::make_shared<TestListener>();
  Send(sealed, listener);
  ASSERT_TRUE(listener->Await()->ok());
  EXPECT_EQ(RefusalOf(sealed.header), absl::StatusCode::kAlreadyExists);

  const SealedRequest abandoned = Seal("abandoned");
  const auto request = service_->Begin(abandoned.header, std::make_shared<TestListener>());
  ASSERT_TRUE(request.ok());
  service_->Abandon(*request);
  EXPECT_EQ(RefusalOf(abandoned.header), absl::StatusCode::kAlreadyExists);
}

TEST_F(ProvingServiceTest, WhatIsRememberedIsBounded) {
  Start(1, 4, /*replay_entries_max=*/2);
  for (const char* witness : {"1", "2"}) {
    const auto listener = std::make_shared<TestListener>();
    Send(Seal(witness, ProvingTask::kOpenOnly), listener);
    ASSERT_TRUE(listener->Await()->ok());
  }
  std::string message;
  EXPECT_EQ(RefusalOf(Seal("3").header, &message), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(message, "this service's key was used 2 times, its bound: start another service");
}

TEST_F(ProvingServiceTest, WhatWasChangedCutOrRelabelledIsNotProved) {
  Start();
  const std::string witness(limits::kSealedPieceBytes + 1, 'w');
  const auto refused = [&](const SealedRequest& sealed) {
    const auto listener = std::make_shared<TestListener>();
    const auto request = service_->Begin(sealed.header, listener);
    EXPECT_TRUE(request.ok()) << request.status();
    absl::Status status;
    for (const std::string& piece : sealed.pieces) {
      status = service_->AddPiece(*request, piece);
      if (!status.ok()) break;
    }
    if (status.ok()) status = service_->EndPieces(*request);
    EXPECT_TRUE(listener->events().empty());
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
    return std::string(status.message());
  };
  SealedRequest changed = Seal(witness);
  changed.pieces[1][0] = static_cast<char>(changed.pieces[1][0] ^ 1);
  EXPECT_THAT(refused(changed), HasSubstr("piece 1: it does not open"));
  SealedRequest cut = Seal(witness);
  cut.pieces.pop_back();
  EXPECT_EQ(refused(cut), "the witness was cut: 262144 of 262145 bytes came");
  SealedRequest relabelled = Seal(witness);  // sealed to be opened, to be proved on the way
  relabelled.header.task = ProvingTask::kOpenOnly;
  EXPECT_THAT(refused(relabelled), HasSubstr("does not open"));
  SealedRequest swapped = Seal(witness);
  std::swap(swapped.pieces[0], swapped.pieces[1]);
  EXPECT_THAT(refused(swapped), HasSubstr("piece 0"));
  SealedRequest longer = Seal(witness);
  longer.header.witness_bytes = witness.size() + 5;
  EXPECT_THAT(refused(longer), HasSubstr("does not open"));
  EXPECT_EQ(control_->begun, 0);
  EXPECT_EQ(service_->open_requests(), 0u);
}

TEST_F(ProvingServiceTest, AClientThatGoesAwayTakesItsRequestBack) {
  Start();
  control_->Set(true);
  const auto proving = std::make_shared<TestListener>();
  const auto waiting = std::make_shared<TestListener>();
  const auto last = std::make_shared<TestListener>();
  const RequestPtr first = Send(Seal("proving"), proving);
  ASSERT_TRUE(control_->AwaitBegun(1));
  const RequestPtr second = Send(Seal("waiting"), waiting);
  Send(Seal("last"), last);
  service_->Abandon(second);
  EXPECT_EQ(waiting->Await()->status().code(), absl::StatusCode::kCancelled);
  service_->Abandon(first);
  EXPECT_EQ(proving->Await()->status().code(), absl::StatusCode::kCancelled);
  ASSERT_TRUE(control_->AwaitBegun(2));  // the prover goes on with the next
  control_->Set(false);
  EXPECT_TRUE(last->Await()->ok());
  service_->Abandon(first);  // harmless
  EXPECT_THAT(control_->witnesses, ElementsAre("proving", "last"));
  EXPECT_EQ(control_->given_up, 1);
  EXPECT_EQ(service_->open_requests(), 0u);
}

TEST_F(ProvingServiceTest, AProverThatFailsIsAnErrorAndTheNextIsProved) {
  Start();
  control_->fails = absl::InternalError("bb was killed by signal 9");
  const auto failed = std::make_shared<TestListener>();
  Send(Seal("1"), failed);
  EXPECT_EQ(failed->Await()->status().message(), "bb was killed by signal 9");
  control_->fails = absl::OkStatus();
  const auto well = std::make_shared<TestListener>();
  Send(Seal("2"), well);
  EXPECT_TRUE(well->Await()->ok());
}

TEST_F(ProvingServiceTest, StoppingEndsWhatIsProvedAndWhatWaits) {
  Start();
  control_->Set(true);
  const auto proving = std::make_shared<TestListener>();
  const auto waiting = std::make_shared<TestListener>();
  Send(Seal("1"), proving);
  ASSERT_TRUE(control_->AwaitBegun(1));
  Send(Seal("2"), waiting);
  const auto receiving = service_->Begin(Seal("3").header, std::make_shared<TestListener>());
  service_->Stop();
  EXPECT_EQ(proving->Await()->status().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(waiting->Await()->status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(RefusalOf(Seal("4").header), absl::StatusCode::kUnavailable);
  service_->Abandon(*receiving);
  EXPECT_EQ(service_->open_requests(), 0u);
}

}  // namespace
}  // namespace benchfleet
