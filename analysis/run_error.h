// The standard error of a shift between two sides of runs, from how runs differ: steps 2 and 3 of
// verdict.h. Private to analysis/.
//
// What a few runs show of how runs differ is little, and less than their spread says: runs may have
// two modes of which only one was seen, or now and then stray. Hence, of runs alone (a history of
// the series makes up for all of it):
//  * Below kClippedDegreesMin degrees of freedom nothing is clipped: of three runs one always lies
//    on the median, and the scale that says what is wild is too small.
//  * A side of fewer than kRobustRuns runs has no majority that outvotes a wild one, so its own
//    share of the error is not clipped either.
//  * Up to kAssumedDegreesMax degrees of freedom the variance that runs are assumed to have
//    (VerdictOptions) is added, the less the more runs there are: all of it for a side of a single
//    run, with its few degrees of freedom, and a part of it for others.
//  * The mean of m runs is not surer than Student's t with 5 m degrees of freedom, however many
//    runs the other side has.
// tests/bench/detection shows what comes of it for runs of several kinds.
#pragma once

#include <span>

#include "analysis/run_variance.h"
#include "analysis/verdict.h"

namespace benchfleet {

// Fills in variances, standard error and degrees of freedom from run medians (logarithms).
void EstimateRunError(std::span<const double> baseline, std::span<const double> candidate,
                      const HistoryVariance& history, const VerdictOptions& options,
                      Comparison* result);

}  // namespace benchfleet
