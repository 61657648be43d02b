#include "analysis/detection_selftest.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_format.h"
#include "analysis/quantile.h"
#include "base/ids.h"
#include "base/status.h"

namespace benchfleet {
namespace {

constexpr size_t kBlock = 5;
constexpr size_t kMargin = 5;     // a change point this near to the step is the step
constexpr size_t kEdge = 8;       // no step nearer to either end
constexpr size_t kDelayMax = 40;  // revisions for which a step is waited for
constexpr double kNormal95 = 1.959963984540054;

// A stored series as the trials use it.
struct Prepared {
  std::vector<double> residuals;             // log of value / level, one a revision
  std::vector<std::vector<double>> medians;  // of the runs of each revision
  std::vector<size_t> level;                 // the number of each revision's level
};

absl::StatusOr<Prepared> Prepare(const SelftestSeries& series,
                                 const DetectionSelftestOptions& options) {
  Prepared prepared;
  const size_t kept = std::min(series.size(), options.longest);
  prepared.medians.assign(series.end() - static_cast<std::ptrdiff_t>(kept), series.end());
  std::vector<double> values;
  for (const auto& runs : prepared.medians) values.push_back(MedianOf(runs));
  BF_ASSIGN_OR_RETURN(const History history, FindChangePoints(values, options.trend));
  const std::vector<LevelSegment> segments = history.Segments();
  for (size_t s = 0; s < segments.size(); ++s) {
    for (size_t i = segments[s].start; i < segments[s].end; ++i) {
      prepared.residuals.push_back(std::log(values[i] / segments[s].level));
      prepared.level.push_back(s);
    }
  }
  return prepared;
}

bool Usable(const SelftestSeries& series) {
  return series.size() >= kSelftestRevisionsMin &&
         std::all_of(series.begin(), series.end(), [](const std::vector<double>& runs) {
           return !runs.empty() && std::all_of(runs.begin(), runs.end(), [](double value) {
             return value > 0 && std::isfinite(value);
           });
         });
}

// A history of the same length and noise without any change.
std::vector<double> Redrawn(const Prepared& series, Random* random) {
  const size_t n = series.residuals.size();
  std::vector<double> values;
  while (values.size() < n) {
    const size_t start = random->Below(n - kBlock + 1);
    for (size_t i = start; i < start + kBlock && values.size() < n; ++i) {
      values.push_back(std::exp(series.residuals[i]));
    }
  }
  return values;
}

bool IsNear(size_t index, size_t at) { return index + kMargin >= at && index <= at + kMargin; }

bool HasNear(const History& history, size_t at) {
  return std::any_of(history.change_points().begin(), history.change_points().end(),
                     [at](const ChangePoint& change) { return IsNear(change.index, at); });
}

class Trials {
 public:
  Trials(const std::vector<Prepared>& series, const DetectionSelftestOptions& options)
      : series_(series), options_(options), random_(options.seed) {}

  absl::Status Trend(double effect, SelftestRow* row, std::vector<double>* delays) {
    const Prepared& chosen = Choose();
    std::vector<double> values = Redrawn(chosen, &random_);
    const size_t at = kEdge + random_.Below(values.size() - 2 * kEdge + 1);
    const double factor = Factor(effect);
    for (size_t i = at; i < values.size(); ++i) values[i] *= factor;
    BF_ASSIGN_OR_RETURN(const History whole, FindChangePoints(values, options_.trend));
    const bool found = HasNear(whole, at);
    ++row->trend_found.trials;
    row->trend_found.count += found ? 1 : 0;
    for (const ChangePoint& change : whole.change_points()) {
      row->trend_false += IsNear(change.index, at) ? 0 : 1;
    }
    if (!found) return absl::OkStatus();
    BF_ASSIGN_OR_RETURN(
        History growing,
        FindChangePoints(std::span<const double>(values).first(at + 1), options_.trend));
    for (size_t delay = 1; at + delay <= values.size() && delay <= kDelayMax; ++delay) {
      if (HasNear(growing, at)) {
        delays->push_back(static_cast<double>(delay));
        break;
      }
      if (at + delay < values.size()) BF_RETURN_IF_ERROR(growing.Append(values[at + delay]));
    }
    return absl::OkStatus();
  }

  absl::Status Quiet(DetectionSelftest* result) {
    const std::vector<double> values = Redrawn(Choose(), &random_);
    BF_ASSIGN_OR_RETURN(const History history, FindChangePoints(values, options_.trend));
    ++result->quiet_histories;
    result->quiet_points += values.size();
    result->trend_false += history.change_points().size();
    return absl::OkStatus();
  }

  // Whether the effect was called with its right sign; with no effect, whether anything was called.
  absl::Status Check(double effect, Share* called) {
    const Prepared& chosen = Choose();
    const size_t n = chosen.medians.size();
    size_t at = 0;
    // Levels are at least three revisions long: half of the draws or more fit.
    do {
      at = kEdge + random_.Below(n - kEdge);
    } while (chosen.level[at] != chosen.level[at - 1]);
    const double factor = Factor(effect);
    const auto runs = [](const std::vector<double>& medians, double times) {
      std::vector<std::vector<double>> samples;
      for (const double median : medians) samples.push_back({median * times});
      return samples;
    };
    const auto baseline = runs(chosen.medians[at - 1], 1);
    const auto candidate = runs(chosen.medians[at], factor);
    const auto history = std::span<const std::vector<double>>(chosen.medians).first(at - 1);
    BF_ASSIGN_OR_RETURN(const Comparison found,
                        Compare({baseline, candidate, history}, options_.check));
    const Verdict right =
        (factor > 1) == options_.check.lower_is_better ? Verdict::kRegressed : Verdict::kImproved;
    ++called->trials;
    called->count +=
        effect > 0 ? found.verdict == right
                   : found.verdict == Verdict::kRegressed || found.verdict == Verdict::kImproved;
    return absl::OkStatus();
  }

 private:
  const Prepared& Choose() { return series_[random_.Below(series_.size())]; }
  double Factor(double effect) { return random_.Below(2) == 0 ? 1 + effect : 1 / (1 + effect); }

  const std::vector<Prepared>& series_;
  const DetectionSelftestOptions& options_;
  Random random_;
};

absl::Status TooLittle(std::span<const SelftestSeries> series) {
  size_t longest = 0;
  for (const SelftestSeries& one : series) longest = std::max(longest, one.size());
  if (series.empty()) return absl::FailedPreconditionError("there is no history to test with");
  return absl::FailedPreconditionError(absl::StrFormat(
      "too little history to test with: a series must have %d revisions of values above 0, the "
      "longest of %d has %d",
      kSelftestRevisionsMin, series.size(), longest));
}

}  // namespace

Interval Share::interval() const {
  if (trials == 0) return {.low = 0, .high = 1};
  const auto n = static_cast<double>(trials);
  const double z2 = kNormal95 * kNormal95;
  const double center = (value() + z2 / (2 * n)) / (1 + z2 / n);
  const double half =
      kNormal95 / (1 + z2 / n) * std::sqrt(value() * (1 - value()) / n + z2 / (4 * n * n));
  return {.low = std::max(0.0, center - half), .high = std::min(1.0, center + half)};
}

double SelftestRow::trend_precision() const {
  const auto all = static_cast<double>(trend_found.count + trend_false);
  return all > 0 ? static_cast<double>(trend_found.count) / all : 1;
}

double DetectionSelftest::trend_false_per_1000() const {
  if (quiet_points == 0) return 0;
  return 1000 * static_cast<double>(trend_false) / static_cast<double>(quiet_points);
}

absl::StatusOr<DetectionSelftest> RunDetectionSelftest(std::span<const SelftestSeries> series,
                                                       const DetectionSelftestOptions& options) {
  DetectionSelftest result;
  result.seed = options.seed;
  std::vector<Prepared> prepared;
  for (const SelftestSeries& one : series) {
    if (!Usable(one)) {
      ++result.too_short;
      continue;
    }
    BF_ASSIGN_OR_RETURN(Prepared made, Prepare(one, options));
    result.revisions += made.residuals.size();
    prepared.push_back(std::move(made));
  }
  result.series = prepared.size();
  if (prepared.empty()) return TooLittle(series);
  Trials trials(prepared, options);
  for (size_t i = 0; i < options.trials; ++i) {
    BF_RETURN_IF_ERROR(trials.Quiet(&result));
    BF_RETURN_IF_ERROR(trials.Check(0, &result.check_false));
  }
  for (const double effect : options.effects) {
    SelftestRow row;
    row.effect = effect;
    std::vector<double> delays;
    for (size_t i = 0; i < options.trials; ++i) {
      BF_RETURN_IF_ERROR(trials.Trend(effect, &row, &delays));
      BF_RETURN_IF_ERROR(trials.Check(effect, &row.check_found));
    }
    if (!delays.empty()) row.delay = MedianInPlace(delays);
    result.rows.push_back(row);
  }
  return result;
}

}  // namespace benchfleet
