// Between the values of base/spawner.h and the packets of base/spawner_protocol.h. Pure, but for
// looking up a program's name in PATH.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/spawner.h"
#include "base/spawner_protocol.h"

namespace benchfleet {

// The packet for `request`. Error: InvalidArgument, saying which field is unusable and why.
absl::StatusOr<std::string> EncodeSpawn(uint64_t id, const SpawnRequest& request);
// The descriptors that travel with it.
std::vector<int> DescriptorsOf(const SpawnRequest& request);
std::string EncodeSignal(uint64_t id, int signal);

// The report of a child named `program` from a kFailed or kExited reply.
ExitReport MakeReport(const spawner_protocol::Reply& reply, const std::string& program);

}  // namespace benchfleet
