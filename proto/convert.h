// Between the plain values of proto/model.h, session.h, control.h and the messages on the wire.
// FromProto refuses what no correct peer sends (unknown enum values, empty oneofs, bounds of
// base/limits.h broken); the message names the field. Pure functions, any thread.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proto/control.h"
#include "proto/model.h"
#include "proto/session.h"

namespace benchfleet {

namespace v1 {
class AgentMessage;
class CoordinatorMessage;
class HostStatus;
class JobSpec;
class JobStatus;
class ResultPiece;
class SubmitJobResponse;
}  // namespace v1

// ---- messages of the ports
void ToProto(const AgentMessage& from, v1::AgentMessage* to);
absl::StatusOr<AgentMessage> FromProto(const v1::AgentMessage& from);
void ToProto(const CoordinatorMessage& from, v1::CoordinatorMessage* to);
absl::StatusOr<CoordinatorMessage> FromProto(const v1::CoordinatorMessage& from);
void ToProto(const JobSpec& from, v1::JobSpec* to);
absl::StatusOr<JobSpec> FromProto(const v1::JobSpec& from);
void ToProto(const JobStatus& from, v1::JobStatus* to);
absl::StatusOr<JobStatus> FromProto(const v1::JobStatus& from);
void ToProto(const HostStatus& from, v1::HostStatus* to);
absl::StatusOr<HostStatus> FromProto(const v1::HostStatus& from);
void ToProto(const Plan& from, v1::SubmitJobResponse* to);
absl::StatusOr<Plan> FromProto(const v1::SubmitJobResponse& from);
void ToProto(const ResultPiece& from, v1::ResultPiece* to);
absl::StatusOr<ResultPiece> FromProto(const v1::ResultPiece& from);

// ---- bytes, for the spool, the store and the runner's pipe
std::string Serialize(const Record& record);
absl::StatusOr<Record> ParseRecord(std::string_view bytes);
std::string Serialize(const JobSpec& spec);
absl::StatusOr<JobSpec> ParseJobSpec(std::string_view bytes);
std::string Serialize(const RunSpec& spec);
absl::StatusOr<RunSpec> ParseRunSpec(std::string_view bytes);
std::string Serialize(const RunFinished& finished);
absl::StatusOr<RunFinished> ParseRunFinished(std::string_view bytes);
std::string Serialize(const HostFingerprint& fingerprint);
absl::StatusOr<HostFingerprint> ParseHostFingerprint(std::string_view bytes);
std::string Serialize(const std::vector<WorkloadDescription>& workloads);
absl::StatusOr<std::vector<WorkloadDescription>> ParseWorkloads(std::string_view bytes);
std::string Serialize(const std::vector<Metric>& metrics);
absl::StatusOr<std::vector<Metric>> ParseMetrics(std::string_view bytes);
std::string Serialize(const RunnerRequest& request);
absl::StatusOr<RunnerRequest> ParseRunnerRequest(std::string_view bytes);
std::string Serialize(const RunnerEvent& event);
absl::StatusOr<RunnerEvent> ParseRunnerEvent(std::string_view bytes);

// ---- JSON, by protobuf's mapping
// `depends_on`: files and folders, there or not, whose change may change the list.
std::string ToJson(const std::vector<WorkloadDescription>& workloads,
                   const std::vector<std::string>& depends_on = {});
absl::StatusOr<std::vector<WorkloadDescription>> WorkloadsFromJson(
    std::string_view json, std::vector<std::string>* depends_on = nullptr);

// Size on the wire of one record within a batch, for bounds; cheap and never too small by much.
size_t ApproximateBytes(const Record& record);

}  // namespace benchfleet
