// A spool in memory, for tests and simulations: it survives the session that uses it, and can
// forget what was not committed, as a disk does when the power goes.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "agent/spool.h"
#include "agent/spooled_runs.h"

namespace benchfleet {

class MemorySpool : public Spool {
 public:
  explicit MemorySpool(std::string id);

  // The agent crashed: pending records are gone.
  void ForgetPending();
  // From now on Commit, Assign and others that write fail with this, until set to OK.
  void FailWrites(absl::Status status);
  // From now on no run can be taken on, while what is small is still written: a disk almost full.
  void FailAssigns(absl::Status status) { room_status_ = std::move(status); }
  // The next Commit or Assign, and only that, fails with this.
  void FailNextCommit(absl::Status status) { next_commit_status_ = std::move(status); }
  // How often SetAside was called.
  int set_aside_count() const { return set_aside_count_; }

  std::string id() const override;
  uint64_t trimmed_sequence() const override;
  uint64_t durable_sequence() const override;
  uint64_t last_sequence() const override;
  uint64_t bytes() const override;
  uint64_t Append(const Record& record) override;
  absl::Status Commit() override;
  absl::Status Assign(RunId run) override;
  absl::Status CheckRoom() override;
  absl::StatusOr<std::vector<Record>> Read(uint64_t first, size_t max_bytes) override;
  absl::Status Trim(uint64_t through) override;
  std::vector<SpooledRun> Runs() const override;
  absl::Status Renew() override;
  absl::Status SetAside(const std::string& why) override;
  std::string Note(const std::string& name) const override;
  absl::Status SetNote(const std::string& name, const std::string& value) override;

 private:
  struct Entry {
    Record record;
    size_t bytes = 0;
  };

  std::string id_;
  uint64_t generation_ = 0;  // of ids
  uint64_t trimmed_ = 0;
  uint64_t durable_ = 0;
  uint64_t bytes_ = 0;
  std::deque<Entry> entries_;  // entries_[0] has sequence trimmed_ + 1
  SpooledRuns runs_;
  SpooledRuns durable_runs_;  // as of the last commit
  std::map<std::string, std::string> notes_;
  absl::Status write_status_;
  absl::Status room_status_;
  absl::Status next_commit_status_;
  int set_aside_count_ = 0;
};

}  // namespace benchfleet
