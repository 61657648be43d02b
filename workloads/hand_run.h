// `bench-runner --run`: a run by hand, without an agent, and its table.
#pragma once

#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "workloads/catalog.h"
#include "workloads/event_sink.h"

namespace benchfleet {

// Keeps a run's samples and writes them as a table of figures for one person to read.
class TableSink final : public EventSink {
 public:
  absl::Status Send(const RunnerEvent& event) override;
  // Where a server's events are told as they come; null: nowhere.
  explicit TableSink(std::FILE* out = nullptr) : out_(out) {}
  // "latency  30  1.20 ms ...", a row a metric; derived ones included.
  std::string Table() const;
  const RunnerFinished& finished() const { return finished_; }

 private:
  std::vector<double> ValuesOf(const Metric& metric) const;

  std::FILE* const out_;
  RunStarted started_;
  std::map<std::string, std::vector<double>> values_;  // per operation, warm-up left out
  RunnerFinished finished_;
};

// Runs `request` with a scratch folder of its own, prints to `out`; the exit code: 0, or 1 where
// the run did not end well (the reason goes to stderr). A server runs until SIGINT or SIGTERM.
int RunByHand(RunnerRequest request, const Catalog& catalog, std::FILE* out);

}  // namespace benchfleet
