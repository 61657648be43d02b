// From which size on, from which bandwidth on and up to which round-trip time is it faster to have
// something done elsewhere? Pure functions of estimates (analysis/estimate.h).
//
// Size. Both ways have a time at each size; between sizes, ln(time) is taken as linear in
// log2(size). That is a power law on each stretch, which is how proving scales (n log n is nearly
// one); it passes through what was measured, it has no parameter to choose, and it keeps the steps
// that are there (a proof system's domain doubles at each power of two), which a smooth curve would
// wipe out. Curves forced to be monotone would gain nothing, since the difference of two monotone
// curves need not be. The difference of the two is then linear on each stretch too, and its zeros
// are exact. The break-even is the last zero: the start of the stretch, open to the right, on which
// one side wins. Its interval is the span of the same quantity over the estimates' draws, where a
// draw in which that side wins everywhere (or nowhere) begins below (or above) the measured range.
//
// Rate. The time elsewhere as a function of the rate r of the network, from measured parts:
//
//   T(r) = fixed + bytes / r,   fixed = latency - min(send + return, bytes / measured rate),
//
// so what of the transfers the rate explains is scaled, and what remains of them (round trips,
// protocol) stays. T(r) = local gives r = bytes / (local - fixed). Round trips. With
// b = connect + attest + what remains of the transfers, all of it bound to the round-trip time q,
//
//   T(q') = latency + b (q' / q - 1)   and   q' = q (1 + (local - latency) / b).
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "analysis/estimate.h"

namespace benchfleet {

// What one thing costs at one size, here and elsewhere.
struct SizePoint {
  double log2_size = 0;
  Estimate local;
  Estimate remote;
};

enum class SizeOutcome {
  kCrossing,
  kAlwaysFaster,  // elsewhere is faster at every size, in at least `level` of the draws
  kAlwaysSlower,
  kSingleSize,  // a single size has no curve; RatioOf tells its answer
  kUndecided,   // `reason` says what cannot be told apart
};

struct BreakEvenSize {
  SizeOutcome outcome = SizeOutcome::kUndecided;
  // Of kCrossing, and of kUndecided where the values themselves cross. Faster elsewhere from there
  // on, or, where `faster_above` is false, up to there.
  std::optional<double> log2_size;
  bool faster_above = true;
  // Infinite ends: the crossing may lie below, or above, the measured range.
  std::optional<Interval> interval;
  size_t crossings = 0;  // of the values; above 1, log2_size is the last
  std::string reason;    // of kUndecided
};

// Points in any order. Errors: none, two of the same size, a size that is not finite.
absl::StatusOr<BreakEvenSize> FindBreakEvenSize(std::vector<SizePoint> points, double level);

enum class LimitOutcome {
  kFound,
  kNever,      // no value of it makes elsewhere faster
  kUndecided,  // cannot be told from never
  kUnknown,    // not measured, or measured in a way that does not show it
};

// Elsewhere is faster from `value` on (a rate) or up to it (a round-trip time).
struct NetworkLimit {
  LimitOutcome outcome = LimitOutcome::kUnknown;
  double value = 0;                  // B/s or ns
  std::optional<Interval> interval;  // an infinite end of a rate: perhaps never
  // Beyond the values of it that were measured, by more than their own noise: the model speaks.
  bool extrapolated = false;
  std::string reason;  // of kNever, kUndecided and kUnknown
};

// The values of a network's quantity that a sweep has seen.
struct Seen {
  double low = 0;
  double high = 0;
};

// One iteration elsewhere; ns and bytes both ways, 0 for what was not measured.
struct RemoteParts {
  double latency = 0;
  double connect = 0;
  double attest = 0;
  double transfer = 0;  // send + return
  double bytes = 0;     // sent + received
  double rate = 0;      // B/s
  double round_trip = 0;
};
// What the rate of the network explains of the transfers: min(transfer, bytes / rate); where no
// rate was measured, the transfers less one round trip.
double RateBound(const RemoteParts& parts);
// What no rate changes.
double FixedTime(const RemoteParts& parts);
// What scales with the round-trip time: connect, attest, the rest of the transfers.
double RoundTripBound(const RemoteParts& parts);

// `fixed` estimates FixedTime; `bytes` above 0.
NetworkLimit FindBreakEvenRate(const Estimate& local, const Estimate& fixed, double bytes,
                               const std::optional<Seen>& seen, double level);

// `bound` estimates RoundTripBound, `round_trip` is the one that it was measured at. Refused below
// kRoundTripLeast: there, what is computed while connecting outweighs the way.
inline constexpr double kRoundTripLeast = 1e6;
NetworkLimit FindBreakEvenRoundTrip(const Estimate& local, const Estimate& remote,
                                    const Estimate& bound, double round_trip,
                                    const std::optional<Seen>& seen, double level);

}  // namespace benchfleet
