#include "benchctl/bless.h"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "analysis/quantile.h"
#include "analysis/verdict.h"
#include "base/status.h"
#include "benchctl/table.h"
#include "benchctl/trend_words.h"

namespace benchfleet {
namespace {

constexpr size_t kRevisionsBefore = 20;

bool Has(const TrendPoint& point, JobId job) {
  return std::find(point.jobs.begin(), point.jobs.end(), job) != point.jobs.end();
}

bool IsIn(const Baseline& baseline, const HistoryPoint& point) {
  return std::binary_search(baseline.jobs.begin(), baseline.jobs.end(), point.job) &&
         (baseline.runs.empty() ||
          std::binary_search(baseline.runs.begin(), baseline.runs.end(), point.run));
}

// Each run as a sample of one: its median.
std::vector<std::vector<double>> AsRuns(const std::vector<double>& medians) {
  std::vector<std::vector<double>> runs;
  for (const double median : medians) runs.push_back({median});
  return runs;
}

std::optional<Blessing> Judged(const SeriesTrend& trend, const std::vector<double>& before,
                               const std::vector<double>& after,
                               const std::vector<std::vector<double>>& history) {
  if (before.empty() || after.empty()) return std::nullopt;
  const auto baseline = AsRuns(before);
  const auto candidate = AsRuns(after);
  VerdictOptions options;
  options.lower_is_better = trend.series.direction != Direction::kHigherIsBetter;
  const auto found = Compare({baseline, candidate, history}, options);
  // Values that are not above 0 have no ratio; a change point alone can tell of them.
  if (!found.ok()) return std::nullopt;
  if (found->verdict != Verdict::kRegressed && found->verdict != Verdict::kImproved) {
    return std::nullopt;
  }
  const LevelShift shift = ShiftOfRatio(MedianOf(before), MedianOf(after), found->ratio_interval);
  Blessing blessing;
  blessing.series = trend.series;
  blessing.before = shift.before;
  blessing.after = shift.after;
  blessing.shift_low = shift.shift.low;
  blessing.shift_high = shift.shift.high;
  return blessing;
}

}  // namespace

Blessing BlessingOf(const SeriesTrend& trend, const TrendShift& shift) {
  Blessing blessing;
  blessing.series = trend.series;
  blessing.before = shift.level.before;
  blessing.after = shift.level.after;
  blessing.shift_low = shift.level.shift.low;
  blessing.shift_high = shift.level.shift.high;
  blessing.logarithmic = shift.level.logarithmic;
  blessing.from_revision = trend.points[shift.index - 1].revision;
  blessing.to_revision = trend.points[shift.index].revision;
  return blessing;
}

absl::StatusOr<Blessing> NewestShift(const SeriesTrend& trend, const std::string& revision) {
  std::string known;
  for (auto shift = trend.shifts.rbegin(); shift != trend.shifts.rend(); ++shift) {
    const std::string& at = trend.points[shift->index].revision;
    if (!shift->blessing.empty()) continue;
    if (revision.empty() || at.starts_with(revision)) return BlessingOf(trend, *shift);
    known += (known.empty() ? "" : ", ") + ShortRevision(at);
  }
  const std::string name = SeriesNumber(trend.series.id);
  if (known.empty()) {
    return absl::NotFoundError(absl::StrFormat("%s has no shift that is not blessed", name));
  }
  return absl::NotFoundError(absl::StrFormat("%s has no shift at '%s', but at %s", name,
                                             Printable(revision), Printable(known)));
}

std::optional<Blessing> ShiftOfJob(const SeriesHistory& history, const SeriesTrend& trend,
                                   JobId job, const Baseline* baseline) {
  const auto found = std::find_if(trend.points.begin(), trend.points.end(),
                                  [job](const TrendPoint& point) { return Has(point, job); });
  if (found == trend.points.end()) return std::nullopt;
  const auto index = static_cast<size_t>(found - trend.points.begin());
  std::vector<double> before;
  std::vector<double> after;
  std::vector<std::vector<double>> earlier;
  std::string from_revision;
  for (const HistoryPoint& point : history.points) {
    if (point.job == job) after.push_back(point.summary.median);
    if (baseline != nullptr && IsIn(*baseline, point)) {
      before.push_back(point.summary.median);
      from_revision = point.revision;
    }
  }
  if (baseline == nullptr) {
    for (const TrendShift& shift : trend.shifts) {
      const size_t apart = shift.index > index ? shift.index - index : index - shift.index;
      if (apart <= shift.reach && shift.blessing.empty()) return BlessingOf(trend, shift);
    }
    if (index == 0) return std::nullopt;
    const auto level =
        std::find_if(trend.levels.begin(), trend.levels.end(),
                     [index](const LevelSegment& segment) { return index - 1 < segment.end; });
    const size_t start =
        std::max(level->start, index > kRevisionsBefore ? index - kRevisionsBefore : 0);
    for (size_t i = start; i < index; ++i) {
      const auto& medians = trend.points[i].medians;
      before.insert(before.end(), medians.begin(), medians.end());
    }
    from_revision = trend.points[index - 1].revision;
  }
  for (size_t i = 0; i < index; ++i) earlier.push_back(trend.points[i].medians);
  std::optional<Blessing> blessing = Judged(trend, before, after, earlier);
  if (!blessing) return std::nullopt;
  blessing->from_revision = from_revision;
  blessing->to_revision = found->revision;
  if (baseline != nullptr) blessing->baseline = baseline->name;
  return blessing;
}

}  // namespace benchfleet
