// What the control port answers about baselines, blessings and acknowledged incidents. `client` is
// who asks, or why it may not. Private to coordinator/control_*.cc; the message classes are those
// of control_port.proto.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "coordinator/control_streams_port.h"

namespace benchfleet {

grpc::ServerUnaryReactor* AnswerSetBaseline(const ControlCore& core,
                                            absl::StatusOr<std::string> client,
                                            grpc::CallbackServerContext* context,
                                            const v1::SetBaselineRequest* request,
                                            v1::Baseline* response);
grpc::ServerUnaryReactor* AnswerRemoveBaseline(const ControlCore& core,
                                               absl::StatusOr<std::string> client,
                                               grpc::CallbackServerContext* context,
                                               const v1::RemoveBaselineRequest* request);
grpc::ServerUnaryReactor* AnswerListBaselines(const ControlCore& core,
                                              const absl::StatusOr<std::string>& client,
                                              grpc::CallbackServerContext* context,
                                              const v1::ListBaselinesRequest* request,
                                              v1::ListBaselinesResponse* response);
grpc::ServerUnaryReactor* AnswerShowBaseline(const ControlCore& core,
                                             const absl::StatusOr<std::string>& client,
                                             grpc::CallbackServerContext* context,
                                             const v1::ShowBaselineRequest* request,
                                             v1::ShowBaselineResponse* response);
grpc::ServerUnaryReactor* AnswerBless(const ControlCore& core, absl::StatusOr<std::string> client,
                                      grpc::CallbackServerContext* context,
                                      const v1::BlessRequest* request);
grpc::ServerUnaryReactor* AnswerListBlessings(const ControlCore& core,
                                              const absl::StatusOr<std::string>& client,
                                              grpc::CallbackServerContext* context,
                                              const v1::ListBlessingsRequest* request,
                                              v1::ListBlessingsResponse* response);
grpc::ServerUnaryReactor* AnswerAcknowledge(const ControlCore& core,
                                            absl::StatusOr<std::string> client,
                                            grpc::CallbackServerContext* context,
                                            const v1::AcknowledgeRequest* request,
                                            v1::Acknowledgement* response);
grpc::ServerUnaryReactor* AnswerListAcknowledgements(const ControlCore& core,
                                                     const absl::StatusOr<std::string>& client,
                                                     grpc::CallbackServerContext* context,
                                                     const v1::ListAcknowledgementsRequest* request,
                                                     v1::ListAcknowledgementsResponse* response);
grpc::ServerUnaryReactor* AnswerPublishSelftest(const ControlCore& core,
                                                absl::StatusOr<std::string> client,
                                                grpc::CallbackServerContext* context,
                                                const v1::PublishedSelftest* request);

}  // namespace benchfleet
