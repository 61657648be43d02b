#include "agent/run_board.h"

#include <algorithm>
#include <utility>

#include "base/limits.h"

namespace benchfleet {
namespace {

// What the other side accepts in one AgentState; see convert_session.cc.
constexpr size_t kMaxStatuses = 2 * limits::kMaxParallelRunsPerHost;

}  // namespace

bool RunBoard::Names(RunId run) const {
  return std::any_of(desired_.begin(), desired_.end(),
                     [run](const RunAssignment& assignment) { return assignment.run == run; });
}

std::vector<RunId> RunBoard::Apply(Desired desired) {
  desired_ = std::move(desired.runs);
  std::erase_if(entries_, [this](const auto& entry) {
    return entry.second.phase == Phase::kSettled && !Names(entry.first);
  });
  std::vector<RunId> unwanted;
  for (const auto& [run, entry] : entries_) {
    if (entry.active() && !entry.orphan && !Names(run)) unwanted.push_back(run);
  }
  return unwanted;
}

const RunAssignment* RunBoard::NextToStart() const {
  const size_t active = active_count();
  const bool alone = std::any_of(entries_.begin(), entries_.end(), [](const auto& entry) {
    return entry.second.active() && entry.second.exclusive;
  });
  if (alone || active >= limits::kMaxParallelRunsPerHost ||
      CountFinished() >= limits::kMaxParallelRunsPerHost) {
    return nullptr;
  }
  for (const RunAssignment& assignment : desired_) {
    if (entries_.contains(assignment.run)) continue;
    return assignment.exclusive && active > 0 ? nullptr : &assignment;
  }
  return nullptr;
}

void RunBoard::Start(const RunAssignment& run) {
  Entry entry;
  entry.exclusive = run.exclusive;
  entries_[run.run] = entry;
}

void RunBoard::Measuring(RunId run) { entries_[run].phase = Phase::kMeasuring; }

void RunBoard::Ready(RunId run, RunnerReady ready) { entries_[run].ready = std::move(ready); }

std::vector<RunId> RunBoard::TakeToFinish() {
  std::vector<RunId> runs;
  for (const RunAssignment& assignment : desired_) {
    const auto found = entries_.find(assignment.run);
    if (!assignment.finish || found == entries_.end() || !found->second.active()) continue;
    if (!std::exchange(found->second.finish_asked, true)) runs.push_back(assignment.run);
  }
  return runs;
}

void RunBoard::AddSamples(RunId run, uint64_t samples) { entries_[run].samples += samples; }

void RunBoard::Finished(RunId run, uint64_t sequence) {
  Entry& entry = entries_[run];
  entry.phase = Phase::kFinished;
  entry.finished_sequence = sequence;
}

bool RunBoard::Settle(uint64_t acked_sequence) {
  bool settled = false;
  for (auto& [run, entry] : entries_) {
    if (entry.phase != Phase::kFinished || entry.finished_sequence > acked_sequence) continue;
    entry.phase = Phase::kSettled;
    settled = true;
  }
  return settled;
}

void RunBoard::Renumber(const std::vector<SpooledRun>& spooled) {
  for (const SpooledRun& run : spooled) {
    const auto found = entries_.find(run.run);
    if (found != entries_.end() && found->second.phase == Phase::kFinished) {
      found->second.finished_sequence = run.finished_sequence;
    }
  }
}

void RunBoard::OrphanAll() {
  desired_.clear();
  std::erase_if(entries_, [](const auto& entry) { return !entry.second.active(); });
  for (auto& [run, entry] : entries_) entry.orphan = true;
}

bool RunBoard::IsActive(RunId run) const {
  const auto found = entries_.find(run);
  return found != entries_.end() && found->second.active();
}

bool RunBoard::IsOrphan(RunId run) const {
  const auto found = entries_.find(run);
  return found != entries_.end() && found->second.orphan;
}

void RunBoard::Mute(RunId run, const std::string& why) {
  Entry& entry = entries_[run];
  if (entry.muted_because.empty()) entry.muted_because = why;
}

std::string RunBoard::MutedBecause(RunId run) const {
  const auto found = entries_.find(run);
  return found == entries_.end() ? "" : found->second.muted_because;
}

std::vector<RunId> RunBoard::Active() const {
  std::vector<RunId> runs;
  for (const auto& [run, entry] : entries_) {
    if (entry.active()) runs.push_back(run);
  }
  return runs;
}

size_t RunBoard::active_count() const {
  return static_cast<size_t>(std::count_if(
      entries_.begin(), entries_.end(), [](const auto& entry) { return entry.second.active(); }));
}

size_t RunBoard::CountFinished() const {
  return static_cast<size_t>(std::count_if(entries_.begin(), entries_.end(), [](const auto& entry) {
    return entry.second.phase == Phase::kFinished;
  }));
}

bool RunBoard::MeasuringAlone() const {
  return std::any_of(entries_.begin(), entries_.end(), [](const auto& entry) {
    return entry.second.phase == Phase::kMeasuring && entry.second.exclusive;
  });
}

std::vector<RunStatus> RunBoard::Statuses(bool with_waiting) const {
  std::vector<RunStatus> statuses;
  for (const auto& [run, entry] : entries_) {
    if (entry.orphan || entry.phase == Phase::kSettled || statuses.size() == kMaxStatuses) continue;
    const RunPhase phase = entry.phase == Phase::kStarting    ? RunPhase::kStarting
                           : entry.phase == Phase::kMeasuring ? RunPhase::kMeasuring
                                                              : RunPhase::kFinished;
    statuses.push_back({run, phase, entry.samples, entry.ready.endpoint, entry.ready.values});
  }
  if (!with_waiting) return statuses;
  for (const RunAssignment& assignment : desired_) {
    if (statuses.size() == kMaxStatuses) break;
    if (!entries_.contains(assignment.run)) {
      statuses.push_back({assignment.run, RunPhase::kStarting, 0});
    }
  }
  return statuses;
}

}  // namespace benchfleet
