#include "workloads/event_sink.h"

#include "base/frame.h"
#include "proto/convert.h"

namespace benchfleet {

absl::Status FrameSink::Send(const RunnerEvent& event) { return WriteFrame(fd_, Serialize(event)); }

}  // namespace benchfleet
