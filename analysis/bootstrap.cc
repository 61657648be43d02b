#include "analysis/bootstrap.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "absl/strings/str_format.h"
#include "analysis/check.h"
#include "analysis/distribution.h"
#include "analysis/robust.h"
#include "base/ids.h"
#include "base/status.h"

namespace benchfleet {
namespace {

// Eight interleaved sums for a block, halves for what is longer: the error grows with log n, and
// results agree to the last bit with the common numerical packages, which decides whether a
// replicate equals the estimate.
double PairwiseSum(std::span<const double> values) {
  constexpr size_t kBlock = 128;
  const size_t n = values.size();
  if (n > kBlock) {
    const size_t half = n / 2 - n / 2 % 8;
    return PairwiseSum(values.first(half)) + PairwiseSum(values.subspan(half));
  }
  if (n < 8) return std::accumulate(values.begin(), values.end(), 0.0);
  std::array<double, 8> sums;
  std::copy_n(values.begin(), 8, sums.begin());
  size_t i = 8;
  for (; i + 8 <= n; i += 8) {
    for (size_t k = 0; k < 8; ++k) sums[k] += values[i + k];
  }
  const double sum =
      ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
  return std::accumulate(values.begin() + static_cast<std::ptrdiff_t>(i), values.end(), sum);
}

double BiasCorrection(std::span<const double> replicates, double estimate, TiesWithEstimate ties) {
  double below = 0;
  for (const double replicate : replicates) {
    if (replicate < estimate) {
      below += 1;
    } else if (replicate == estimate && ties == TiesWithEstimate::kHalf) {
      below += 0.5;
    }
  }
  const auto count = static_cast<double>(replicates.size());
  return NormalQuantile(std::clamp(below, 0.5, count - 0.5) / count);
}

double Acceleration(std::span<const double> values, const Statistic& statistic) {
  std::vector<double> without(values.size());
  std::vector<double> scratch;
  for (size_t i = 0; i < values.size(); ++i) {
    scratch.assign(values.begin(), values.end());
    scratch.erase(scratch.begin() + static_cast<std::ptrdiff_t>(i));
    without[i] = statistic(scratch);
  }
  const double mean = MomentsOf(without).mean;
  double squares = 0;
  double cubes = 0;
  for (const double value : without) {
    const double off = mean - value;
    squares += off * off;
    cubes += off * off * off;
  }
  return squares > 0 ? cubes / (6 * std::pow(squares, 1.5)) : 0;
}

absl::Status CheckIndices(const ResampleIndices& indices, size_t n) {
  if (indices.size() < 2) return absl::InvalidArgumentError("bootstrap: at least 2 resamples");
  for (size_t r = 0; r < indices.size(); ++r) {
    if (indices[r].empty() ||
        std::ranges::any_of(indices[r], [n](uint32_t index) { return index >= n; })) {
      return absl::InvalidArgumentError(
          absl::StrFormat("bootstrap: resample %d is empty or names a value beyond %d", r, n));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckHosts(const HostRuns& hosts, std::string_view name) {
  if (hosts.empty()) {
    return absl::InvalidArgumentError(absl::StrFormat("%s: no hosts", std::string(name)));
  }
  for (const auto& host : hosts) {
    if (host.empty()) {
      return absl::InvalidArgumentError(
          absl::StrFormat("%s: a host without runs", std::string(name)));
    }
    for (const auto& run : host) BF_RETURN_IF_ERROR(CheckPositive(run, 1, name));
  }
  return absl::OkStatus();
}

// One location with runs, and samples if wanted, drawn anew within the hosts of `draw`.
double DrawnLocation(const HostRuns& hosts, std::span<const size_t> draw,
                     const Statistic& statistic, bool resample_samples, Random* random) {
  std::vector<double> scratch;
  double sum = 0;
  for (const size_t h : draw) {
    const auto& runs = hosts[h];
    double host_sum = 0;
    for (size_t r = 0; r < runs.size(); ++r) {
      const auto& run = runs[random->Below(runs.size())];
      scratch.assign(run.begin(), run.end());
      if (resample_samples) {
        for (double& value : scratch) value = run[random->Below(run.size())];
      }
      host_sum += statistic(scratch);
    }
    sum += host_sum / static_cast<double>(runs.size());
  }
  return sum / static_cast<double>(draw.size());
}

std::vector<size_t> DrawHosts(size_t count, Random* random) {
  std::vector<size_t> draw(count);
  for (size_t& host : draw) host = random->Below(count);
  return draw;
}

}  // namespace

double MeanStatistic(std::span<double> values) {
  return PairwiseSum(values) / static_cast<double>(values.size());
}
double MedianStatistic(std::span<double> values) { return MedianInPlace(values); }

ResampleIndices DrawIndices(uint64_t seed, size_t resamples, size_t n) {
  ResampleIndices indices(resamples, std::vector<uint32_t>(n));
  uint64_t state = seed;
  for (auto& row : indices) {
    for (uint32_t& index : row) {
      state = 6364136223846793005u * state + 1442695040888963407u;
      index = static_cast<uint32_t>((state >> 33) % n);
    }
  }
  return indices;
}

absl::StatusOr<BootstrapResult> Bootstrap(std::span<const double> values,
                                          const ResampleIndices& indices,
                                          const Statistic& statistic, double level,
                                          TiesWithEstimate ties) {
  BF_RETURN_IF_ERROR(CheckSample(values, 2, "bootstrap"));
  BF_RETURN_IF_ERROR(CheckFraction(level, "confidence level"));
  BF_RETURN_IF_ERROR(CheckIndices(indices, values.size()));
  std::vector<double> scratch(values.begin(), values.end());
  BootstrapResult result;
  result.estimate = statistic(scratch);
  std::vector<double> replicates;
  replicates.reserve(indices.size());
  for (const auto& row : indices) {
    scratch.clear();
    for (const uint32_t index : row) scratch.push_back(values[index]);
    replicates.push_back(statistic(scratch));
  }
  BF_RETURN_IF_ERROR(CheckFinite(replicates, "bootstrap replicates"));
  std::sort(replicates.begin(), replicates.end());
  const Moments moments = MomentsOf(replicates);
  result.bootstrap_mean = moments.mean;
  result.standard_error = std::sqrt(moments.variance);
  const double tail = (1 - level) / 2;
  const auto at = [&](double p) { return SortedQuantile(replicates, std::clamp(p, 0.0, 1.0)); };
  result.percentile = {.low = at(tail), .high = at(1 - tail)};
  result.basic = {.low = 2 * result.estimate - result.percentile.high,
                  .high = 2 * result.estimate - result.percentile.low};
  result.bias_correction = BiasCorrection(replicates, result.estimate, ties);
  result.acceleration = Acceleration(values, statistic);
  const auto adjusted = [&](double p) {
    const double z = result.bias_correction + NormalQuantile(p);
    return NormalCdf(result.bias_correction + z / (1 - result.acceleration * z));
  };
  result.alpha_low = adjusted(tail);
  result.alpha_high = adjusted(1 - tail);
  result.bca = {.low = at(result.alpha_low), .high = at(result.alpha_high)};
  return result;
}

absl::StatusOr<double> HierarchicalLocation(const HostRuns& hosts, const Statistic& statistic) {
  BF_RETURN_IF_ERROR(CheckHosts(hosts, "hierarchical location"));
  std::vector<double> scratch;
  double sum = 0;
  for (const auto& runs : hosts) {
    double host_sum = 0;
    for (const auto& run : runs) {
      scratch.assign(run.begin(), run.end());
      host_sum += statistic(scratch);
    }
    sum += host_sum / static_cast<double>(runs.size());
  }
  return sum / static_cast<double>(hosts.size());
}

absl::StatusOr<HierarchicalRatio> HierarchicalBootstrapRatio(const HostRuns& baseline,
                                                             const HostRuns& candidate,
                                                             const Statistic& statistic,
                                                             const HierarchicalOptions& options) {
  BF_RETURN_IF_ERROR(CheckHosts(baseline, "baseline"));
  BF_RETURN_IF_ERROR(CheckHosts(candidate, "candidate"));
  BF_RETURN_IF_ERROR(CheckFraction(options.level, "confidence level"));
  if (options.resamples < 2) return absl::InvalidArgumentError("bootstrap: at least 2 resamples");
  BF_ASSIGN_OR_RETURN(const double base, HierarchicalLocation(baseline, statistic));
  BF_ASSIGN_OR_RETURN(const double cand, HierarchicalLocation(candidate, statistic));
  Random random(options.seed);
  std::vector<double> ratios;
  ratios.reserve(options.resamples);
  for (size_t r = 0; r < options.resamples; ++r) {
    const std::vector<size_t> base_hosts = DrawHosts(baseline.size(), &random);
    const std::vector<size_t> candidate_hosts =
        candidate.size() == baseline.size() ? base_hosts : DrawHosts(candidate.size(), &random);
    const double from =
        DrawnLocation(baseline, base_hosts, statistic, options.resample_samples, &random);
    const double to =
        DrawnLocation(candidate, candidate_hosts, statistic, options.resample_samples, &random);
    ratios.push_back(to / from);
  }
  BF_RETURN_IF_ERROR(CheckFinite(ratios, "bootstrap ratios"));
  std::sort(ratios.begin(), ratios.end());
  const double tail = (1 - options.level) / 2;
  return HierarchicalRatio{
      .ratio = cand / base,
      .interval = {.low = SortedQuantile(ratios, tail), .high = SortedQuantile(ratios, 1 - tail)}};
}

}  // namespace benchfleet
