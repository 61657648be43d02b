// Helpers that the three convert_*.cc files share. Private to proto/.
#pragma once

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/status.h"
#include "google/protobuf/duration.pb.h"
#include "proto/control.h"
#include "proto/model.h"
#include "proto/model.pb.h"

namespace benchfleet::convert {

template <typename Map, typename ProtoMap>
void ToProtoMap(const Map& from, ProtoMap* to) {
  for (const auto& [key, value] : from) (*to)[key] = value;
}
template <typename Map, typename ProtoMap>
Map FromProtoMap(const ProtoMap& from) {
  return Map(from.begin(), from.end());
}

// An enum that the wire may carry with a value that this version does not know.
template <typename Enum>
absl::StatusOr<Enum> CheckedEnum(int value, int last, const char* name) {
  if (value < 0 || value > last) {
    return absl::InvalidArgumentError(absl::StrFormat("%s has the unknown value %d", name, value));
  }
  return static_cast<Enum>(value);
}

inline int64_t ToUnixNs(absl::Time time) {
  return time == absl::InfinitePast() ? 0 : absl::ToUnixNanos(time);
}
inline absl::Time FromUnixNs(int64_t ns) {
  return ns == 0 ? absl::InfinitePast() : absl::FromUnixNanos(ns);
}

void ToProtoDuration(absl::Duration from, google::protobuf::Duration* to);
absl::StatusOr<absl::Duration> FromProtoDuration(const google::protobuf::Duration& from,
                                                 const char* name);

void ToProto(const Metric& from, v1::Metric* to);
absl::StatusOr<Metric> FromProto(const v1::Metric& from);
void ToProto(const SampleChunk& from, v1::SampleChunk* to);
absl::StatusOr<SampleChunk> FromProto(const v1::SampleChunk& from);
void ToProto(const RunSpec& from, v1::RunSpec* to);
absl::StatusOr<RunSpec> FromProto(const v1::RunSpec& from);
void ToProto(const HostFingerprint& from, v1::Fingerprint* to);
absl::StatusOr<HostFingerprint> FromProto(const v1::Fingerprint& from);
void ToProto(const WorkloadDescription& from, v1::WorkloadDescription* to);
absl::StatusOr<WorkloadDescription> FromProto(const v1::WorkloadDescription& from);
void ToProto(const std::vector<TaskMember>& from,
             google::protobuf::RepeatedPtrField<v1::TaskMember>* to);
std::vector<TaskMember> FromProto(const google::protobuf::RepeatedPtrField<v1::TaskMember>& from);
void ToProto(const RunStarted& from, v1::RunStarted* to);
absl::StatusOr<RunStarted> FromProto(const v1::RunStarted& from);
void ToProto(const RunFinished& from, v1::RunFinished* to);
absl::StatusOr<RunFinished> FromProto(const v1::RunFinished& from);
void ToProto(const Record& from, v1::Record* to);
absl::StatusOr<Record> FromProto(const v1::Record& from);

template <typename To, typename From>
absl::StatusOr<std::vector<To>> FromRepeated(const From& from, size_t most, const char* name) {
  if (static_cast<size_t>(from.size()) > most) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%s has %d entries; the bound is %d", name, from.size(), most));
  }
  std::vector<To> to;
  to.reserve(static_cast<size_t>(from.size()));
  for (const auto& message : from) {
    BF_ASSIGN_OR_RETURN(To value, FromProto(message));
    to.push_back(std::move(value));
  }
  return to;
}

template <typename Message>
absl::Status Parse(std::string_view bytes, Message* message) {
  if (!message->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::DataLossError(
        absl::StrFormat("%d bytes are no %s", bytes.size(), message->GetTypeName()));
  }
  return absl::OkStatus();
}

}  // namespace benchfleet::convert
