#include "analysis/steady_state.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_format.h"
#include "analysis/check.h"
#include "analysis/partition.h"
#include "analysis/quantile.h"
#include "analysis/robust.h"
#include "analysis/series_scale.h"
#include "base/status.h"

namespace benchfleet {
namespace {

constexpr size_t kSteadySamplesMin = 30;
constexpr size_t kBlocksMax = 1000;
constexpr size_t kSegmentMin = 5;
constexpr double kWildClip = 4;  // Noise beyond which a sample is wild.

// On a scale where the noise is 1, so that the floor of the segment variance means nothing.
std::vector<double> Cleaned(std::span<const double> values, double noise, double origin) {
  std::vector<double> cleaned;
  for (size_t i = 0; i < values.size(); ++i) {
    cleaned.push_back((ClippedAt(values, i, kWildClip * noise) - origin) / noise);
  }
  return cleaned;
}

bool SameLevel(const SteadySegment& segment, const SteadySegment& last, double tolerance) {
  const double reach = std::max(last.stddev, tolerance * std::abs(last.mean));
  return std::abs(segment.mean - last.mean) <= reach;
}

SteadyKind KindOf(const std::vector<SteadySegment>& segments, size_t first_steady, size_t blocks,
                  const SteadyOptions& options) {
  const SteadySegment& last = segments.back();
  const auto covered = static_cast<double>(last.end - segments[first_steady].start);
  if (covered < options.last_share * static_cast<double>(blocks)) {
    return SteadyKind::kNoSteadyState;
  }
  if (first_steady == 0) return SteadyKind::kFlat;
  for (size_t i = 0; i < first_steady; ++i) {
    const bool better = (segments[i].mean < last.mean) == options.lower_is_better;
    if (better && !SameLevel(segments[i], last, options.tolerance)) return SteadyKind::kSlowdown;
  }
  return SteadyKind::kWarmUp;
}

}  // namespace

const char* SteadyKindName(SteadyKind kind) {
  switch (kind) {
    case SteadyKind::kFlat:
      return "flat";
    case SteadyKind::kWarmUp:
      return "warm-up";
    case SteadyKind::kSlowdown:
      return "slowdown";
    case SteadyKind::kNoSteadyState:
      return "no steady state";
    case SteadyKind::kTooShort:
      return "too short";
  }
  return "too short";
}

absl::StatusOr<SteadyState> FindSteadyState(std::span<const double> samples,
                                            const SteadyOptions& options) {
  BF_RETURN_IF_ERROR(CheckFinite(samples, "steady state"));
  if (!(options.tolerance >= 0 && options.penalty > 0)) {
    return absl::InvalidArgumentError(absl::StrFormat("steady state: tolerance %g and penalty %g",
                                                      options.tolerance, options.penalty));
  }
  BF_RETURN_IF_ERROR(CheckFraction(options.last_share, "share of the last level"));
  SteadyState result;
  result.steady_start = samples.size();
  if (samples.size() < kSteadySamplesMin) return result;
  const size_t size = (samples.size() + kBlocksMax - 1) / kBlocksMax;
  std::vector<double> blocks;
  for (size_t start = 0; start < samples.size(); start += size) {
    blocks.push_back(MedianOf(samples.subspan(start, std::min(size, samples.size() - start))));
  }
  const double noise = NeighbourNoise(blocks);
  if (!(noise > 0)) {
    const double level = blocks.back();
    result.kind = SteadyKind::kFlat;
    result.steady_start = 0;
    result.segments = {{.start = 0, .end = samples.size(), .mean = level, .stddev = 0}};
    return result;
  }
  const double origin = MedianOf(blocks);
  const std::vector<double> cleaned = Cleaned(blocks, noise, origin);
  const double penalty = options.penalty * std::log(static_cast<double>(blocks.size()));
  BF_ASSIGN_OR_RETURN(Partition partition,
                      OptimalPartition(cleaned, SegmentCost::kMeanVariance, penalty, kSegmentMin));
  partition.change_points.push_back(blocks.size());
  size_t start = 0;
  for (const size_t end : partition.change_points) {
    const Moments moments = MomentsOf(std::span(cleaned).subspan(start, end - start));
    result.segments.push_back({.start = start,
                               .end = end,
                               .mean = origin + noise * moments.mean,
                               .stddev = noise * std::sqrt(moments.variance)});
    start = end;
  }
  size_t first_steady = result.segments.size() - 1;
  while (first_steady > 0 &&
         SameLevel(result.segments[first_steady - 1], result.segments.back(), options.tolerance)) {
    --first_steady;
  }
  result.kind = KindOf(result.segments, first_steady, blocks.size(), options);
  for (SteadySegment& segment : result.segments) {
    segment.start *= size;
    segment.end = std::min(segment.end * size, samples.size());
  }
  if (result.kind != SteadyKind::kNoSteadyState) {
    result.steady_start = result.segments[first_steady].start;
  }
  return result;
}

}  // namespace benchfleet
