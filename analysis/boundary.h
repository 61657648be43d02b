// Is the boundary between two stretches of a history a change, or noise, drift, a burst? Used on
// the candidates that the optimal partition proposes.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <utility>
#include <vector>

namespace benchfleet {

// Indices into the history: the stretch before is [from, at), the one after [at, to).
struct Boundary {
  size_t from = 0;
  size_t at = 0;
  size_t to = 0;
  bool operator==(const Boundary&) const = default;
  template <typename H>
  friend H AbslHashValue(H h, const Boundary& b) {
    return H::combine(std::move(h), b.from, b.at, b.to);
  }
};

struct BoundaryOptions {
  // The most points of either side that are looked at: nearer ones say more about the change
  // itself.
  size_t window = 40;
  // Shifts up to this do not count; on the scale of the values (0.005: half a percent of
  // logarithms).
  double floor = 0.005;
  // What the local scale is moderated with: the noise of the whole series and how sure it is of it.
  double noise = 0;
  double noise_degrees = 0;
  // Variance of long means over that of independent values (LongRunRatio).
  double long_run = 1;
  // A standard score that a change must reach.
  double critical = 3;
  // Look for other explanations (bursts) than noise. Off where only large steps are to be taken
  // out.
  bool suspicious = true;
};

struct BoundaryEvidence {
  double shift = 0;           // after less before: Hodges-Lehmann over the windows
  double standard_error = 0;  // of the shift
  double degrees_of_freedom = 0;
  double z = 0;  // compare with `critical`; 0 where another explanation holds
};

// Shift less the floor over its standard error, as a normal score. Mann-Whitney's score must reach
// 0.85 of the critical value, or 0.6 of the most it can be with so few points; else z falls short
// in the same proportion. z is 0 where the six points on either side show less than half of the
// shift (a drift, not a step), and where the shorter side, up to 12 points, could be a run of the
// excursions that the longer side shows now and then.
BoundaryEvidence JudgeBoundary(std::span<const double> values, const Boundary& boundary,
                               const BoundaryOptions& options);

// Removes the boundary of least z, judges its neighbours anew, and again, until every one left
// reaches `critical`. `changes` ascend within (from, to). O(k log k) and at most 3 k judgements.
std::vector<size_t> WithoutWeakest(const std::vector<size_t>& changes, size_t from, size_t to,
                                   double critical,
                                   const std::function<double(const Boundary&)>& judge);

// The position within `reach` points that leaves the least sum of absolute deviations from both
// windows' medians.
size_t PolishedPosition(std::span<const double> values, const Boundary& boundary, size_t window,
                        size_t reach);

// True where a short stretch [start, end) returns to the level before it: what lies before (from
// `from`) and after (to `to`) differs by less than two standard errors beyond the floor, or by less
// than a quarter of the excursion.
bool ReturnsToLevel(std::span<const double> values, size_t from, size_t start, size_t end,
                    size_t to, const BoundaryOptions& options);

}  // namespace benchfleet
