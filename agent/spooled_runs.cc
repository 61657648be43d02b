#include "agent/spooled_runs.h"

#include <variant>

namespace benchfleet {

void SpooledRuns::OnAppend(const Record& record, uint64_t sequence) {
  if (!record.run) return;  // of the host, not of a run
  SpooledRun& run = runs_[record.run];
  run.run = record.run;
  if (const auto* chunk = std::get_if<SampleChunk>(&record.what)) {
    run.samples[chunk->metric] += chunk->count;
  } else if (std::holds_alternative<RunFinished>(record.what)) {
    run.finished_sequence = sequence;
  }
}

void SpooledRuns::OnTrim(uint64_t through) {
  std::erase_if(runs_, [through](const auto& entry) {
    return entry.second.finished_sequence > 0 && entry.second.finished_sequence <= through;
  });
}

void SpooledRuns::Renumber(uint64_t offset) {
  for (auto& [id, run] : runs_) {
    if (run.finished_sequence > 0) run.finished_sequence -= offset;
  }
}

std::vector<SpooledRun> SpooledRuns::List() const {
  std::vector<SpooledRun> list;
  for (const auto& [id, run] : runs_) list.push_back(run);
  return list;
}

}  // namespace benchfleet
