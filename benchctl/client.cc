#include "benchctl/client.h"

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <utility>

#include "base/status.h"
#include "proto/control_port.grpc.pb.h"
#include "proto/convert.h"
#include "proto/transport_port.h"

namespace benchfleet {
namespace {

constexpr auto kCallTimeout = std::chrono::seconds(30);
constexpr auto kTick = std::chrono::milliseconds(100);

class GrpcClient : public Client {
 public:
  GrpcClient(std::string address, TlsFiles tls, std::shared_ptr<grpc::Channel> channel)
      : address_(std::move(address)),
        tls_(std::move(tls)),
        stub_(v1::ControlPort::NewStub(std::move(channel))) {}

  absl::StatusOr<Plan> Submit(const JobSpec& spec, bool dry_run) override {
    v1::SubmitJobRequest request;
    ToProto(spec, request.mutable_spec());
    request.set_dry_run(dry_run);
    v1::SubmitJobResponse response;
    BF_RETURN_IF_ERROR(Call(&v1::ControlPort::Stub::SubmitJob, request, &response));
    return Told(FromProto(response));
  }

  absl::Status Cancel(JobId job, const std::string& reason) override {
    v1::CancelJobRequest request;
    request.set_job_id(job.value);
    request.set_reason(reason);
    v1::CancelJobResponse response;
    return Call(&v1::ControlPort::Stub::CancelJob, request, &response);
  }

  absl::StatusOr<std::vector<JobStatus>> ListJobs(uint32_t limit,
                                                  const std::string& name) override {
    v1::ListJobsRequest request;
    request.set_limit(limit);
    request.set_name(name);
    v1::ListJobsResponse response;
    BF_RETURN_IF_ERROR(Call(&v1::ControlPort::Stub::ListJobs, request, &response));
    std::vector<JobStatus> jobs;
    for (const v1::JobStatus& message : response.jobs()) {
      BF_ASSIGN_OR_RETURN(JobStatus job, Told(FromProto(message)));
      jobs.push_back(std::move(job));
    }
    return jobs;
  }

  absl::StatusOr<std::vector<HostStatus>> ListHosts(const std::string& match) override {
    v1::ListHostsRequest request;
    request.set_match(match);
    v1::ListHostsResponse response;
    BF_RETURN_IF_ERROR(Call(&v1::ControlPort::Stub::ListHosts, request, &response));
    std::vector<HostStatus> hosts;
    for (const v1::HostStatus& message : response.hosts()) {
      BF_ASSIGN_OR_RETURN(HostStatus host, Told(FromProto(message)));
      hosts.push_back(std::move(host));
    }
    return hosts;
  }

  absl::Status Watch(JobId job, const std::function<bool(const JobStatus*)>& on_event) override {
    v1::WatchJobRequest request;
    request.set_job_id(job.value);
    grpc::ClientContext context;
    if (was_away_) {
      // Somebody waits for a coordinator that restarts; a channel that has failed would pause for
      // 20 seconds before it tries again.
      BF_ASSIGN_OR_RETURN(std::shared_ptr<grpc::Channel> fresh, Dial(address_, tls_));
      stub_ = v1::ControlPort::NewStub(std::move(fresh));
    }
    grpc::CompletionQueue queue;
    // Asynchronous only so that the wait for the next status can end ten times a second.
    const auto reader = stub_->AsyncWatchJob(&context, request, &queue, nullptr);
    bool stopped = false;
    absl::Status bad;
    if (Await(&queue, &context, on_event, &stopped)) {
      v1::JobStatus message;
      for (reader->Read(&message, nullptr); Await(&queue, &context, on_event, &stopped);
           reader->Read(&message, nullptr)) {
        absl::StatusOr<JobStatus> status = Told(FromProto(message));
        if (!status.ok()) {
          bad = status.status();
          break;
        }
        if (!on_event(&*status)) {
          stopped = true;
          break;
        }
      }
    }
    if (stopped || !bad.ok()) context.TryCancel();
    grpc::Status ended;
    reader->Finish(&ended, nullptr);
    Drain(&queue);
    if (!bad.ok()) return bad;
    if (stopped) return absl::OkStatus();
    const absl::Status told = Told(FromGrpc(ended));
    was_away_ = absl::IsUnavailable(told);
    return told;
  }

  absl::Status ReadResults(JobId job, bool without_samples,
                           const std::function<absl::Status(ResultPiece)>& on_piece) override {
    v1::ReadResultsRequest request;
    request.set_job_id(job.value);
    request.set_without_samples(without_samples);
    grpc::ClientContext context;
    const auto reader = stub_->ReadResults(&context, request);
    v1::ResultPiece message;
    absl::Status bad;
    while (bad.ok() && reader->Read(&message)) {
      absl::StatusOr<ResultPiece> piece = Told(FromProto(message));
      bad = piece.ok() ? on_piece(*std::move(piece)) : piece.status();
    }
    if (!bad.ok()) context.TryCancel();
    const absl::Status ended = FromGrpc(reader->Finish());
    return bad.ok() ? Told(ended) : bad;
  }

  absl::StatusOr<ImportReceipt> Import(
      const std::function<absl::StatusOr<std::optional<ResultPiece>>()>& next) override {
    grpc::ClientContext context;
    v1::ImportResultsResponse response;
    const auto writer = stub_->ImportResults(&context, &response);
    absl::Status bad;
    while (true) {
      absl::StatusOr<std::optional<ResultPiece>> piece = next();
      if (!piece.ok()) bad = piece.status();
      if (!piece.ok() || !piece->has_value()) break;
      v1::ResultPiece message;
      ToProto(**piece, &message);
      if (!writer->Write(message)) break;  // Finish() tells why.
    }
    if (bad.ok()) {
      writer->WritesDone();
    } else {
      context.TryCancel();
    }
    const absl::Status ended = FromGrpc(writer->Finish());
    BF_RETURN_IF_ERROR(bad);
    BF_RETURN_IF_ERROR(Told(ended));
    return ImportReceipt{JobId{response.job_id()}, response.runs(), response.samples()};
  }

 private:
  template <typename Request, typename Response>
  absl::Status Call(grpc::Status (v1::ControlPort::Stub::*method)(grpc::ClientContext*,
                                                                  const Request&, Response*),
                    const Request& request, Response* response) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kCallTimeout);
    return Told(FromGrpc((stub_.get()->*method)(&context, request, response)));
  }

  // Waits for the one operation under way; ticks meanwhile. False: it failed, or the watcher wants
  // no more (then `stopped`, and the cancelled operation has been awaited).
  static bool Await(grpc::CompletionQueue* queue, grpc::ClientContext* context,
                    const std::function<bool(const JobStatus*)>& on_event, bool* stopped) {
    void* tag = nullptr;
    bool ok = false;
    while (true) {
      const auto answer = queue->AsyncNext(&tag, &ok, std::chrono::system_clock::now() + kTick);
      if (answer == grpc::CompletionQueue::SHUTDOWN) return false;
      if (answer == grpc::CompletionQueue::GOT_EVENT) return ok && !*stopped;
      if (!*stopped && !on_event(nullptr)) {
        *stopped = true;
        context->TryCancel();
      }
    }
  }

  static void Drain(grpc::CompletionQueue* queue) {
    void* tag = nullptr;
    bool ok = false;
    queue->Next(&tag, &ok);  // Finish's own event
    queue->Shutdown();
    while (queue->Next(&tag, &ok)) {
    }
  }

  // Errors of the wire name the address and, where nobody answers, what to look at.
  absl::Status Told(const absl::Status& status) const {
    if (status.ok()) return status;
    if (!absl::IsUnavailable(status)) return status;
    const std::string message = Message(status);
    const bool tls = message.find("andshake failed") != std::string::npos;
    return absl::UnavailableError(absl::StrFormat(
        "coordinator %s does not answer: %s (%s)", address_, message,
        tls ? "is it of this fleet, and do its certificate and yours still hold? --ca, --cert and "
              "--key name them"
            : "is bench-coordinator running there? --coordinator names another"));
  }
  template <typename T>
  absl::StatusOr<T> Told(absl::StatusOr<T> value) const {
    if (value.ok()) return value;
    return Annotate(value.status(), absl::StrFormat("what coordinator %s answered", address_));
  }

  const std::string address_;
  const TlsFiles tls_;
  std::unique_ptr<v1::ControlPort::Stub> stub_;
  bool was_away_ = false;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Client>> DialCoordinator(const std::string& address,
                                                        const TlsFiles& tls) {
  BF_ASSIGN_OR_RETURN(std::shared_ptr<grpc::Channel> channel, Dial(address, tls));
  return std::make_unique<GrpcClient>(address, tls, std::move(channel));
}

}  // namespace benchfleet
