// The streaming calls of the control port. Private to coordinator/control_*.cc.
#pragma once

#include <grpcpp/grpcpp.h>

#include <string>

#include "absl/status/statusor.h"
#include "base/task_loop.h"
#include "coordinator/scheduler.h"
#include "proto/control_port.pb.h"
#include "proto/history.h"
#include "storage/store_queue.h"

namespace benchfleet {

struct ControlCore {
  TaskLoop* loop;
  Scheduler* scheduler;
  StoreQueue* store;
};

// Each makes a reactor that owns itself. `allowed`: an error ends the call at once.
grpc::ServerWriteReactor<v1::JobStatus>* MakeWatchStream(const ControlCore& core, JobId job,
                                                         const absl::Status& allowed);
grpc::ServerWriteReactor<v1::ResultPiece>* MakeResultStream(const ControlCore& core, JobId job,
                                                            bool without_samples,
                                                            const absl::Status& allowed);
grpc::ServerWriteReactor<v1::HistoryPiece>* MakeHistoryStream(const ControlCore& core,
                                                              absl::StatusOr<HistoryQuery> query,
                                                              const absl::Status& allowed);
grpc::ServerReadReactor<v1::ResultPiece>* MakeImportStream(const ControlCore& core,
                                                           absl::StatusOr<std::string> client,
                                                           v1::ImportResultsResponse* response);

}  // namespace benchfleet
