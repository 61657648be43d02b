// What the coordinator tells Prometheus about itself. Thread-safe. A null pointer in its place is a
// coordinator that nobody scrapes (the simulator).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "proto/history.h"

namespace benchfleet {

class CoordinatorMetrics {
 public:
  CoordinatorMetrics();
  ~CoordinatorMetrics();

  void SetJobs(const std::map<State, uint64_t>& open_jobs);
  void SetTasks(const std::map<State, uint64_t>& tasks);
  void SetAgents(uint64_t connected, uint64_t known);
  void CountRun(Outcome outcome);
  void CountIngest(uint64_t records, uint64_t samples, uint64_t payload_bytes, uint64_t refused);
  void ObserveAck(absl::Duration latency);  // batch read to ack handed to the stream
  void ObserveCommit(uint64_t works, absl::Duration took);
  void SetStore(uint64_t file_bytes, uint64_t samples);
  void SetIngestQueueBytes(uint64_t bytes);
  void SetSelftest(const PublishedSelftest& selftest);

  // The text exposition format, all families.
  std::string Text() const;

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

}  // namespace benchfleet
