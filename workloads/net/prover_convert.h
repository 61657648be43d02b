// Between the wire of proto/prover_port.proto and workloads/remote/proving_request.h. Private to
// workloads/net/.
#pragma once

#include "absl/status/statusor.h"
#include "workloads/remote/proving_request.h"

namespace benchfleet {

namespace v1 {
class ProveHeader;
class ProveResult;
class ServiceKey;
}  // namespace v1

void ToProto(const ProvingHeader& header, v1::ProveHeader* message);
void ToProto(const ServiceKey& key, v1::ServiceKey* message);
void ToProto(const ProvingResult& result, v1::ProveResult* message);

// Errors, InvalidArgument: a task or cipher that this build does not know, a field above its bound.
absl::StatusOr<ProvingHeader> FromProto(const v1::ProveHeader& message);
absl::StatusOr<ServiceKey> FromProto(const v1::ServiceKey& message);
absl::StatusOr<ProvingResult> FromProto(const v1::ProveResult& message);

}  // namespace benchfleet
