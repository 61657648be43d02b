#include "benchctl/trend.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <unordered_map>

#include "absl/strings/str_format.h"
#include "analysis/quantile.h"
#include "base/status.h"

namespace benchfleet {
namespace {

bool NamesSeveralRevisions(const std::vector<HistoryPoint>& points) {
  return std::any_of(points.begin(), points.end(), [&points](const HistoryPoint& point) {
    return point.revision != points.front().revision;
  });
}

ShiftKind KindOf(Direction direction, double shift) {
  if (direction != Direction::kLowerIsBetter && direction != Direction::kHigherIsBetter) {
    return ShiftKind::kNeutral;
  }
  return (shift > 0) == (direction == Direction::kLowerIsBetter) ? ShiftKind::kWorse
                                                                 : ShiftKind::kBetter;
}

// Of a host between two moments, oldest first; a field that came back is left out.
std::vector<FieldChange> FieldsChanged(const HostStatus& host, absl::Time after, absl::Time until) {
  std::map<std::string, FieldChange> fields;
  for (auto change = host.state_changes.rbegin(); change != host.state_changes.rend(); ++change) {
    if (change->at <= after || change->at > until) continue;
    for (const FieldChange& field : change->fields) {
      const auto [known, is_new] = fields.try_emplace(field.name, field);
      if (!is_new) known->second.after = field.after;
    }
  }
  std::vector<FieldChange> changed;
  for (const auto& [name, field] : fields) {
    if (field.before != field.after) changed.push_back(field);
  }
  return changed;
}

std::vector<ChangedHost> SuspectsOf(const TrendPoint& before, const TrendPoint& after,
                                    const std::map<std::string, const HostStatus*>& hosts) {
  std::vector<ChangedHost> suspects;
  for (const auto& [host, state] : after.states) {
    const auto old = before.states.find(host);
    if (old == before.states.end() || old->second == state) continue;
    ChangedHost& suspect = suspects.emplace_back();
    suspect.host = host;
    const auto known = hosts.find(host);
    if (known != hosts.end()) {
      suspect.fields = FieldsChanged(*known->second, before.at, after.last);
    }
  }
  return suspects;
}

// Revisions of all series in the order of their first measurement.
class RevisionOrder {
 public:
  explicit RevisionOrder(const std::vector<SeriesTrend>& trends) {
    std::unordered_map<std::string, absl::Time> first;
    for (const SeriesTrend& trend : trends) {
      for (const TrendPoint& point : trend.points) {
        const auto [known, is_new] = first.try_emplace(point.revision, point.at);
        if (!is_new) known->second = std::min(known->second, point.at);
      }
    }
    std::vector<std::pair<absl::Time, std::string>> order;
    for (const auto& [revision, at] : first) order.emplace_back(at, revision);
    std::sort(order.begin(), order.end());
    for (auto& [at, revision] : order) {
      positions_.emplace(revision, revisions_.size());
      times_.push_back(at);
      revisions_.push_back(std::move(revision));
    }
  }

  size_t PositionOf(const std::string& revision) const { return positions_.at(revision); }
  const std::string& RevisionAt(size_t position) const { return revisions_[position]; }
  absl::Time TimeOf(size_t position) const { return times_[position]; }

 private:
  std::unordered_map<std::string, size_t> positions_;
  std::vector<std::string> revisions_;
  std::vector<absl::Time> times_;
};

FoundShift Found(const SeriesTrend& trend, const TrendShift& shift, const RevisionOrder& order) {
  const auto position = [&](size_t index) {
    return order.PositionOf(trend.points[index].revision);
  };
  FoundShift found;
  found.at = position(shift.index);
  // Behind the last point that surely has the old level.
  const size_t old = shift.index > shift.reach ? shift.index - shift.reach - 1 : 0;
  const size_t last = std::min(shift.index + shift.reach, trend.points.size() - 1);
  // A revision that was measured again later stands where it was first.
  found.earliest = std::min(position(old) + 1, found.at);
  found.latest = std::max(position(last), found.at);
  found.kind = shift.kind;
  const double ratio = shift.level.after / shift.level.before;
  found.size =
      ratio > 0 ? std::abs(std::log(ratio)) : std::abs(shift.level.after - shift.level.before);
  found.z = shift.z;
  return found;
}

// Adds the incidents that the shifts which nobody blessed are.
void AddIncidents(const std::vector<Acknowledgement>& acknowledgements, TrendReport* report) {
  const RevisionOrder order(report->series);
  std::vector<std::vector<size_t>> positions;
  for (const SeriesTrend& trend : report->series) {
    auto& of_series = positions.emplace_back();
    for (const TrendPoint& point : trend.points)
      of_series.push_back(order.PositionOf(point.revision));
  }
  const std::vector<size_t> lines = LinesOf(positions);
  std::vector<FoundShift> shifts;
  std::vector<TrendIncident::Part> parts;
  for (size_t s = 0; s < report->series.size(); ++s) {
    const SeriesTrend& trend = report->series[s];
    for (size_t i = 0; i < trend.shifts.size(); ++i) {
      if (!trend.shifts[i].blessing.empty()) continue;
      FoundShift& found = shifts.emplace_back(Found(trend, trend.shifts[i], order));
      found.series = s;
      found.line = lines[s];
      parts.push_back({s, i});
    }
  }
  for (const Incident& group : GroupShifts(shifts)) {
    TrendIncident& incident = report->incidents.emplace_back();
    incident.revision = order.RevisionAt(group.at);
    incident.name = IncidentName(incident.revision);
    incident.at = order.TimeOf(group.at);
    incident.kind = group.kind;
    std::set<std::string> hosts;
    for (const size_t index : group.shifts) {
      const TrendIncident::Part& part = incident.parts.emplace_back(parts[index]);
      SeriesTrend& trend = report->series[part.series];
      TrendShift& shift = trend.shifts[part.shift];
      shift.incident = incident.name;
      hosts.insert(trend.hosts.begin(), trend.hosts.end());
      if (incident.before.empty() && shifts[index].at == group.at) {
        incident.before = trend.points[shift.index - 1].revision;
      }
    }
    incident.hosts.assign(hosts.begin(), hosts.end());
    for (const Acknowledgement& said : acknowledgements) {
      if (said.incident == incident.name) incident.said.push_back(said);
    }
    if (!incident.said.empty() && !incident.said.back().withdrawn) {
      incident.acknowledged = incident.said.back();
    }
  }
}

}  // namespace

double TrendShift::relative() const {
  if (!(level.before > 0 && level.after > 0)) return std::numeric_limits<double>::quiet_NaN();
  return level.after / level.before - 1;
}

std::optional<Interval> TrendShift::relative_interval() const {
  if (!level.logarithmic) return std::nullopt;
  return Interval{.low = std::expm1(level.shift.low), .high = std::expm1(level.shift.high)};
}

LevelShift ShiftOf(const Blessing& blessing) {
  return {.before = blessing.before,
          .after = blessing.after,
          .shift = {.low = blessing.shift_low, .high = blessing.shift_high},
          .logarithmic = blessing.logarithmic};
}

SeriesTrend MergeRevisions(const SeriesHistory& history) {
  SeriesTrend trend;
  trend.series = history.series;
  trend.by_job = !NamesSeveralRevisions(history.points);
  std::unordered_map<std::string, size_t> index;
  std::set<std::string> hosts;
  for (const HistoryPoint& run : history.points) {
    const bool named = !run.revision.empty() && !trend.by_job;
    const std::string revision = named ? run.revision : absl::StrFormat("job %d", run.job.value);
    const auto [known, is_new] = index.try_emplace(revision, trend.points.size());
    if (is_new) {
      TrendPoint& made = trend.points.emplace_back();
      made.revision = revision;
      made.at = run.at;
    }
    TrendPoint& point = trend.points[known->second];
    point.last = run.at;
    point.medians.push_back(run.summary.median);
    point.states[run.host] = run.state_digest;
    if (point.jobs.empty() || point.jobs.back() != run.job) point.jobs.push_back(run.job);
    hosts.insert(run.host);
  }
  for (TrendPoint& point : trend.points) {
    point.value = MedianOf(point.medians);
    std::sort(point.jobs.begin(), point.jobs.end());
    point.jobs.erase(std::unique(point.jobs.begin(), point.jobs.end()), point.jobs.end());
  }
  trend.hosts.assign(hosts.begin(), hosts.end());
  return trend;
}

absl::Status FindShifts(const ChangePointOptions& options, SeriesTrend* trend) {
  std::vector<double> values;
  for (const TrendPoint& point : trend->points) values.push_back(point.value);
  BF_ASSIGN_OR_RETURN(const History history, FindChangePoints(values, options));
  trend->logarithmic = history.logarithmic();
  trend->noise = history.noise();
  trend->levels = history.Segments();
  for (size_t i = 0; i < history.change_points().size(); ++i) {
    const ChangePoint& change = history.change_points()[i];
    TrendShift& shift = trend->shifts.emplace_back();
    shift.index = change.index;
    shift.level = {.before = trend->levels[i].level,
                   .after = trend->levels[i + 1].level,
                   .shift = change.shift_interval,
                   .logarithmic = trend->logarithmic};
    shift.z = change.z;
    shift.kind = KindOf(trend->series.direction, change.shift);
    shift.reach = PositionReach(change, history.noise(), history.long_run_ratio());
  }
  return absl::OkStatus();
}

absl::StatusOr<TrendReport> BuildTrendReport(const std::vector<SeriesHistory>& histories,
                                             const TrendContext& context,
                                             const ChangePointOptions& options) {
  std::map<std::string, const HostStatus*> hosts;
  for (const HostStatus& host : context.hosts) hosts[host.name] = &host;
  std::unordered_map<uint64_t, std::vector<const Blessing*>> blessings;
  for (const Blessing& blessing : context.blessings) {
    blessings[blessing.series.id.value].push_back(&blessing);
  }
  TrendReport report;
  for (const SeriesHistory& history : histories) {
    if (history.points.empty()) continue;
    SeriesTrend& trend = report.series.emplace_back(MergeRevisions(history));
    report.too_short += trend.points.size() < kTrendPointsMin ? 1 : 0;
    BF_RETURN_IF_ERROR(FindShifts(options, &trend));
    for (TrendShift& shift : trend.shifts) {
      shift.suspects = SuspectsOf(trend.points[shift.index - 1], trend.points[shift.index], hosts);
      for (const Blessing* blessing : blessings[history.series.id.value]) {
        if (!IsCovered(shift.level, ShiftOf(*blessing))) continue;
        shift.blessing = blessing->reason.empty() ? "blessed" : blessing->reason;
      }
    }
  }
  AddIncidents(context.acknowledgements, &report);
  return report;
}

}  // namespace benchfleet
