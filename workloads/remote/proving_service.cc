#include "workloads/remote/proving_service.h"

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "base/limits.h"
#include "base/status.h"
#include "workloads/prover_registry.h"
#include "workloads/remote/sealed_message.h"
#include "workloads/stop_request.h"

namespace benchfleet {
namespace {

// Adds the time of its scope to a sum.
class TimeInto {
 public:
  TimeInto(Stopwatch& stopwatch, int64_t* sum_ns)
      : stopwatch_(stopwatch), sum_ns_(sum_ns), begin_ns_(stopwatch.NowNs()) {}
  ~TimeInto() { *sum_ns_ += stopwatch_.NowNs() - begin_ns_; }
  TimeInto(const TimeInto&) = delete;
  TimeInto& operator=(const TimeInto&) = delete;

 private:
  Stopwatch& stopwatch_;
  int64_t* const sum_ns_;
  const int64_t begin_ns_;
};

// Half of a random key tells requests apart: of a million, two collide once in 10^7 services.
uint64_t ReplayMark(const std::string& encapsulated) {
  uint64_t mark = 0;
  std::memcpy(&mark, encapsulated.data(), sizeof mark);
  return mark;
}

absl::Status CheckSubject(const ProvingSubject& asked, const ProvingSubject& offered) {
  if (asked.prover != offered.prover || asked.circuit != offered.circuit) {
    return absl::FailedPreconditionError(
        absl::StrFormat("this service proves %s by %s, not %s by %s", offered.circuit,
                        offered.prover, asked.circuit, asked.prover));
  }
  if (asked.key_sha256 == offered.key_sha256) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrFormat(
      "the verification key of %s is %.12s... here, %.12s... there: its proofs would not verify",
      offered.circuit, offered.key_sha256, asked.key_sha256));
}

absl::Status StopsError() { return absl::UnavailableError("the proving service stops"); }

}  // namespace

class ProvingService::Request {
 public:
  enum class Phase { kReceiving, kWaiting, kProving, kOver };

  ProvingHeader header;
  std::shared_ptr<ProvingListener> listener;
  StopRequest stop;
  // Touched by whoever has the request in hand: its sender, then one worker.
  std::optional<MessageOpener> opener;
  ProvingTimes times;
  int64_t last_arrival_ns = 0;
  int64_t queued_ns = 0;
  Phase phase = Phase::kReceiving;  // guarded by State::mutex
};

struct ProvingService::State {
  using RequestPtr = std::shared_ptr<Request>;

  State(Options given, HpkeKeyPair made, Stopwatch& clock)
      : options(std::move(given)), key(std::move(made)), stopwatch(clock) {}

  const Options options;
  const HpkeKeyPair key;
  Stopwatch& stopwatch;
  std::vector<std::thread> workers;

  mutable std::mutex mutex;
  std::condition_variable changed;
  bool stopping ABSL_GUARDED_BY(mutex) = false;
  std::deque<RequestPtr> waiting ABSL_GUARDED_BY(mutex);
  std::set<RequestPtr> proving ABSL_GUARDED_BY(mutex);
  size_t open ABSL_GUARDED_BY(mutex) = 0;
  uint64_t held_bytes ABSL_GUARDED_BY(mutex) = 0;
  absl::flat_hash_set<uint64_t> seen ABSL_GUARDED_BY(mutex);
  bool verifier_tried ABSL_GUARDED_BY(mutex) = false;
  absl::Status verifier_health ABSL_GUARDED_BY(mutex);

  absl::Status CheckHeader(const ProvingHeader& header) const;
  absl::Status Admit(const ProvingHeader& header);
  void Close(Request& request) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
  // All of it is here.
  void Complete(const RequestPtr& request);
  void Finish(Request& request, absl::StatusOr<ProvingResult> result);
  void Work(Prover& prover);
  absl::StatusOr<ProvingResult> ProveOne(Prover& prover, Request& request);
  void TryVerifier(Prover& prover, const Proof& proof);
};

absl::Status ProvingService::State::CheckHeader(const ProvingHeader& header) const {
  BF_RETURN_IF_ERROR(CheckSubject(header.subject, options.subject));
  if (header.task == ProvingTask::kEverything) {
    if (header.witness_bytes == 0 && header.encapsulated.empty()) return absl::OkStatus();
    return absl::InvalidArgumentError("a request to do everything comes without a witness");
  }
  if (header.encapsulated.size() != kHpkeKeyBytes) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "an encapsulated key of %d bytes; expected %d", header.encapsulated.size(), kHpkeKeyBytes));
  }
  if (header.witness_bytes <= options.witness_bytes_max) return absl::OkStatus();
  return absl::OutOfRangeError(absl::StrFormat("a witness of %d bytes; this service takes %d",
                                               header.witness_bytes, options.witness_bytes_max));
}

absl::Status ProvingService::State::Admit(const ProvingHeader& header) {
  const std::lock_guard lock(mutex);
  if (stopping) return StopsError();
  const size_t room = options.provers.size() + options.queue_max;
  if (open >= room) {
    return absl::ResourceExhaustedError(
        absl::StrFormat("the queue is full: %d requests are here already", open));
  }
  if (held_bytes + header.witness_bytes > limits::kMaxHeldWitnessBytes) {
    return absl::ResourceExhaustedError(
        absl::StrFormat("no memory for a witness of %d bytes: %d bytes are held of %d",
                        header.witness_bytes, held_bytes, limits::kMaxHeldWitnessBytes));
  }
  if (header.task != ProvingTask::kEverything) {
    const uint64_t mark = ReplayMark(header.encapsulated);
    if (seen.contains(mark)) {
      return absl::AlreadyExistsError(
          "this request was here before: a sealed witness is taken once");
    }
    if (seen.size() >= options.replay_entries_max) {
      return absl::ResourceExhaustedError(absl::StrFormat(
          "this service's key was used %d times, its bound: start another service", seen.size()));
    }
    seen.insert(mark);
  }
  ++open;
  held_bytes += header.witness_bytes;
  return absl::OkStatus();
}

void ProvingService::State::Close(Request& request) {
  request.phase = Request::Phase::kOver;
  --open;
  held_bytes -= request.header.witness_bytes;
}

void ProvingService::State::Complete(const RequestPtr& request) {
  if (request->header.task == ProvingTask::kOpenOnly) {
    {
      const std::lock_guard lock(mutex);
      if (request->phase != Request::Phase::kReceiving) return;
      Close(*request);
    }
    return Finish(*request, ProvingResult());
  }
  size_t ahead = 0;
  {
    const std::lock_guard lock(mutex);
    ahead = waiting.size() + proving.size();
  }
  request->listener->OnQueued(ahead);  // before a worker can say more
  {
    const std::lock_guard lock(mutex);
    if (request->phase != Request::Phase::kReceiving) return;  // abandoned meanwhile
    if (!stopping) {
      request->phase = Request::Phase::kWaiting;
      request->queued_ns = stopwatch.NowNs();
      waiting.push_back(request);
      changed.notify_one();
      return;
    }
    Close(*request);
  }
  request->listener->OnDone(StopsError());
}

void ProvingService::State::Finish(Request& request, absl::StatusOr<ProvingResult> result) {
  request.opener.reset();
  if (result.ok()) {
    request.times.held_ns += stopwatch.NowNs() - request.last_arrival_ns;
    result->times = request.times;
  }
  request.listener->OnDone(std::move(result));
}

void ProvingService::State::Work(Prover& prover) {
  while (true) {
    RequestPtr request;
    {
      std::unique_lock lock(mutex);
      changed.wait(lock, [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
        return stopping || !waiting.empty();
      });
      if (stopping) return;
      request = std::move(waiting.front());
      waiting.pop_front();
      request->phase = Request::Phase::kProving;
      proving.insert(request);
    }
    request->times.queue_ns = stopwatch.NowNs() - request->queued_ns;
    request->listener->OnProving();
    absl::StatusOr<ProvingResult> result = ProveOne(prover, *request);
    if (request->stop.asked())
      result = absl::CancelledError("nobody waits for this proof any more");
    {
      const std::lock_guard lock(mutex);
      proving.erase(request);
      Close(*request);
    }
    const bool everything = request->header.task == ProvingTask::kEverything && result.ok();
    const Proof proof = everything ? result->proof : Proof();
    Finish(*request, std::move(result));
    if (everything) TryVerifier(prover, proof);
  }
}

void ProvingService::State::TryVerifier(Prover& prover, const Proof& proof) {
  {
    const std::lock_guard lock(mutex);
    if (std::exchange(verifier_tried, true)) return;
  }
  const absl::Status refused = CheckThatForgeriesAreRefused(prover, proof);
  const std::lock_guard lock(mutex);
  verifier_health = refused;
}

absl::StatusOr<ProvingResult> ProvingService::State::ProveOne(Prover& prover, Request& request) {
  ProvingTimes& times = request.times;
  const bool everything = request.header.task == ProvingTask::kEverything;
  std::string witness;
  const WipeAtEnd wipe(witness);
  if (everything) {
    const TimeInto timed(stopwatch, &times.witness_ns);
    BF_ASSIGN_OR_RETURN(witness, prover.MakeWitness());
  } else {
    witness = request.opener->Take();
  }
  ProvingResult result;
  {
    const TimeInto timed(stopwatch, &times.prove_ns);
    prover.GiveUpOn(&request.stop);
    absl::StatusOr<MadeProof> made = prover.Prove(witness);
    prover.GiveUpOn(nullptr);
    BF_RETURN_IF_ERROR(made.status());
    result.proof = std::move(made->proof);
    result.prove_cpu = made->cpu;
    result.prover_rss_peak_bytes = made->rss_peak_bytes;
    result.spans = std::move(made->spans);
  }
  const size_t bytes = result.proof.proof.size() + result.proof.public_inputs.size();
  if (bytes > limits::kMaxProofBytes) {
    return absl::OutOfRangeError(
        absl::StrFormat("a proof of %d bytes; the bound is %d", bytes, limits::kMaxProofBytes));
  }
  if (!everything) return result;
  const TimeInto timed(stopwatch, &times.verify_ns);
  BF_ASSIGN_OR_RETURN(const Verdict verdict, prover.Verify(result.proof));
  if (verdict.valid) return result;
  return absl::DataLossError(absl::StrFormat("the proof of %s does not verify: %s",
                                             options.subject.circuit, verdict.reason));
}

ProvingService::ProvingService() = default;
ProvingService::~ProvingService() { Stop(); }

absl::StatusOr<std::unique_ptr<ProvingService>> ProvingService::Start(Options options,
                                                                      Stopwatch& stopwatch) {
  BF_ASSIGN_OR_RETURN(HpkeKeyPair key, HpkeKeyPair::Generate());
  std::unique_ptr<ProvingService> service(new ProvingService());
  service->state_ = std::make_unique<State>(std::move(options), std::move(key), stopwatch);
  State* const state = service->state_.get();
  for (const std::unique_ptr<Prover>& prover : state->options.provers) {
    state->workers.emplace_back([state, &prover] { state->Work(*prover); });
  }
  return service;
}

const std::string& ProvingService::public_key() const { return state_->key.public_key(); }

ServiceKey ProvingService::Key(std::string_view nonce) const {
  const Options& options = state_->options;
  TsmFiles& tsm = options.tsm != nullptr ? *options.tsm : *SystemEvidenceSources().tsm;
  return {public_key(), MakeKeyEvidence(tsm, nonce, public_key()), options.subject,
          options.witness_bytes_max};
}

absl::StatusOr<std::shared_ptr<ProvingService::Request>> ProvingService::Begin(
    const ProvingHeader& header, std::shared_ptr<ProvingListener> listener) {
  auto request = std::make_shared<Request>();
  const TimeInto held(state_->stopwatch, &request->times.held_ns);
  BF_RETURN_IF_ERROR(state_->CheckHeader(header));
  BF_RETURN_IF_ERROR(state_->Admit(header));
  request->header = header;
  request->listener = std::move(listener);
  if (header.task == ProvingTask::kEverything) return request;
  const TimeInto decrypting(state_->stopwatch, &request->times.decrypt_ns);
  absl::StatusOr<MessageOpener> opener = MessageOpener::Start(
      header.aead, state_->key, header.encapsulated, header.Info(), header.witness_bytes);
  if (!opener.ok()) {
    const std::lock_guard lock(state_->mutex);
    state_->Close(*request);
    return opener.status();
  }
  request->opener.emplace(*std::move(opener));
  return request;
}

absl::Status ProvingService::AddPiece(const std::shared_ptr<Request>& request,
                                      std::string_view piece) {
  {
    const std::lock_guard lock(state_->mutex);
    if (request->phase == Request::Phase::kOver) return StopsError();
    if (request->phase != Request::Phase::kReceiving || !request->opener) {
      return absl::DataLossError("a piece after the last one");
    }
  }
  const int64_t begin_ns = state_->stopwatch.NowNs();
  absl::Status opened;
  {
    const TimeInto decrypting(state_->stopwatch, &request->times.decrypt_ns);
    opened = request->opener->Add(piece);
  }
  if (!opened.ok()) {
    const std::lock_guard lock(state_->mutex);
    if (request->phase == Request::Phase::kReceiving) state_->Close(*request);
    return opened;
  }
  if (request->opener->complete()) {
    request->last_arrival_ns = begin_ns;
    state_->Complete(request);
  } else {
    request->times.held_ns += state_->stopwatch.NowNs() - begin_ns;
  }
  return absl::OkStatus();
}

absl::Status ProvingService::EndPieces(const std::shared_ptr<Request>& request) {
  {
    const std::lock_guard lock(state_->mutex);
    if (request->phase != Request::Phase::kReceiving) return absl::OkStatus();
    if (request->opener) {
      state_->Close(*request);
      return absl::DataLossError(absl::StrFormat("the witness was cut: %d of %d bytes came",
                                                 request->opener->opened_bytes(),
                                                 request->header.witness_bytes));
    }
  }
  request->last_arrival_ns = state_->stopwatch.NowNs();
  state_->Complete(request);
  return absl::OkStatus();
}

void ProvingService::Abandon(const std::shared_ptr<Request>& request) {
  request->stop.Ask();
  {
    const std::lock_guard lock(state_->mutex);
    // A worker that has it will see the request to stop.
    if (request->phase == Request::Phase::kOver || request->phase == Request::Phase::kProving) {
      return;
    }
    std::erase(state_->waiting, request);
    state_->Close(*request);
  }
  request->listener->OnDone(absl::CancelledError("the client is gone"));
}

void ProvingService::Stop() {
  std::deque<std::shared_ptr<Request>> waiting;
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
    waiting.swap(state_->waiting);
    for (const auto& request : waiting) state_->Close(*request);
    for (const auto& request : state_->proving) request->stop.Ask();
    state_->changed.notify_all();
  }
  for (const auto& request : waiting) request->listener->OnDone(StopsError());
  for (std::thread& worker : state_->workers) worker.join();
  state_->workers.clear();
}

absl::Status ProvingService::verifier_health() const {
  const std::lock_guard lock(state_->mutex);
  return state_->verifier_health;
}

size_t ProvingService::open_requests() const {
  const std::lock_guard lock(state_->mutex);
  return state_->open;
}

}  // namespace benchfleet
