// What a self-timed workload reports of one iteration.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "workloads/stopwatch.h"

namespace benchfleet {

// Collects the values of one iteration. `latency` is the time of the whole RunOnce unless the
// workload adds it, once or several times: each value is a sample that the stop rule counts. Names
// must be among the workload's Metrics(); a metric may get no value, one or several in an
// iteration.
//
//   {
//     Iteration::Phase phase(iteration, "prove");
//     ... the measured part ...
//   }
//   iteration.Add("proof_size", bytes);
class Iteration {
 public:
  explicit Iteration(Stopwatch& stopwatch) : stopwatch_(stopwatch) {}
  Iteration(const Iteration&) = delete;
  Iteration& operator=(const Iteration&) = delete;

  // Adds the nanoseconds from construction to destruction as metric `name`. `name` outlives it.
  class Phase {
   public:
    Phase(Iteration& iteration, const char* name)
        : iteration_(iteration), name_(name), begin_(iteration.stopwatch_.NowNs()) {}
    ~Phase() { iteration_.Add(name_, static_cast<double>(iteration_.stopwatch_.NowNs() - begin_)); }
    Phase(const Phase&) = delete;
    Phase& operator=(const Phase&) = delete;

   private:
    Iteration& iteration_;
    const char* name_;
    int64_t begin_;
  };

  // A value in the metric's unit. Whole numbers are stored without loss up to 2^53.
  void Add(std::string_view metric, double value) { values_.emplace_back(metric, value); }

  int64_t NowNs() { return stopwatch_.NowNs(); }

  const std::vector<std::pair<std::string, double>>& values() const { return values_; }
  // Before each iteration.
  void Clear(bool warmup = false) {
    values_.clear();
    warmup_ = warmup;
  }
  // Its values are kept and marked, and count in no statistic.
  bool warmup() const { return warmup_; }

 private:
  Stopwatch& stopwatch_;
  bool warmup_ = false;
  std::vector<std::pair<std::string, double>> values_;
};

}  // namespace benchfleet
