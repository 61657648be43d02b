#include "benchctl/client.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include "base/status.h"
#include "proto/control_port.grpc.pb.h"
#include "proto/convert.h"
#include "proto/transport_port.h"

namespace benchfleet {
namespace {

constexpr absl::Duration kCallTimeout = absl::Seconds(30);
constexpr auto kTick = std::chrono::milliseconds(100);

// Puts the pieces of a series together and gives them on, the oldest point first.
class SeriesAssembler {
 public:
  explicit SeriesAssembler(const std::function<absl::Status(SeriesHistory)>& on_series)
      : on_series_(on_series) {}

  absl::Status Take(SeriesHistory piece) {
    if (series_ && series_->series.id == piece.series.id) {
      std::move(piece.points.begin(), piece.points.end(), std::back_inserter(series_->points));
      return absl::OkStatus();
    }
    BF_RETURN_IF_ERROR(End());
    series_ = std::move(piece);
    return absl::OkStatus();
  }

  absl::Status End() {
    if (!series_) return absl::OkStatus();
    SeriesHistory whole = *std::exchange(series_, std::nullopt);
    std::reverse(whole.points.begin(), whole.points.end());
    return on_series_(std::move(whole));
  }

 private:
  const std::function<absl::Status(SeriesHistory)>& on_series_;
  std::optional<SeriesHistory> series_;
};

class GrpcClient : public Client {
 public:
  GrpcClient(std::string address, TlsFiles tls, std::shared_ptr<grpc::Channel> channel)
      : address_(std::move(address)),
        tls_(std::move(tls)),
        stub_(v1::ControlPort::NewStub(std::move(channel))) {}

  void LimitCalls(absl::Duration most) override { call_timeout_ = most; }

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

  absl::StatusOr<std::vector<JobStatus>> ListJobs(const JobFilter& filter) override {
    v1::ListJobsRequest request;
    ToProto(filter, &request);
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

  absl::Status ForgetHost(const std::string& name) override {
    v1::ForgetHostRequest request;
    request.set_name(name);
    v1::ForgetHostResponse response;
    return Call(&v1::ControlPort::Stub::ForgetHost, request, &response);
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

  absl::Status ReadHistory(const HistoryQuery& query,
                           const std::function<absl::Status(SeriesHistory)>& on_series) override {
    v1::ReadHistoryRequest request;
    ToProto(query, &request);
    grpc::ClientContext context;
    const auto reader = stub_->ReadHistory(&context, request);
    SeriesAssembler series(on_series);
    v1::HistoryPiece message;
    absl::Status bad;
    while (bad.ok() && reader->Read(&message)) {
      absl::StatusOr<SeriesHistory> piece = Told(FromProto(message));
      bad = piece.ok() ? series.Take(*std::move(piece)) : piece.status();
    }
    if (!bad.ok()) context.TryCancel();
    const absl::Status ended = FromGrpc(reader->Finish());
    BF_RETURN_IF_ERROR(bad);
    BF_RETURN_IF_ERROR(Told(ended));
    return series.End();
  }

  absl::StatusOr<Baseline> SetBaseline(const Baseline& setting) override {
    v1::Baseline message;
    ToProto(setting, &message);
    v1::SetBaselineRequest request;
    request.set_name(setting.name);
    *request.mutable_job_ids() = message.job_ids();
    *request.mutable_run_ids() = message.run_ids();
    request.set_author(setting.author);
    request.set_reason(setting.reason);
    v1::Baseline response;
    BF_RETURN_IF_ERROR(Call(&v1::ControlPort::Stub::SetBaseline, request, &response));
    return Told(FromProto(response));
  }

  absl::Status RemoveBaseline(const std::string& name, const std::string& author,
                              const std::string& reason) override {
    v1::RemoveBaselineRequest request;
    request.set_name(name);
    request.set_author(author);
    request.set_reason(reason);
    v1::RemoveBaselineResponse response;
    return Call(&v1::ControlPort::Stub::RemoveBaseline, request, &response);
  }

  absl::StatusOr<std::vector<Baseline>> ListBaselines() override {
    return ListAll<Baseline, v1::ListBaselinesResponse>(
        &v1::ControlPort::Stub::ListBaselines, v1::ListBaselinesRequest(),
        [](const v1::ListBaselinesResponse& response) -> const auto& {
          return response.baselines();
        },
        [](const Baseline& last, v1::ListBaselinesRequest* request) {
          request->set_after(last.name);
        });
  }

  absl::StatusOr<std::vector<Baseline>> ShowBaseline(const std::string& name) override {
    v1::ShowBaselineRequest request;
    request.set_name(name);
    v1::ShowBaselineResponse response;
    BF_RETURN_IF_ERROR(Call(&v1::ControlPort::Stub::ShowBaseline, request, &response));
    std::vector<Baseline> settings;
    for (const v1::Baseline& message : response.settings()) {
      BF_ASSIGN_OR_RETURN(Baseline setting, Told(FromProto(message)));
      settings.push_back(std::move(setting));
    }
    return settings;
  }

  absl::Status Bless(const std::vector<Blessing>& blessings, const std::string& author,
                     const std::string& reason) override {
    v1::BlessRequest request;
    request.set_author(author);
    request.set_reason(reason);
    for (const Blessing& blessing : blessings) {
      v1::Blessing* message = request.add_blessings();
      ToProto(blessing, message);
      const uint64_t series = message->series().series_id();
      message->clear_series();
      message->mutable_series()->set_series_id(series);
      message->clear_author();
      message->clear_reason();
    }
    v1::BlessResponse response;
    return Call(&v1::ControlPort::Stub::Bless, request, &response);
  }

  absl::StatusOr<std::vector<Blessing>> ListBlessings() override {
    return ListAll<Blessing, v1::ListBlessingsResponse>(
        &v1::ControlPort::Stub::ListBlessings, v1::ListBlessingsRequest(),
        [](const v1::ListBlessingsResponse& response) -> const auto& {
          return response.blessings();
        },
        [](const Blessing& last, v1::ListBlessingsRequest* request) {
          request->set_after_id(last.id);
        });
  }

  absl::StatusOr<Acknowledgement> Acknowledge(const std::string& incident,
                                              const std::string& author,
                                              const std::string& reason) override {
    return SayOfIncident(incident, author, reason, /*withdraw=*/false);
  }
  absl::StatusOr<Acknowledgement> WithdrawAcknowledgement(const std::string& incident,
                                                          const std::string& author,
                                                          const std::string& reason) override {
    return SayOfIncident(incident, author, reason, /*withdraw=*/true);
  }

  absl::StatusOr<std::vector<Acknowledgement>> ListAcknowledgements() override {
    return ListAll<Acknowledgement, v1::ListAcknowledgementsResponse>(
        &v1::ControlPort::Stub::ListAcknowledgements, v1::ListAcknowledgementsRequest(),
        [](const v1::ListAcknowledgementsResponse& response) -> const auto& {
          return response.acknowledgements();
        },
        [](const Acknowledgement& last, v1::ListAcknowledgementsRequest* request) {
          request->set_after_id(last.id);
        });
  }

  absl::Status PublishSelftest(const PublishedSelftest& selftest) override {
    v1::PublishedSelftest request;
    ToProto(selftest, &request);
    v1::PublishSelftestResponse response;
    return Call(&v1::ControlPort::Stub::PublishSelftest, request, &response);
  }

 private:
  absl::StatusOr<Acknowledgement> SayOfIncident(const std::string& incident,
                                                const std::string& author,
                                                const std::string& reason, bool withdraw) {
    v1::AcknowledgeRequest request;
    request.set_incident(incident);
    request.set_author(author);
    request.set_reason(reason);
    request.set_withdraw(withdraw);
    v1::Acknowledgement response;
    BF_RETURN_IF_ERROR(Call(&v1::ControlPort::Stub::Acknowledge, request, &response));
    return Told(FromProto(response));
  }

  // Everything of a list that comes in several answers: `values` takes it out of one, `go_on` asks
  // for what lies behind the last of it.
  template <typename Value, typename Response, typename Request, typename Values, typename GoOn>
  absl::StatusOr<std::vector<Value>> ListAll(grpc::Status (v1::ControlPort::Stub::*method)(
                                                 grpc::ClientContext*, const Request&, Response*),
                                             Request request, Values values, GoOn go_on) {
    std::vector<Value> all;
    while (true) {
      Response response;
      BF_RETURN_IF_ERROR(Call(method, request, &response));
      for (const auto& message : values(response)) {
        BF_ASSIGN_OR_RETURN(Value value, Told(FromProto(message)));
        all.push_back(std::move(value));
      }
      if (!response.more() || values(response).empty()) return all;
      go_on(all.back(), &request);
    }
  }

  template <typename Request, typename Response>
  absl::Status Call(grpc::Status (v1::ControlPort::Stub::*method)(grpc::ClientContext*,
                                                                  const Request&, Response*),
                    const Request& request, Response* response) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + call_timeout_));
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
  absl::Duration call_timeout_ = kCallTimeout;
  bool was_away_ = false;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Client>> DialCoordinator(const std::string& address,
                                                        const TlsFiles& tls) {
  BF_ASSIGN_OR_RETURN(std::shared_ptr<grpc::Channel> channel, Dial(address, tls));
  return std::make_unique<GrpcClient>(address, tls, std::move(channel));
}

}  // namespace benchfleet
