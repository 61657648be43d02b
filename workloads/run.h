// One run of one workload, from the request to the last event.
#pragma once

#include "absl/status/status.h"
#include "proto/model.h"
#include "workloads/catalog.h"
#include "workloads/event_sink.h"
#include "workloads/stop_request.h"
#include "workloads/stopwatch.h"

namespace benchfleet {

// Sends RunStarted (unless the workload could not be set up), SampleChunks, of a server
// RunnerReady, and always, last, RunnerFinished, which carries every way in which a run can end.
// The error is the sink's: the events could not be delivered. One thread; blocks until the run is
// over.
//
// `stop`: asks a server to end. Required in the role server, not looked at in others.
absl::Status ExecuteRun(const RunnerRequest& request, const Catalog& catalog, Stopwatch& stopwatch,
                        EventSink& sink, const StopRequest* stop = nullptr);

}  // namespace benchfleet
