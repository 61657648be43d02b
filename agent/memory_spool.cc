#include "agent/memory_spool.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "proto/convert.h"

namespace benchfleet {

MemorySpool::MemorySpool(std::string id) : id_(std::move(id)) {}

void MemorySpool::ForgetPending() {
  while (last_sequence() > durable_) {
    bytes_ -= entries_.back().bytes;
    entries_.pop_back();
  }
  runs_ = durable_runs_;
}

void MemorySpool::FailWrites(absl::Status status) { write_status_ = std::move(status); }

std::string MemorySpool::id() const {
  return generation_ == 0 ? id_ : absl::StrFormat("%s-%d", id_, generation_);
}
uint64_t MemorySpool::trimmed_sequence() const { return trimmed_; }
uint64_t MemorySpool::durable_sequence() const { return durable_; }
uint64_t MemorySpool::last_sequence() const { return trimmed_ + entries_.size(); }
uint64_t MemorySpool::bytes() const { return bytes_; }

uint64_t MemorySpool::Append(const Record& record) {
  entries_.push_back({record, ApproximateBytes(record)});
  bytes_ += entries_.back().bytes;
  runs_.OnAppend(record, last_sequence());
  return last_sequence();
}

absl::Status MemorySpool::Commit() {
  if (!write_status_.ok()) return write_status_;
  if (!next_commit_status_.ok()) return std::exchange(next_commit_status_, absl::OkStatus());
  durable_ = last_sequence();
  durable_runs_ = runs_;
  return absl::OkStatus();
}

absl::Status MemorySpool::Assign(RunId run) {
  BF_RETURN_IF_ERROR(CheckRoom());
  runs_.Assign(run);
  return Commit();
}

absl::Status MemorySpool::CheckRoom() { return write_status_.ok() ? room_status_ : write_status_; }

absl::StatusOr<std::vector<Record>> MemorySpool::Read(uint64_t first, size_t max_bytes) {
  std::vector<Record> records;
  size_t bytes = 0;
  for (uint64_t sequence = std::max(first, trimmed_ + 1); sequence <= durable_; ++sequence) {
    const Entry& entry = entries_[sequence - trimmed_ - 1];
    bytes += entry.bytes;
    if (!records.empty() && bytes > max_bytes) break;
    records.push_back(entry.record);
  }
  return records;
}

absl::Status MemorySpool::Trim(uint64_t through) {
  for (through = std::min(through, durable_); trimmed_ < through; ++trimmed_) {
    bytes_ -= entries_.front().bytes;
    entries_.pop_front();
  }
  runs_.OnTrim(trimmed_);
  durable_runs_.OnTrim(trimmed_);
  return absl::OkStatus();
}

std::vector<SpooledRun> MemorySpool::Runs() const { return runs_.List(); }

absl::Status MemorySpool::Renew() {
  if (!write_status_.ok()) return write_status_;
  ++generation_;
  runs_.Renumber(trimmed_);
  trimmed_ = 0;
  return Commit();
}

absl::Status MemorySpool::SetAside(const std::string& /*why*/) {
  if (!write_status_.ok()) return write_status_;
  ++generation_;
  ++set_aside_count_;
  entries_.clear();
  runs_ = {};
  notes_.clear();
  trimmed_ = bytes_ = 0;
  return Commit();
}

std::string MemorySpool::Note(const std::string& name) const {
  const auto found = notes_.find(name);
  return found == notes_.end() ? "" : found->second;
}

absl::Status MemorySpool::SetNote(const std::string& name, const std::string& value) {
  if (!write_status_.ok()) return write_status_;
  notes_[name] = value;
  return absl::OkStatus();
}

}  // namespace benchfleet
