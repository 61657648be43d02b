#include "coordinator/control_history_port.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/limits.h"
#include "base/status.h"
#include "proto/convert.h"
#include "proto/transport_port.h"

namespace benchfleet {
namespace {

constexpr uint32_t kBaselinesAtOnce = 100;
constexpr uint32_t kSettingsShown = 100;
constexpr uint32_t kBlessingsAtOnce = 500;
constexpr uint32_t kAcknowledgementsAtOnce = 500;

grpc::ServerUnaryReactor* Refuse(grpc::CallbackServerContext* context, const absl::Status& status) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(ToGrpc(status));
  return reactor;
}

// Work that leaves nothing but its success to tell.
grpc::ServerUnaryReactor* Write(const ControlCore& core, grpc::CallbackServerContext* context,
                                StoreQueue::Work work) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  core.store->Submit(std::move(work),
                     [reactor](const absl::Status& status) { reactor->Finish(ToGrpc(status)); });
  return reactor;
}

// Answers with at most `limit` values that `read` finds; `add` makes the next message of the
// answer.
template <typename Value, typename Read, typename Add>
grpc::ServerUnaryReactor* ReadList(const ControlCore& core, grpc::CallbackServerContext* context,
                                   Read read, Add add) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  auto found = std::make_shared<std::vector<Value>>();
  core.store->Submit(
      [found, read = std::move(read)](Store& store) -> absl::Status {
        BF_ASSIGN_OR_RETURN(*found, read(store));
        return absl::OkStatus();
      },
      [found, reactor, add = std::move(add)](const absl::Status& status) {
        for (const Value& value : *found) ToProto(value, add());
        reactor->Finish(ToGrpc(status));
      });
  return reactor;
}

// So that it can stand wherever a job can, and in a shell without quotes.
absl::Status CheckBaselineName(const std::string& name) {
  const bool fits = !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '.' || c == '_' || c == '-';
  });
  const bool number = name.find_first_not_of("0123456789") == std::string::npos;
  if (fits && !number && name != "latest") return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrFormat(
      "'%s' cannot name a baseline: expected letters, digits and . _ -, and no number nor "
      "'latest', which name jobs",
      name));
}

template <typename AnyId>
void SortUnique(std::vector<AnyId>* ids) {
  std::sort(ids->begin(), ids->end());
  ids->erase(std::unique(ids->begin(), ids->end()), ids->end());
}

}  // namespace

grpc::ServerUnaryReactor* AnswerSetBaseline(const ControlCore& core,
                                            absl::StatusOr<std::string> client,
                                            grpc::CallbackServerContext* context,
                                            const v1::SetBaselineRequest* request,
                                            v1::Baseline* response) {
  if (!client.ok()) return Refuse(context, client.status());
  v1::Baseline message;
  message.set_name(request->name());
  *message.mutable_job_ids() = request->job_ids();
  *message.mutable_run_ids() = request->run_ids();
  message.set_author(request->author());
  message.set_reason(request->reason());
  absl::StatusOr<Baseline> setting = FromProto(message);
  if (!setting.ok()) return Refuse(context, setting.status());
  const absl::Status named = CheckBaselineName(setting->name);
  if (!named.ok()) return Refuse(context, named);
  SortUnique(&setting->jobs);
  SortUnique(&setting->runs);
  setting->set_by = *std::move(client);
  setting->set_at = absl::Now();
  ToProto(*setting, response);
  return Write(core, context, [setting = *std::move(setting)](Store& store) {
    return store.SetBaseline(setting);
  });
}

grpc::ServerUnaryReactor* AnswerRemoveBaseline(const ControlCore& core,
                                               absl::StatusOr<std::string> client,
                                               grpc::CallbackServerContext* context,
                                               const v1::RemoveBaselineRequest* request) {
  if (!client.ok()) return Refuse(context, client.status());
  v1::Baseline message;
  message.set_name(request->name());
  message.set_author(request->author());
  message.set_reason(request->reason());
  message.set_removed(true);
  absl::StatusOr<Baseline> setting = FromProto(message);
  if (!setting.ok()) return Refuse(context, setting.status());
  setting->set_by = *std::move(client);
  setting->set_at = absl::Now();
  return Write(core, context, [setting = *std::move(setting)](Store& store) {
    return store.SetBaseline(setting);
  });
}

grpc::ServerUnaryReactor* AnswerListBaselines(const ControlCore& core,
                                              const absl::StatusOr<std::string>& client,
                                              grpc::CallbackServerContext* context,
                                              const v1::ListBaselinesRequest* request,
                                              v1::ListBaselinesResponse* response) {
  if (!client.ok()) return Refuse(context, client.status());
  return ReadList<Baseline>(
      core, context,
      [after = request->after()](Store& store) { return store.Baselines(after, kBaselinesAtOnce); },
      [response] {
        response->set_more(response->baselines_size() + 1 == kBaselinesAtOnce);
        return response->add_baselines();
      });
}

grpc::ServerUnaryReactor* AnswerShowBaseline(const ControlCore& core,
                                             const absl::StatusOr<std::string>& client,
                                             grpc::CallbackServerContext* context,
                                             const v1::ShowBaselineRequest* request,
                                             v1::ShowBaselineResponse* response) {
  if (!client.ok()) return Refuse(context, client.status());
  return ReadList<Baseline>(
      core, context,
      [name = request->name()](Store& store) {
        return store.BaselineSettings(name, kSettingsShown);
      },
      [response] { return response->add_settings(); });
}

grpc::ServerUnaryReactor* AnswerBless(const ControlCore& core, absl::StatusOr<std::string> client,
                                      grpc::CallbackServerContext* context,
                                      const v1::BlessRequest* request) {
  if (!client.ok()) return Refuse(context, client.status());
  if (static_cast<size_t>(request->blessings_size()) > limits::kMaxBlessingsAtOnce) {
    return Refuse(context, absl::InvalidArgumentError(absl::StrFormat(
                               "%d blessings at once; the bound is %d", request->blessings_size(),
                               limits::kMaxBlessingsAtOnce)));
  }
  std::vector<Blessing> blessings;
  for (v1::Blessing message : request->blessings()) {
    message.set_author(request->author());
    message.set_reason(request->reason());
    absl::StatusOr<Blessing> blessing = FromProto(message);
    if (!blessing.ok()) return Refuse(context, blessing.status());
    blessing->blessed_by = *client;
    blessing->at = absl::Now();
    blessings.push_back(*std::move(blessing));
  }
  return Write(core, context, [blessings = std::move(blessings)](Store& store) {
    for (const Blessing& blessing : blessings) BF_RETURN_IF_ERROR(store.AddBlessing(blessing));
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* AnswerListBlessings(const ControlCore& core,
                                              const absl::StatusOr<std::string>& client,
                                              grpc::CallbackServerContext* context,
                                              const v1::ListBlessingsRequest* request,
                                              v1::ListBlessingsResponse* response) {
  if (!client.ok()) return Refuse(context, client.status());
  return ReadList<Blessing>(
      core, context,
      [after = request->after_id()](Store& store) {
        return store.Blessings(after, kBlessingsAtOnce);
      },
      [response] {
        response->set_more(response->blessings_size() + 1 == kBlessingsAtOnce);
        return response->add_blessings();
      });
}

grpc::ServerUnaryReactor* AnswerAcknowledge(const ControlCore& core,
                                            absl::StatusOr<std::string> client,
                                            grpc::CallbackServerContext* context,
                                            const v1::AcknowledgeRequest* request,
                                            v1::Acknowledgement* response) {
  if (!client.ok()) return Refuse(context, client.status());
  response->set_incident(request->incident());
  response->set_author(request->author());
  response->set_reason(request->reason());
  response->set_withdrawn(request->withdraw());
  absl::StatusOr<Acknowledgement> acknowledgement = FromProto(*response);
  if (acknowledgement.ok() && acknowledgement->incident.empty()) {
    acknowledgement = absl::InvalidArgumentError("an acknowledgement names no incident");
  }
  if (!acknowledgement.ok()) return Refuse(context, acknowledgement.status());
  acknowledgement->acknowledged_by = *std::move(client);
  acknowledgement->at = absl::Now();
  ToProto(*acknowledgement, response);
  return Write(core, context, [acknowledgement = *std::move(acknowledgement)](Store& store) {
    return store.AddAcknowledgement(acknowledgement);
  });
}

grpc::ServerUnaryReactor* AnswerListAcknowledgements(const ControlCore& core,
                                                     const absl::StatusOr<std::string>& client,
                                                     grpc::CallbackServerContext* context,
                                                     const v1::ListAcknowledgementsRequest* request,
                                                     v1::ListAcknowledgementsResponse* response) {
  if (!client.ok()) return Refuse(context, client.status());
  return ReadList<Acknowledgement>(
      core, context,
      [after = request->after_id()](Store& store) {
        return store.Acknowledgements(after, kAcknowledgementsAtOnce);
      },
      [response] {
        response->set_more(response->acknowledgements_size() + 1 == kAcknowledgementsAtOnce);
        return response->add_acknowledgements();
      });
}

grpc::ServerUnaryReactor* AnswerPublishSelftest(const ControlCore& core,
                                                absl::StatusOr<std::string> client,
                                                grpc::CallbackServerContext* context,
                                                const v1::PublishedSelftest* request) {
  if (!client.ok()) return Refuse(context, client.status());
  absl::StatusOr<PublishedSelftest> selftest = FromProto(*request);
  if (!selftest.ok()) return Refuse(context, selftest.status());
  selftest->published_by = *std::move(client);
  selftest->at = absl::Now();
  return Write(core, context, [selftest = *std::move(selftest)](Store& store) {
    return store.AddSelftest(selftest);
  });
}

}  // namespace benchfleet
