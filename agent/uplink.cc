#include "agent/uplink.h"

#include <algorithm>
#include <utility>

#include "base/limits.h"
#include "base/log.h"
#include "base/status.h"
#include "proto/convert.h"

namespace benchfleet {
namespace {

constexpr uint32_t kPatienceMin = 2;  // heartbeats
constexpr uint32_t kPatienceMax = 32;

}  // namespace

void Uplink::Open() {
  open_ = true;
  patience_ = kPatienceMin;
  Rewind();
}

void Uplink::Rewind() {
  in_flight_.clear();
  bytes_in_flight_ = 0;
  silent_heartbeats_ = 0;
  next_sequence_ = spool_->trimmed_sequence() + 1;
}

absl::Status Uplink::Pump() {
  while (open_ && next_sequence_ <= spool_->durable_sequence() &&
         in_flight_.size() < kMaxBatchesInFlight &&
         bytes_in_flight_ + limits::kMaxBatchBytes <= kMaxBytesInFlight) {
    auto records = spool_->Read(next_sequence_, limits::kMaxBatchBytes);
    if (!records.ok()) return Annotate(records.status(), "reading the spool");
    if (records->empty()) return absl::DataLossError("reading the spool: records are missing");
    Batch batch;
    for (const Record& record : *records) batch.bytes += ApproximateBytes(record);
    batch.last_sequence = next_sequence_ + records->size() - 1;
    link_->Send(RecordBatch{spool_->id(), next_sequence_, *std::move(records)});
    next_sequence_ = batch.last_sequence + 1;
    bytes_in_flight_ += batch.bytes;
    in_flight_.push_back(batch);
    ++batches_sent_;
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> Uplink::OnAck(const Ack& ack) {
  if (!open_ || ack.spool_id != spool_->id()) return false;
  const uint64_t trimmed = spool_->trimmed_sequence();
  if (ack.through_sequence <= trimmed) return false;
  if (ack.through_sequence > spool_->durable_sequence()) {
    return absl::InvalidArgumentError(
        absl::StrFormat("the coordinator acked record %d and the spool ends with %d",
                        ack.through_sequence, spool_->durable_sequence()));
  }
  BF_RETURN_IF_ERROR(Annotate(spool_->Trim(ack.through_sequence), "trimming the spool"));
  records_acked_ += ack.through_sequence - trimmed;
  silent_heartbeats_ = 0;
  patience_ = kPatienceMin;
  ForgetAcked();
  return true;
}

void Uplink::ForgetAcked() {
  const uint64_t trimmed = spool_->trimmed_sequence();
  while (!in_flight_.empty() && in_flight_.front().last_sequence <= trimmed) {
    bytes_in_flight_ -= in_flight_.front().bytes;
    in_flight_.pop_front();
  }
  // An ack may reach past what this session sent: the answer to an earlier sending of it.
  next_sequence_ = std::max(next_sequence_, trimmed + 1);
}

void Uplink::OnHeartbeat() {
  if (!open_ || in_flight_.empty()) return;
  if (++silent_heartbeats_ < patience_) return;
  LogWarning("no ack for %d heartbeats: sending again from record %d", silent_heartbeats_,
             spool_->trimmed_sequence() + 1);
  patience_ = std::min(2 * patience_, kPatienceMax);
  Rewind();
}

}  // namespace benchfleet
