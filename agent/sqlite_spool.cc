// The durable spool. What is pending lives here alone and is written in one transaction by Commit,
// so that a failed write (a full disk) leaves both the file and the memory as they were.
#include <unistd.h>

#include <algorithm>
#include <set>
#include <utility>

#include "agent/disk_reserve.h"
#include "agent/spool.h"
#include "agent/spool_file.h"
#include "agent/spooled_runs.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/status.h"
#include "proto/convert.h"

namespace benchfleet {
namespace {

// For the ends of runs: twice (the log and the file) what the session lets be pending, and the
// ends.
constexpr size_t kEndReserveBytes = 4u << 20;
// For forgetting what was delivered: the log then takes 5 MiB for a backlog of 1 GiB.
constexpr size_t kClearReserveBytes = 8u << 20;
// Free besides, before a disk that was full is called usable: for the first samples of a run.
constexpr size_t kSpareBytes = 2u << 20;

class SqliteSpool : public Spool {
 public:
  explicit SqliteSpool(const std::string& directory)
      : file_(directory + "/spool.db"),
        end_reserve_(directory + "/spool.reserve-1", kEndReserveBytes),
        clear_reserve_(directory + "/spool.reserve-2", kClearReserveBytes),
        spare_(directory + "/spool.spare", kSpareBytes) {}

  absl::Status Open();
  absl::StatusOr<std::string> MoveAway(const std::string& why) { return file_.MoveAway(why); }

  std::string id() const override { return id_; }
  uint64_t trimmed_sequence() const override { return trimmed_; }
  uint64_t durable_sequence() const override { return durable_; }
  uint64_t last_sequence() const override { return durable_ + pending_.size(); }
  uint64_t bytes() const override { return bytes_; }
  uint64_t Append(const Record& record) override;
  absl::Status Commit() override;
  absl::Status Assign(RunId run) override;
  absl::Status CheckRoom() override;
  absl::StatusOr<std::vector<Record>> Read(uint64_t first, size_t max_bytes) override;
  absl::Status Trim(uint64_t through) override;
  std::vector<SpooledRun> Runs() const override { return runs_.List(); }
  absl::Status Renew() override;
  absl::Status SetAside(const std::string& why) override;
  std::string Note(const std::string& name) const override;
  absl::Status SetNote(const std::string& name, const std::string& value) override;

 private:
  absl::Status FillReserves();
  absl::Status MakeRoom();
  absl::Status WritePending();
  absl::Status TrimFile();

  SpoolFile file_;
  DiskReserve end_reserve_;
  DiskReserve clear_reserve_;
  DiskReserve spare_;  // there only while CheckRoom looks

  std::string id_;
  uint64_t trimmed_ = 0;
  uint64_t file_trimmed_ = 0;  // less while the disk has no room for the deletion
  uint64_t durable_ = 0;
  uint64_t bytes_ = 0;  // pending ones included
  SpooledRuns runs_;    // pending records included
  std::map<std::string, std::string> notes_;

  std::vector<std::string> pending_;  // serialized; the first has sequence durable_ + 1
  bool pending_end_ = false;          // a RunFinished is among them
  std::set<RunId> changed_runs_;      // not in the file as they are in runs_
};

absl::Status SqliteSpool::Open() {
  absl::StatusOr<SpoolContents> opened = file_.Open();
  if (absl::IsResourceExhausted(opened.status())) {
    end_reserve_.Release();
    clear_reserve_.Release();
    opened = file_.Open();
  }
  BF_ASSIGN_OR_RETURN(SpoolContents contents, std::move(opened));
  id_ = std::move(contents.id);
  trimmed_ = file_trimmed_ = contents.trimmed;
  durable_ = contents.durable;
  bytes_ = contents.bytes;
  notes_ = std::move(contents.notes);
  runs_ = {};
  for (SpooledRun& run : contents.runs) runs_.Restore(std::move(run));
  pending_.clear();
  pending_end_ = false;
  changed_runs_.clear();
  const absl::Status reserved = FillReserves();
  if (!reserved.ok()) LogWarning("%s", Message(reserved));  // Assign will insist
  return absl::OkStatus();
}

absl::Status SqliteSpool::FillReserves() {
  BF_RETURN_IF_ERROR(clear_reserve_.Fill());
  return end_reserve_.Fill();
}

uint64_t SqliteSpool::Append(const Record& record) {
  pending_.push_back(Serialize(record));
  bytes_ += pending_.back().size();
  pending_end_ = pending_end_ || std::holds_alternative<RunFinished>(record.what);
  if (record.run) changed_runs_.insert(record.run);
  runs_.OnAppend(record, last_sequence());
  return last_sequence();
}

absl::Status SqliteSpool::MakeRoom() {
  if (file_trimmed_ < trimmed_) BF_RETURN_IF_ERROR(TrimFile());
  const absl::Status reserved = FillReserves();
  if (!absl::IsResourceExhausted(reserved) || bytes_ > 0) return reserved;
  clear_reserve_.Release();
  BF_RETURN_IF_ERROR(file_.Clear(trimmed_));
  return FillReserves();
}

absl::Status SqliteSpool::WritePending() {
  std::vector<SpooledRun> changed = runs_.List();
  std::erase_if(changed,
                [this](const SpooledRun& run) { return !changed_runs_.contains(run.run); });
  return file_.Write(durable_ + 1, pending_, changed);
}

absl::Status SqliteSpool::Commit() {
  if (pending_.empty() && changed_runs_.empty()) return absl::OkStatus();
  absl::Status status = WritePending();
  if (absl::IsResourceExhausted(status) && pending_end_ && end_reserve_.Release()) {
    LogWarning("%s; giving up the reserve for the end of a run", Message(status));
    status = WritePending();
  }
  BF_RETURN_IF_ERROR(status);
  durable_ += pending_.size();
  pending_.clear();
  pending_.shrink_to_fit();
  pending_end_ = false;
  changed_runs_.clear();
  return absl::OkStatus();
}

absl::Status SqliteSpool::Assign(RunId run) {
  BF_RETURN_IF_ERROR(MakeRoom());
  runs_.Assign(run);
  changed_runs_.insert(run);
  const absl::Status status = Commit();
  if (!status.ok()) {
    runs_.Withdraw(run);
    changed_runs_.erase(run);
  }
  return status;
}

absl::Status SqliteSpool::CheckRoom() {
  BF_RETURN_IF_ERROR(MakeRoom());
  BF_RETURN_IF_ERROR(spare_.Fill());
  spare_.Release();
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Record>> SqliteSpool::Read(uint64_t first, size_t max_bytes) {
  first = std::max(first, trimmed_ + 1);
  BF_ASSIGN_OR_RETURN(const std::vector<std::string> serialized, file_.Read(first, max_bytes));
  std::vector<Record> records;
  records.reserve(serialized.size());
  for (const std::string& bytes : serialized) {
    auto record = ParseRecord(bytes);
    if (!record.ok()) {
      return absl::DataLossError(
          absl::StrFormat("record %d: %s", first + records.size(), Message(record.status())));
    }
    records.push_back(*std::move(record));
  }
  return records;
}

absl::Status SqliteSpool::Trim(uint64_t through) {
  through = std::min(through, durable_);
  if (through <= trimmed_) return absl::OkStatus();
  trimmed_ = through;
  runs_.OnTrim(through);
  const absl::Status trimmed = TrimFile();
  // On a full disk the deletion waits until all is delivered; after a restart it is sent again.
  if (absl::IsResourceExhausted(trimmed)) return absl::OkStatus();
  return trimmed;
}

absl::Status SqliteSpool::TrimFile() {
  const absl::StatusOr<uint64_t> freed = file_.Delete(trimmed_);
  if (freed.ok()) {
    bytes_ -= *freed;
    file_trimmed_ = trimmed_;
    return bytes_ == 0 ? file_.Shrink() : absl::OkStatus();
  }
  if (!absl::IsResourceExhausted(freed.status()) || trimmed_ < last_sequence()) {
    return freed.status();
  }
  clear_reserve_.Release();
  BF_RETURN_IF_ERROR(file_.Clear(trimmed_));
  bytes_ = 0;
  file_trimmed_ = trimmed_;
  return absl::OkStatus();
}

absl::Status SqliteSpool::Renew() {
  BF_RETURN_IF_ERROR(Commit());
  if (file_trimmed_ < trimmed_) BF_RETURN_IF_ERROR(TrimFile());
  const std::string id = RandomHexId();
  BF_RETURN_IF_ERROR(file_.Renumber(trimmed_, id));
  id_ = id;
  runs_.Renumber(trimmed_);
  durable_ -= trimmed_;
  trimmed_ = file_trimmed_ = 0;
  return absl::OkStatus();
}

absl::Status SqliteSpool::SetAside(const std::string& why) {
  const bool empty = durable_ == trimmed_;
  file_.Close();
  BF_ASSIGN_OR_RETURN(const std::string aside, file_.MoveAway(why));
  if (empty) {
    unlink(aside.c_str());
    unlink((aside + "-wal").c_str());
  } else {
    LogWarning("the spool's former file is kept as %s", aside);
  }
  return Open();
}

std::string SqliteSpool::Note(const std::string& name) const {
  const auto found = notes_.find(name);
  return found == notes_.end() ? "" : found->second;
}

absl::Status SqliteSpool::SetNote(const std::string& name, const std::string& value) {
  BF_RETURN_IF_ERROR(file_.PutNote(name, value));
  notes_[name] = value;
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<SpoolOpening> OpenSqliteSpool(const std::string& directory) {
  SpoolOpening opening;
  auto spool = std::make_unique<SqliteSpool>(directory);
  absl::Status status = spool->Open();
  if (absl::IsDataLoss(status)) {
    BF_ASSIGN_OR_RETURN(opening.moved_damaged_file_to, spool->MoveAway("damaged"));
    LogError("%s; it was moved to %s and a new spool begins", Message(status),
             opening.moved_damaged_file_to);
    status = spool->Open();
  }
  BF_RETURN_IF_ERROR(Annotate(status, "opening the spool"));
  opening.spool = std::move(spool);
  return opening;
}

}  // namespace benchfleet
