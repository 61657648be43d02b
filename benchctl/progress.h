// What a person sees of a job under way: from its statuses to a picture for a terminal or a line
// for a log. Time is an input; nothing is printed here. One thread.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "benchctl/console.h"
#include "proto/control.h"

namespace benchfleet {

// "0:42", "12:03", "1:02:03".
std::string ClockText(absl::Duration duration);

class Progress {
 public:
  // Takes note of a status seen at `now`, by one clock throughout.
  void Update(const JobStatus& status, absl::Time now);

  const JobStatus& status() const { return status_; }

  // How long until the slowest host is through at the pace so far; nothing before a run has ended.
  // The pace is taken from the time of watching where runs ended in it, else from the job's start.
  std::optional<absl::Duration> TimeLeft(absl::Time now) const;
  // Over the last ten seconds; nothing while there is too little to say.
  std::optional<double> SamplesPerSecond(absl::Time now) const;

  // A headline and one bar per host, each line ended by \n and no wider or taller than `size`.
  std::string Picture(absl::Time now, TerminalSize size, const Style& style) const;
  // "job 12 prove-age: running, 12 of 60 runs, 4.56 k samples, 1:10 left"
  std::string Line(absl::Time now) const;

 private:
  // `count_width`: digits of the largest number of runs.
  std::string HostLine(const HostProgress& host, size_t name_width, int count_width, int columns,
                       const Style& style) const;
  absl::Duration Elapsed(absl::Time now) const;

  JobStatus status_;
  bool seen_ = false;
  JobStatus first_;
  absl::Time first_at_;
  std::deque<std::pair<absl::Time, uint64_t>> samples_;  // of the last ten seconds
};

}  // namespace benchfleet
