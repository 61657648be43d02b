#include "coordinator/control_port.h"

#include <grpcpp/grpcpp.h>

#include <utility>

#include "base/log.h"
#include "base/status.h"
#include "coordinator/control_history_port.h"
#include "coordinator/control_streams_port.h"
#include "coordinator/result_reader.h"
#include "coordinator/selector.h"
#include "proto/control_port.grpc.pb.h"
#include "proto/convert.h"
#include "proto/transport_port.h"

namespace benchfleet {
namespace {

constexpr uint32_t kMostJobsListed = 10'000;

// Who asks, or why it may not: only certificates for clients, or anybody where there are none
// (loopback).
absl::StatusOr<std::string> ClientName(const grpc::CallbackServerContext& context) {
  BF_ASSIGN_OR_RETURN(const Peer peer, PeerOf(*context.auth_context()));
  if (peer.role.empty()) return std::string("(plaintext)");
  if (peer.role != "client") {
    return absl::PermissionDeniedError(
        absl::StrFormat("a certificate for the role '%s' may not control the fleet (benchctl ca "
                        "issue --role client)",
                        peer.role));
  }
  return peer.name;
}

}  // namespace

class ControlPort::Service : public v1::ControlPort::CallbackService {
 public:
  Service(TaskLoop* loop, Fleet* fleet, Scheduler* scheduler, StoreQueue* store)
      : core_{loop, scheduler, store}, fleet_(fleet) {}

  grpc::ServerUnaryReactor* SubmitJob(grpc::CallbackServerContext* context,
                                      const v1::SubmitJobRequest* request,
                                      v1::SubmitJobResponse* response) override {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    absl::StatusOr<std::string> client = ClientName(*context);
    absl::StatusOr<JobSpec> spec = FromProto(request->spec());
    if (!client.ok() || !spec.ok()) {
      reactor->Finish(ToGrpc(client.ok() ? spec.status() : client.status()));
      return reactor;
    }
    core_.loop->Post([this, reactor, response, client = *std::move(client), spec = *std::move(spec),
                      dry_run = request->dry_run()]() mutable {
      core_.scheduler->Submit(std::move(spec), std::move(client), dry_run,
                              [reactor, response](const absl::StatusOr<Plan>& plan) {
                                if (plan.ok()) ToProto(*plan, response);
                                reactor->Finish(ToGrpc(plan.status()));
                              });
    });
    return reactor;
  }

  grpc::ServerUnaryReactor* CancelJob(grpc::CallbackServerContext* context,
                                      const v1::CancelJobRequest* request,
                                      v1::CancelJobResponse*) override {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    const absl::StatusOr<std::string> client = ClientName(*context);
    if (!client.ok()) {
      reactor->Finish(ToGrpc(client.status()));
      return reactor;
    }
    std::string reason = absl::StrFormat("cancelled by %s", *client);
    if (!request->reason().empty()) reason += ": " + request->reason();
    core_.loop->Post([this, reactor, reason, job = JobId{request->job_id()}] {
      core_.scheduler->Cancel(job, reason, [this, reactor, job](const absl::Status& status) {
        if (absl::IsNotFound(status)) {
          ExplainNotOpen(job, reactor);
        } else {
          reactor->Finish(ToGrpc(status));
        }
      });
    });
    return reactor;
  }

  grpc::ServerUnaryReactor* ListJobs(grpc::CallbackServerContext* context,
                                     const v1::ListJobsRequest* request,
                                     v1::ListJobsResponse* response) override {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    if (!Allowed(*context, reactor)) return reactor;
    JobFilter filter = FromProto(*request);
    filter.limit = filter.limit == 0 ? JobFilter().limit : std::min(filter.limit, kMostJobsListed);
    auto jobs = std::make_shared<std::vector<JobOverview>>();
    core_.store->Submit(
        [jobs, filter = std::move(filter)](Store& store) -> absl::Status {
          BF_ASSIGN_OR_RETURN(*jobs, store.Jobs(filter));
          return absl::OkStatus();
        },
        [this, jobs, reactor, response](const absl::Status& status) {
          for (const JobOverview& job : *jobs) {
            const std::optional<JobStatus> live = core_.scheduler->StatusOf(job.job.id);
            ToProto(live ? *live : ToStatus(job), response->add_jobs());
          }
          reactor->Finish(ToGrpc(status));
        });
    return reactor;
  }

  grpc::ServerUnaryReactor* ListHosts(grpc::CallbackServerContext* context,
                                      const v1::ListHostsRequest* request,
                                      v1::ListHostsResponse* response) override {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    if (!Allowed(*context, reactor)) return reactor;
    absl::StatusOr<Selector> selector = Selector::Parse(request->match());
    if (!selector.ok()) {
      reactor->Finish(ToGrpc(selector.status()));
      return reactor;
    }
    auto hosts = std::make_shared<std::vector<HostStatus>>();
    core_.store->Submit(
        [hosts, selector = *std::move(selector)](Store& store) -> absl::Status {
          BF_ASSIGN_OR_RETURN(const std::vector<StoredHost> stored, store.Hosts());
          for (const StoredHost& host : stored) {
            if (!selector.Matches({host.name, host.labels, host.fingerprint.fields})) continue;
            HostStatus status = ToStatus(host);
            BF_ASSIGN_OR_RETURN(status.state_changes,
                                store.StateChanges(host.name, kStateChangesShown));
            hosts->push_back(std::move(status));
          }
          return absl::OkStatus();
        },
        [this, hosts, reactor, response](const absl::Status& status) {
          for (HostStatus& host : *hosts) {
            AddLiveState(&host);
            ToProto(host, response->add_hosts());
          }
          reactor->Finish(ToGrpc(status));
        });
    return reactor;
  }

  grpc::ServerUnaryReactor* ForgetHost(grpc::CallbackServerContext* context,
                                       const v1::ForgetHostRequest* request,
                                       v1::ForgetHostResponse*) override {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    if (!Allowed(*context, reactor)) return reactor;
    core_.loop->Post([this, reactor, host = request->name()] {
      if (const std::string work = core_.scheduler->OpenWorkOn(host); !work.empty()) {
        reactor->Finish(ToGrpc(absl::FailedPreconditionError(
            absl::StrFormat("host '%s' has %s (cancel first: benchctl cancel JOB)", host, work))));
        return;
      }
      fleet_->Forget(host,
                     [reactor](const absl::Status& status) { reactor->Finish(ToGrpc(status)); });
    });
    return reactor;
  }

  grpc::ServerWriteReactor<v1::JobStatus>* WatchJob(grpc::CallbackServerContext* context,
                                                    const v1::WatchJobRequest* request) override {
    return MakeWatchStream(core_, JobId{request->job_id()}, ClientName(*context).status());
  }

  grpc::ServerWriteReactor<v1::ResultPiece>* ReadResults(
      grpc::CallbackServerContext* context, const v1::ReadResultsRequest* request) override {
    return MakeResultStream(core_, JobId{request->job_id()}, request->without_samples(),
                            ClientName(*context).status());
  }

  grpc::ServerReadReactor<v1::ResultPiece>* ImportResults(
      grpc::CallbackServerContext* context, v1::ImportResultsResponse* response) override {
    return MakeImportStream(core_, ClientName(*context), response);
  }

  grpc::ServerWriteReactor<v1::HistoryPiece>* ReadHistory(
      grpc::CallbackServerContext* context, const v1::ReadHistoryRequest* request) override {
    return MakeHistoryStream(core_, FromProto(*request), ClientName(*context).status());
  }

  grpc::ServerUnaryReactor* SetBaseline(grpc::CallbackServerContext* context,
                                        const v1::SetBaselineRequest* request,
                                        v1::Baseline* response) override {
    return AnswerSetBaseline(core_, ClientName(*context), context, request, response);
  }
  grpc::ServerUnaryReactor* RemoveBaseline(grpc::CallbackServerContext* context,
                                           const v1::RemoveBaselineRequest* request,
                                           v1::RemoveBaselineResponse*) override {
    return AnswerRemoveBaseline(core_, ClientName(*context), context, request);
  }
  grpc::ServerUnaryReactor* ListBaselines(grpc::CallbackServerContext* context,
                                          const v1::ListBaselinesRequest* request,
                                          v1::ListBaselinesResponse* response) override {
    return AnswerListBaselines(core_, ClientName(*context), context, request, response);
  }
  grpc::ServerUnaryReactor* ShowBaseline(grpc::CallbackServerContext* context,
                                         const v1::ShowBaselineRequest* request,
                                         v1::ShowBaselineResponse* response) override {
    return AnswerShowBaseline(core_, ClientName(*context), context, request, response);
  }
  grpc::ServerUnaryReactor* Bless(grpc::CallbackServerContext* context,
                                  const v1::BlessRequest* request, v1::BlessResponse*) override {
    return AnswerBless(core_, ClientName(*context), context, request);
  }
  grpc::ServerUnaryReactor* ListBlessings(grpc::CallbackServerContext* context,
                                          const v1::ListBlessingsRequest* request,
                                          v1::ListBlessingsResponse* response) override {
    return AnswerListBlessings(core_, ClientName(*context), context, request, response);
  }
  grpc::ServerUnaryReactor* Acknowledge(grpc::CallbackServerContext* context,
                                        const v1::AcknowledgeRequest* request,
                                        v1::Acknowledgement* response) override {
    return AnswerAcknowledge(core_, ClientName(*context), context, request, response);
  }
  grpc::ServerUnaryReactor* ListAcknowledgements(
      grpc::CallbackServerContext* context, const v1::ListAcknowledgementsRequest* request,
      v1::ListAcknowledgementsResponse* response) override {
    return AnswerListAcknowledgements(core_, ClientName(*context), context, request, response);
  }
  grpc::ServerUnaryReactor* PublishSelftest(grpc::CallbackServerContext* context,
                                            const v1::PublishedSelftest* request,
                                            v1::PublishSelftestResponse*) override {
    return AnswerPublishSelftest(core_, ClientName(*context), context, request);
  }

 private:
  static bool Allowed(const grpc::CallbackServerContext& context,
                      grpc::ServerUnaryReactor* reactor) {
    const absl::Status status = ClientName(context).status();
    if (!status.ok()) reactor->Finish(ToGrpc(status));
    return status.ok();
  }

  // A job that is not open: has it ended, or was there none?
  void ExplainNotOpen(JobId job, grpc::ServerUnaryReactor* reactor) {
    auto found = std::make_shared<JobOverview>();
    core_.store->Submit(
        [found, job](Store& store) -> absl::Status {
          BF_ASSIGN_OR_RETURN(*found, store.Job(job));
          return absl::OkStatus();
        },
        [found, job, reactor](absl::Status status) {
          if (status.ok()) {
            status = absl::FailedPreconditionError(absl::StrFormat(
                "job %d has ended already: %s", job.value, StateName(found->job.state)));
          }
          reactor->Finish(ToGrpc(status));
        });
  }

  // Loop only.
  void AddLiveState(HostStatus* host) const {
    const auto it = fleet_->hosts().find(host->name);
    if (it == fleet_->hosts().end()) return;
    const Fleet::Host& live = it->second;
    host->connected = live.session != 0;
    host->last_seen = std::max(host->last_seen, live.stored.last_seen);
    if (!host->connected) return;
    host->spool_bytes = live.state.spool_bytes;
    host->doing = core_.scheduler->WhatRunsOn(host->name);
    if (!live.state.not_accepting.empty())
      host->doing = "takes no work: " + live.state.not_accepting;
    if (live.state.draining) host->doing = "draining";
  }

  const ControlCore core_;
  Fleet* const fleet_;
};

ControlPort::ControlPort(TaskLoop* loop, Fleet* fleet, Scheduler* scheduler, StoreQueue* store)
    : service_(std::make_unique<Service>(loop, fleet, scheduler, store)) {}
ControlPort::~ControlPort() = default;
grpc::Service* ControlPort::service() { return service_.get(); }

}  // namespace benchfleet
