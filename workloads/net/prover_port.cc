#include "workloads/net/prover_port.h"

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "base/limits.h"
#include "base/status.h"
#include "base/task_loop.h"
#include "proto/prover_port.grpc.pb.h"
#include "proto/transport_port.h"
#include "workloads/net/prover_convert.h"
#include "workloads/sockets.h"

namespace benchfleet {
namespace {

constexpr size_t kNonceBytesMin = 16;
constexpr size_t kNonceBytesMax = 64;

}  // namespace

// One Prove call. Owns itself until gRPC's OnDone; its listener, which the service holds, keeps it
// alive a little longer where the service is slower.
class ProverPort::Stream final : public grpc::ServerBidiReactor<v1::ProveRequest, v1::ProveAnswer>,
                                 public std::enable_shared_from_this<Stream> {
 public:
  static Stream* Begin(ProvingService* service) {
    auto stream = std::make_shared<Stream>(service);
    stream->self_ = stream;
    stream->StartRead(&stream->incoming_);
    return stream.get();
  }
  explicit Stream(ProvingService* service) : service_(service) {}

  // ---- gRPC's reactions
  void OnReadDone(bool ok) override {
    const absl::Status status = ok ? Take() : TakeEnd();
    if (!status.ok()) return End(status);
    if (ok) StartRead(&incoming_);
  }
  void OnWriteDone(bool ok) override {
    const std::lock_guard lock(mutex_);
    writing_ = false;
    if (!ok) outbox_.clear();
    WriteNext();
  }
  void OnCancel() override {
    std::shared_ptr<ProvingService::Request> request;
    {
      const std::lock_guard lock(mutex_);
      cancelled_ = true;
      request = request_;
    }
    if (request != nullptr) service_->Abandon(request);
    End(absl::CancelledError("the client is gone"));
  }
  void OnDone() override {
    const std::shared_ptr<Stream> self = std::move(self_);
    const std::lock_guard lock(mutex_);
    request_ = nullptr;  // which holds the listener, which holds us
  }

  // ---- the service's answers, any thread
  void Send(v1::ProveAnswer answer) {
    const std::lock_guard lock(mutex_);
    if (end_) return;
    outbox_.push_back(std::move(answer));
    WriteNext();
  }
  // After what was sent.
  void End(const absl::Status& status) {
    const std::lock_guard lock(mutex_);
    if (!end_) end_ = status;
    WriteNext();
  }

 private:
  absl::Status Take();
  absl::Status TakeHeader(const v1::ProveHeader& message);
  // The client has no more.
  absl::Status TakeEnd() {
    if (request_ == nullptr) return absl::InvalidArgumentError("a request without a header");
    return service_->EndPieces(request_);
  }

  void WriteNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (writing_ || finished_) return;
    if (!outbox_.empty()) {
      outgoing_ = std::move(outbox_.front());
      outbox_.pop_front();
      writing_ = true;
      return StartWrite(&outgoing_);
    }
    if (!end_) return;
    finished_ = true;
    Finish(ToGrpc(*end_));
  }

  ProvingService* const service_;
  std::shared_ptr<Stream> self_;
  v1::ProveRequest incoming_;  // of the read under way
  v1::ProveAnswer outgoing_;   // of the write under way
  // Set once, by a read; read by reads, and under the mutex by others.
  std::shared_ptr<ProvingService::Request> request_;

  std::mutex mutex_;
  std::deque<v1::ProveAnswer> outbox_ ABSL_GUARDED_BY(mutex_);  // three at most
  std::optional<absl::Status> end_ ABSL_GUARDED_BY(mutex_);
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
};

class ProverPort::Listener final : public ProvingListener {
 public:
  explicit Listener(std::shared_ptr<Stream> stream) : stream_(std::move(stream)) {}

  void OnQueued(size_t ahead) override {
    v1::ProveAnswer answer;
    answer.mutable_queued()->set_ahead(static_cast<uint32_t>(ahead));
    stream_->Send(std::move(answer));
  }
  void OnProving() override {
    v1::ProveAnswer answer;
    answer.mutable_proving();
    stream_->Send(std::move(answer));
  }
  void OnDone(absl::StatusOr<ProvingResult> result) override {
    if (result.ok()) {
      v1::ProveAnswer answer;
      ToProto(*result, answer.mutable_result());
      stream_->Send(std::move(answer));
    }
    stream_->End(result.status());
  }

 private:
  const std::shared_ptr<Stream> stream_;
};

absl::Status ProverPort::Stream::Take() {
  if (incoming_.has_header()) return TakeHeader(incoming_.header());
  if (request_ == nullptr) return absl::InvalidArgumentError("a piece before the header");
  return service_->AddPiece(request_, incoming_.piece());
}

absl::Status ProverPort::Stream::TakeHeader(const v1::ProveHeader& message) {
  if (request_ != nullptr) return absl::InvalidArgumentError("a second header");
  BF_ASSIGN_OR_RETURN(const ProvingHeader header, FromProto(message));
  BF_ASSIGN_OR_RETURN(auto request,
                      service_->Begin(header, std::make_shared<Listener>(shared_from_this())));
  bool cancelled = false;
  {
    const std::lock_guard lock(mutex_);
    request_ = request;
    cancelled = cancelled_;
  }
  if (cancelled) service_->Abandon(request);
  return absl::OkStatus();
}

class ProverPort::Service final : public v1::ProverPort::CallbackService {
 public:
  explicit Service(ProvingService* service) : service_(service) { evidence_.Start(); }

  grpc::ServerUnaryReactor* GetKey(grpc::CallbackServerContext* context,
                                   const v1::GetKeyRequest* request,
                                   v1::ServiceKey* answer) override {
    grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
    const size_t size = request->nonce().size();
    if (size < kNonceBytesMin || size > kNonceBytesMax) {
      reactor->Finish(ToGrpc(absl::InvalidArgumentError(absl::StrFormat(
          "a nonce of %d bytes; expected %d to %d", size, kNonceBytesMin, kNonceBytesMax))));
      return reactor;
    }
    if (++questions_ > limits::kMaxEvidenceQuestions) {
      --questions_;
      reactor->Finish(ToGrpc(absl::ResourceExhaustedError(
          absl::StrFormat("%d questions for evidence wait already", questions_.load()))));
      return reactor;
    }
    evidence_.Post([this, reactor, request, answer] {
      ToProto(service_->Key(request->nonce()), answer);
      --questions_;
      reactor->Finish(grpc::Status::OK);
    });
    return reactor;
  }
  grpc::ServerUnaryReactor* Probe(grpc::CallbackServerContext* context,
                                  const v1::ProbeRequest* /*request*/,
                                  v1::ProbeAnswer* /*answer*/) override {
    grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
  grpc::ServerBidiReactor<v1::ProveRequest, v1::ProveAnswer>* Prove(
      grpc::CallbackServerContext* /*context*/) override {
    return Stream::Begin(service_);
  }

 private:
  ProvingService* const service_;
  std::atomic<size_t> questions_ = 0;
  ThreadLoop evidence_{"evidence"};
};

struct ProverPort::Server {
  explicit Server(ProvingService* proving) : service(proving) {}
  Service service;
  std::unique_ptr<grpc::Server> server;
};

ProverPort::ProverPort() = default;

absl::StatusOr<std::unique_ptr<ProverPort>> ProverPort::Start(const std::string& address,
                                                              ProvingService* service) {
  std::unique_ptr<ProverPort> port(new ProverPort());
  port->server_ = std::make_unique<Server>(service);
  grpc::ServerBuilder builder;
  ConfigureServer(&builder);
  int chosen = 0;
  builder.AddListeningPort(JoinEndpoint(address, 0), grpc::InsecureServerCredentials(), &chosen);
  builder.RegisterService(&port->server_->service);
  port->server_->server = builder.BuildAndStart();
  if (port->server_->server == nullptr || chosen == 0) {
    return absl::UnavailableError("the proving service could not listen on " + address);
  }
  port->port_ = static_cast<uint16_t>(chosen);
  return port;
}

ProverPort::~ProverPort() {
  if (server_ == nullptr || server_->server == nullptr) return;
  server_->server->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(1));
}

}  // namespace benchfleet
