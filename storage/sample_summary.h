// The figures that the store keeps beside the samples of a run. Pure functions.
//
// The analysis computes its own from the samples; these serve lists and histories, which would
// otherwise decode every chunk. Quantiles are of type 7 (Hyndman and Fan, 1996, "Sample Quantiles
// in Statistical Packages"): with h = (n-1) p, linear between the order statistics floor(h) and
// floor(h)+1, as in analysis/quantile.h.
#pragma once

#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "proto/control.h"
#include "proto/model.h"

namespace benchfleet {

// Exact, in O(n); reorders `values`, which are finite. count = 0 and zeros when there are none.
MetricSummary SummarizeValues(std::string_view metric, std::vector<double>& values);

// Seconds in one `unit` of time ("ns", "us", "ms", "s"); 0 for a unit that is no time.
double SecondsIn(std::string_view unit);

// Turns samples of the metric that `derived` is derived from, whose unit is `source_unit`, into
// samples of `derived`: numerator / seconds. A time of zero has no rate and is left out.
// Error: `source_unit` is no time.
absl::Status Derive(const Metric& derived, std::string_view source_unit,
                    std::vector<double>& values);

}  // namespace benchfleet
