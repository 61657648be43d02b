#include "analysis/break_even.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/status.h"

namespace benchfleet {
namespace {

constexpr double kOpenEnd = std::numeric_limits<double>::infinity();
// What lies within this factor of a measured value is not called extrapolated.
constexpr double kNearSeen = 1.25;
constexpr size_t kLargestDraws = std::numeric_limits<size_t>::max();

// Where the last stretch begins on which `difference` keeps the sign of `side` (-1 or +1):
// -infinity when it has it everywhere, +infinity when it does not have it at the end. A difference
// of 0 has neither sign.
double StartOfLastStretch(std::span<const double> sizes, std::span<const double> difference,
                          double side) {
  const size_t n = sizes.size();
  if (difference[n - 1] * side <= 0) return kOpenEnd;
  size_t i = n - 1;
  while (i > 0 && difference[i - 1] * side > 0) --i;
  if (i == 0) return -kOpenEnd;
  const double from = difference[i - 1];
  const double to = difference[i];
  return sizes[i - 1] + (sizes[i] - sizes[i - 1]) * from / (from - to);
}

size_t CountCrossings(std::span<const double> difference) {
  size_t crossings = 0;
  double last = 0;
  for (const double value : difference) {
    if (last * value < 0) ++crossings;
    if (value != 0) last = value;
  }
  return crossings;
}

bool AllHave(std::span<const double> values, double sign) {
  return std::all_of(values.begin(), values.end(), [sign](double v) { return v * sign > 0; });
}

// "at 2^12 and 2^14", the sizes at which the ratio of the two may be 1.
std::string SizesTooClose(std::span<const SizePoint> points, double level) {
  std::vector<double> close;
  for (const SizePoint& point : points) {
    const RatioEstimate ratio = RatioOf(point.local, point.remote, level);
    if (ratio.interval && ratio.interval->low <= 1 && ratio.interval->high >= 1) {
      close.push_back(point.log2_size);
    }
  }
  std::string text;
  for (size_t i = 0; i < close.size(); ++i) {
    text += i == 0 ? "at " : i + 1 == close.size() ? " and " : ", ";
    text += absl::StrFormat("2^%g", close[i]);
  }
  return text;
}

std::string UndecidedReason(std::span<const SizePoint> points, double level) {
  const std::string close = SizesTooClose(points, level);
  if (!close.empty()) return "the two cannot be told apart " + close;
  return "each size is clear, all of them together are not";
}

absl::Status CheckSizes(std::span<const SizePoint> points) {
  if (points.empty()) return absl::InvalidArgumentError("break-even: no size was measured on both");
  for (size_t i = 0; i < points.size(); ++i) {
    if (!std::isfinite(points[i].log2_size)) {
      return absl::InvalidArgumentError("break-even: a size is not a number");
    }
    if (i > 0 && points[i].log2_size == points[i - 1].log2_size) {
      return absl::InvalidArgumentError(
          absl::StrFormat("break-even: the size 2^%g is given twice", points[i].log2_size));
    }
  }
  return absl::OkStatus();
}

// What the draws say: the span of the crossing, and how often one side wins everywhere.
struct DrawnSizes {
  std::optional<Interval> interval;
  double share_faster = 0;
  double share_slower = 0;
};

DrawnSizes DrawSizes(std::span<const SizePoint> points, std::span<const double> sizes, double side,
                     double level) {
  DrawnSizes drawn;
  size_t draws = kLargestDraws;
  for (const SizePoint& point : points) {
    draws = std::min({draws, point.local.log_draws.size(), point.remote.log_draws.size()});
  }
  if (draws == 0) return drawn;
  std::vector<double> starts(draws);
  std::vector<double> difference(points.size());
  size_t faster = 0;
  size_t slower = 0;
  for (size_t d = 0; d < draws; ++d) {
    for (size_t i = 0; i < points.size(); ++i) {
      difference[i] = points[i].remote.log_draws[d] - points[i].local.log_draws[d];
    }
    starts[d] = StartOfLastStretch(sizes, difference, side);
    faster += AllHave(difference, -1);
    slower += AllHave(difference, 1);
  }
  drawn.interval = SpanOfDraws(std::move(starts), level);
  drawn.share_faster = static_cast<double>(faster) / static_cast<double>(draws);
  drawn.share_slower = static_cast<double>(slower) / static_cast<double>(draws);
  return drawn;
}

// The value of a limit in each draw; infinite where there is none.
std::vector<double> LimitDraws(std::span<const Estimate* const> estimates,
                               const std::function<double(std::span<const double>)>& limit) {
  size_t draws = kLargestDraws;
  for (const Estimate* estimate : estimates) draws = std::min(draws, estimate->log_draws.size());
  std::vector<double> values(draws);
  std::vector<double> drawn(estimates.size());
  for (size_t d = 0; d < draws; ++d) {
    for (size_t i = 0; i < estimates.size(); ++i) drawn[i] = std::exp(estimates[i]->log_draws[d]);
    values[d] = limit(drawn);
  }
  return values;
}

NetworkLimit Judge(double value, std::vector<double> draws, double never,
                   const std::optional<Seen>& seen, double level, const char* why_never) {
  NetworkLimit result;
  if (draws.empty()) {
    result.reason = "a single sample shows no spread";
    return result;
  }
  const auto without = std::count(draws.begin(), draws.end(), never);
  const double share = static_cast<double>(without) / static_cast<double>(draws.size());
  if (share >= level) {
    result.outcome = LimitOutcome::kNever;
    result.reason = why_never;
    return result;
  }
  result.interval = SpanOfDraws(std::move(draws), level);
  if (value == never) {
    result.outcome = LimitOutcome::kUndecided;
    result.reason = std::string("probably, but not surely, ") + why_never;
    return result;
  }
  result.outcome = LimitOutcome::kFound;
  result.value = value;
  result.extrapolated = !seen || value < seen->low / kNearSeen || value > seen->high * kNearSeen;
  return result;
}

}  // namespace

absl::StatusOr<BreakEvenSize> FindBreakEvenSize(std::vector<SizePoint> points, double level) {
  std::sort(points.begin(), points.end(),
            [](const SizePoint& a, const SizePoint& b) { return a.log2_size < b.log2_size; });
  BF_RETURN_IF_ERROR(CheckSizes(points));
  BreakEvenSize result;
  if (points.size() == 1) {
    result.outcome = SizeOutcome::kSingleSize;
    return result;
  }
  std::vector<double> sizes;
  std::vector<double> difference;  // ln(remote / local): below 0, elsewhere is faster
  for (const SizePoint& point : points) {
    sizes.push_back(point.log2_size);
    difference.push_back(std::log(point.remote.value / point.local.value));
  }
  result.crossings = CountCrossings(difference);
  result.faster_above = difference.back() < 0;
  const double side = result.faster_above ? -1 : 1;
  const double start = StartOfLastStretch(sizes, difference, side);
  if (std::isfinite(start)) result.log2_size = start;
  DrawnSizes drawn = DrawSizes(points, sizes, side, level);
  if (!drawn.interval) {
    result.reason = "a size has a single sample, which shows no spread";
    return result;
  }
  if (drawn.share_faster >= level || drawn.share_slower >= level) {
    result.outcome =
        drawn.share_faster >= level ? SizeOutcome::kAlwaysFaster : SizeOutcome::kAlwaysSlower;
    return result;
  }
  const bool bounded = std::isfinite(drawn.interval->low) || std::isfinite(drawn.interval->high);
  if (result.log2_size && bounded) {
    result.outcome = SizeOutcome::kCrossing;
    result.interval = drawn.interval;
    return result;
  }
  result.reason = UndecidedReason(points, level);
  return result;
}

double RateBound(const RemoteParts& parts) {
  if (parts.rate > 0) return std::min(parts.transfer, parts.bytes / parts.rate * 1e9);
  return std::max(parts.transfer - parts.round_trip, 0.0);
}

double FixedTime(const RemoteParts& parts) { return parts.latency - RateBound(parts); }

double RoundTripBound(const RemoteParts& parts) {
  return parts.connect + parts.attest + parts.transfer - RateBound(parts);
}

NetworkLimit FindBreakEvenRate(const Estimate& local, const Estimate& fixed, double bytes,
                               const std::optional<Seen>& seen, double level) {
  const auto limit = [bytes](double here, double elsewhere) {
    return here > elsewhere ? bytes * 1e9 / (here - elsewhere) : kOpenEnd;
  };
  const Estimate* const estimates[] = {&local, &fixed};
  return Judge(limit(local.value, fixed.value),
               LimitDraws(estimates, [&](std::span<const double> d) { return limit(d[0], d[1]); }),
               kOpenEnd, seen, level,
               "what no bandwidth shortens takes longer than the whole does locally");
}

NetworkLimit FindBreakEvenRoundTrip(const Estimate& local, const Estimate& remote,
                                    const Estimate& bound, double round_trip,
                                    const std::optional<Seen>& seen, double level) {
  if (round_trip < kRoundTripLeast) {
    NetworkLimit result;
    result.reason = "the measured round trip is below 1 ms: too little of the time depends on it";
    return result;
  }
  const auto limit = [round_trip](double here, double elsewhere, double bound_time) {
    return std::max(0.0, round_trip * (1 + (here - elsewhere) / bound_time));
  };
  const Estimate* const estimates[] = {&local, &remote, &bound};
  return Judge(
      limit(local.value, remote.value, bound.value),
      LimitDraws(estimates, [&](std::span<const double> d) { return limit(d[0], d[1], d[2]); }), 0,
      seen, level, "it is slower even without a round trip");
}

}  // namespace benchfleet
