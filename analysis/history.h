// Where the level of a series changed, over its whole history: robust against wild points, bursts,
// slow drift and correlated noise; exact and quick as points are appended.
//
// The procedure, with its sources:
//  1. One value a revision (MedianPerRevision); logarithms where all are above 0, else the values
//  themselves.
//  2. Noise s of neighbours (series_scale.h); values drawn in to 3 s about an 11-point running
//  median.
//  3. First pass: optimal partition with penalty 4 s^2 ln n; the residuals about the levels that
//     it finds give the long-run variance ratio L (robust.h), which tells which of its steps are
//     levels and which slow noise, twice over. In a long history only large steps are levels here.
//  4. Optimal partition with penalty 4 s^2 sqrt(L) ln n (partition.h), positions polished.
//  5. The weakest boundary goes, again and again, until all that stay reach z = sqrt(3 ln n)
//  (boundary.h, selection.h).
//  6. Stretches shorter than six points that return to their level go; step 5 once more; positions
//  polished.
// Follows Killick, Fearnhead and Eckley, 2012 (partition); Yao, 1988, "Estimating the Number of
// Change-Points via Schwarz' Criterion" (penalty); Fryzlewicz, 2014, "Wild Binary Segmentation"
// (threshold sqrt(2 ln n)).
//
// s, L and ln n are those of the first m points, m = n up to 256, then n with all but its five
// highest bits cleared, at most 1,024. So they stay as they are for most appended points, and a
// history grown point by point always equals one given at once.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "analysis/quantile.h"

namespace benchfleet {

struct ChangePointOptions {
  // A change this small does not matter: 0.005 is half a percent. Without logarithms: of the median
  // size of the values. More hides small changes, 0 shows whatever is significant.
  double floor = 0.005;
  double penalty = 4;       // Times s^2 sqrt(L) ln n. Less proposes more candidates and costs time.
  double clip = 3;          // In s; wild points count as this.
  size_t window = 40;       // The most points a side that a change is judged by.
  size_t min_segment = 3;   // A level shorter than this is not looked for, at the end neither.
  size_t transient = 6;     // Shorter stretches that return to their level are no change.
  double critical = 3;      // z^2 must reach this times ln n. 2: smaller changes, more false ones.
  double first_pass_z = 6;  // Steps as sure as this never count as slow noise.
  size_t polish = 4;        // Points by which a position may move to fit better.
  double level = 0.95;      // Of the interval of a shift.
};

struct ChangePoint {
  size_t index = 0;  // the first point of the new level
  // New level less old, of logarithms where the history is logarithmic, and its interval.
  double shift = 0;
  Interval shift_interval;
  double z = 0;              // how sure, as a normal score
  size_t points_before = 0;  // length of the level before,
  size_t points_after = 0;   // and of the new one so far
  bool operator==(const ChangePoint&) const = default;
};

struct LevelSegment {
  size_t start = 0;
  size_t end = 0;    // past the last
  double level = 0;  // median, in the unit of the values
};

// Holds a series and its change points. Movable; single-threaded.
class History {
 public:
  // InvalidArgument names the option that makes no sense.
  static absl::StatusOr<History> Create(const ChangePointOptions& options);
  ~History();
  History(History&&) noexcept;
  History& operator=(History&&) noexcept;

  // Appends points; a NaN or infinity refuses all of them and leaves the history as it was.
  // O(points appended x log n + changes), of which only the newest are judged; up to 1,024 points s
  // and L are taken anew at times, O(n log n).
  absl::Status Append(std::span<const double> values);
  absl::Status Append(double value);

  size_t size() const;
  const std::vector<ChangePoint>& change_points() const;
  // The levels between the change points. O(n).
  std::vector<LevelSegment> Segments() const;
  bool logarithmic() const;
  double noise() const;           // s, of neighbours
  double long_run_ratio() const;  // L

 private:
  struct State;
  explicit History(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// A History of all values at once.
absl::StatusOr<History> FindChangePoints(std::span<const double> values,
                                         const ChangePointOptions& options = {});

// One value a revision: the median of what was measured for it. No revision may be empty.
absl::StatusOr<std::vector<double>> MedianPerRevision(
    std::span<const std::vector<double>> revisions);

}  // namespace benchfleet
