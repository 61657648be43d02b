// How well changes are found in this very store: steps of known size are put into stored histories,
// and the same rules that judge them every day look for them. Nothing is written; one seed, one
// result.
//
// Ground truth. What a stored history itself went through nobody knows for sure, so its noise alone
// is used: the levels that were found are divided out, and the residuals are drawn anew in blocks
// of five successive revisions (Künsch, 1989, "The Jackknife and the Bootstrap for General
// Stationary Observations"), which keeps tails, ties and short-term correlation. A history made so
// has no change but the one that is put in.
//
//  trend  a step at a random place, up or down by chance. Found: a change point within five
//         revisions of it. Delay: how many revisions after the step it is first found. A history
//         without a step gives the false positives.
//  check  two successive revisions of one level as they were measured, one as the baseline and one,
//         made worse or better by the effect, as the candidate, with the revisions before as their
//         history. Without an effect it gives the false positives: at most what is stated, but for
//         true changes that nobody has noticed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "analysis/history.h"
#include "analysis/verdict.h"

namespace benchfleet {

struct DetectionSelftestOptions {
  uint64_t seed = 1;
  size_t trials = 100;                                         // of each effect and rule
  std::vector<double> effects = {0.01, 0.02, 0.05, 0.1, 0.2};  // 0.05: by five percent
  size_t longest = 150;  // revisions of one trial, the newest: bounds the time that it takes
  ChangePointOptions trend;
  VerdictOptions check;
};

// One series: for each revision, oldest first, the medians of its runs, above 0.
using SelftestSeries = std::vector<std::vector<double>>;

// The fewest revisions that a series must have to be used.
inline constexpr size_t kSelftestRevisionsMin = 24;

// How often something happened.
struct Share {
  size_t count = 0;
  size_t trials = 0;
  double value() const {
    return trials == 0 ? 0 : static_cast<double>(count) / static_cast<double>(trials);
  }
  // Wilson's interval at 95 %; from 0 to 1 without trials.
  Interval interval() const;
};

struct SelftestRow {
  double effect = 0;
  Share trend_found;               // recall
  size_t trend_false = 0;          // change points elsewhere, beside those found
  double trend_precision() const;  // found / (found + false); 1 where nothing was called
  std::optional<double> delay;     // median over those found, in revisions
  Share check_found;
};

struct DetectionSelftest {
  uint64_t seed = 0;
  size_t series = 0;           // used
  size_t revisions = 0;        // of them
  size_t too_short = 0;        // series that were not used
  size_t quiet_histories = 0;  // without a step
  size_t quiet_points = 0;
  size_t trend_false = 0;  // change points in them
  double trend_false_per_1000() const;
  Share check_false;
  std::vector<SelftestRow> rows;
};

// FailedPrecondition where no series is long enough; says how long they are.
absl::StatusOr<DetectionSelftest> RunDetectionSelftest(std::span<const SelftestSeries> series,
                                                       const DetectionSelftestOptions& options);

}  // namespace benchfleet
