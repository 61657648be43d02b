// Between the plain values of proto/model.h, session.h, control.h and the messages on the wire.
// FromProto refuses what no correct peer sends (unknown enum values, empty oneofs, bounds of
// base/limits.h broken); the message names the field. Pure functions, any thread.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proto/control.h"
#include "proto/history.h"
#include "proto/model.h"
#include "proto/session.h"

namespace benchfleet {

namespace v1 {
class Acknowledgement;
class AgentMessage;
class Baseline;
class Blessing;
class CoordinatorMessage;
class HistoryPiece;
class HostStatus;
class JobSpec;
class JobStatus;
class ListJobsRequest;
class PublishedSelftest;
class ReadHistoryRequest;
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
void ToProto(const JobFilter& from, v1::ListJobsRequest* to);
JobFilter FromProto(const v1::ListJobsRequest& from);
void ToProto(const HistoryQuery& from, v1::ReadHistoryRequest* to);
absl::StatusOr<HistoryQuery> FromProto(const v1::ReadHistoryRequest& from);
void ToProto(const SeriesHistory& from, v1::HistoryPiece* to);
absl::StatusOr<SeriesHistory> FromProto(const v1::HistoryPiece& from);
void ToProto(const Baseline& from, v1::Baseline* to);
absl::StatusOr<Baseline> FromProto(const v1::Baseline& from);
void ToProto(const Blessing& from, v1::Blessing* to);
absl::StatusOr<Blessing> FromProto(const v1::Blessing& from);
void ToProto(const Acknowledgement& from, v1::Acknowledgement* to);
absl::StatusOr<Acknowledgement> FromProto(const v1::Acknowledgement& from);
void ToProto(const PublishedSelftest& from, v1::PublishedSelftest* to);
absl::StatusOr<PublishedSelftest> FromProto(const v1::PublishedSelftest& from);

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
std::string Serialize(const PublishedSelftest& selftest);
absl::StatusOr<PublishedSelftest> ParsePublishedSelftest(std::string_view bytes);
std::string Serialize(const RunnerRequest& request);
absl::StatusOr<RunnerRequest> ParseRunnerRequest(std::string_view bytes);
std::string Serialize(const RunnerEvent& event);
absl::StatusOr<RunnerEvent> ParseRunnerEvent(std::string_view bytes);

// ---- JSON, by protobuf's mapping
// `depends_on`: files and folders, there or not, whose change may change the list. `plugins`: which
// plug-in has a workload that is not built in.
std::string ToJson(const std::vector<WorkloadDescription>& workloads,
                   const std::vector<std::string>& depends_on = {}, const StringMap& plugins = {});
absl::StatusOr<std::vector<WorkloadDescription>> WorkloadsFromJson(
    std::string_view json, std::vector<std::string>* depends_on = nullptr,
    StringMap* plugins = nullptr);

// Size on the wire of one record within a batch, for bounds; cheap and never too small by much.
size_t ApproximateBytes(const Record& record);

}  // namespace benchfleet
