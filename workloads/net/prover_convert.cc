#include "workloads/net/prover_convert.h"

#include <algorithm>

#include "base/limits.h"
#include "base/status.h"
#include "proto/prover_port.pb.h"

namespace benchfleet {
namespace {

absl::Status CheckSize(const std::string& value, const char* field, size_t most) {
  if (value.size() <= most) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrFormat("%s has %d bytes; the bound is %d", field, value.size(), most));
}

v1::ProvingTask ToProto(ProvingTask task) {
  switch (task) {
    case ProvingTask::kProve:
      return v1::PROVING_TASK_PROVE;
    case ProvingTask::kOpenOnly:
      return v1::PROVING_TASK_OPEN_ONLY;
    case ProvingTask::kEverything:
      break;
  }
  return v1::PROVING_TASK_EVERYTHING;
}

absl::StatusOr<ProvingTask> FromProto(v1::ProvingTask task) {
  switch (task) {
    case v1::PROVING_TASK_PROVE:
      return ProvingTask::kProve;
    case v1::PROVING_TASK_OPEN_ONLY:
      return ProvingTask::kOpenOnly;
    case v1::PROVING_TASK_EVERYTHING:
      return ProvingTask::kEverything;
    default:
      return absl::InvalidArgumentError(
          absl::StrFormat("there is no proving task %d", static_cast<int>(task)));
  }
}

template <typename Message>
absl::StatusOr<ProvingSubject> Subject(const Message& message) {
  ProvingSubject subject{message.prover(), message.circuit(), message.key_sha256()};
  BF_RETURN_IF_ERROR(CheckSize(subject.prover, "prover", limits::kMaxNameBytes));
  BF_RETURN_IF_ERROR(CheckSize(subject.circuit, "circuit", limits::kMaxNameBytes));
  BF_RETURN_IF_ERROR(CheckSize(subject.key_sha256, "key_sha256", limits::kMaxNameBytes));
  return subject;
}

template <typename Message>
void SetSubject(const ProvingSubject& subject, Message* message) {
  message->set_prover(subject.prover);
  message->set_circuit(subject.circuit);
  message->set_key_sha256(subject.key_sha256);
}

}  // namespace

void ToProto(const ProvingHeader& header, v1::ProveHeader* message) {
  message->set_task(ToProto(header.task));
  SetSubject(header.subject, message);
  message->set_cipher(HpkeAeadName(header.aead));
  message->set_encapsulated(header.encapsulated);
  message->set_witness_bytes(header.witness_bytes);
}

absl::StatusOr<ProvingHeader> FromProto(const v1::ProveHeader& message) {
  ProvingHeader header;
  BF_ASSIGN_OR_RETURN(header.task, FromProto(message.task()));
  BF_ASSIGN_OR_RETURN(header.subject, Subject(message));
  BF_ASSIGN_OR_RETURN(header.aead, HpkeAeadFromName(message.cipher()));
  header.encapsulated = message.encapsulated();
  header.witness_bytes = message.witness_bytes();
  return header;
}

void ToProto(const ServiceKey& key, v1::ServiceKey* message) {
  message->set_public_key(key.public_key);
  message->mutable_evidence()->set_kind(key.evidence.kind);
  message->mutable_evidence()->set_document(key.evidence.document);
  message->mutable_evidence()->set_statement(key.evidence.statement);
  message->mutable_evidence()->set_certificates(key.evidence.certificates);
  SetSubject(key.subject, message);
  message->set_witness_bytes_max(key.witness_bytes_max);
}

absl::StatusOr<ServiceKey> FromProto(const v1::ServiceKey& message) {
  ServiceKey key;
  key.public_key = message.public_key();
  key.evidence = {message.evidence().kind(), message.evidence().document(),
                  message.evidence().certificates(), message.evidence().statement()};
  BF_RETURN_IF_ERROR(CheckSize(key.evidence.kind, "evidence.kind", limits::kMaxNameBytes));
  BF_RETURN_IF_ERROR(
      CheckSize(key.evidence.document, "evidence.document", limits::kMaxEvidenceBytes));
  BF_RETURN_IF_ERROR(
      CheckSize(key.evidence.certificates, "evidence.certificates", limits::kMaxEvidenceBytes));
  BF_RETURN_IF_ERROR(
      CheckSize(key.evidence.statement, "evidence.statement", limits::kMaxReasonBytes));
  BF_ASSIGN_OR_RETURN(key.subject, Subject(message));
  key.witness_bytes_max = message.witness_bytes_max();
  return key;
}

void ToProto(const ProvingResult& result, v1::ProveResult* message) {
  message->set_proof(result.proof.proof);
  message->set_public_inputs(result.proof.public_inputs);
  message->set_queue_ns(result.times.queue_ns);
  message->set_decrypt_ns(result.times.decrypt_ns);
  message->set_witness_ns(result.times.witness_ns);
  message->set_prove_ns(result.times.prove_ns);
  message->set_verify_ns(result.times.verify_ns);
  message->set_held_ns(result.times.held_ns);
  message->set_prove_cpu_ns(absl::ToInt64Nanoseconds(result.prove_cpu));
  message->set_prover_rss_peak_bytes(result.prover_rss_peak_bytes);
  for (const auto& [name, time] : result.spans) {
    v1::ProveSpan* const span = message->add_spans();
    span->set_name(name);
    span->set_duration_ns(absl::ToInt64Nanoseconds(time));
  }
}

absl::StatusOr<ProvingResult> FromProto(const v1::ProveResult& message) {
  ProvingResult result;
  result.proof = {message.proof(), message.public_inputs()};
  result.times = {message.queue_ns(), message.decrypt_ns(), message.witness_ns(),
                  message.prove_ns(), message.verify_ns(),  message.held_ns()};
  const ProvingTimes& times = result.times;
  const int64_t parts[] = {times.queue_ns, times.decrypt_ns, times.witness_ns, times.prove_ns,
                           times.verify_ns};
  int64_t sum = 0;
  for (const int64_t part : parts) {
    if (part < 0 || part > times.held_ns - sum) {
      return absl::InvalidArgumentError("the service's times make no sense");
    }
    sum += part;
  }
  result.prove_cpu = absl::Nanoseconds(message.prove_cpu_ns());
  result.prover_rss_peak_bytes = message.prover_rss_peak_bytes();
  for (const v1::ProveSpan& span : message.spans()) {
    result.spans.emplace_back(span.name(), absl::Nanoseconds(span.duration_ns()));
  }
  return result;
}

}  // namespace benchfleet
