#include "benchctl/report_sections.h"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "base/text.h"
#include "benchctl/comparison_text.h"
#include "benchctl/trend_text.h"
#include "benchctl/trend_words.h"

namespace benchfleet {
namespace {

constexpr size_t kDigestShownInReport = 12;

bool IsChange(const ComparisonRow& row) {
  const Verdict verdict = row.judgement.comparison.verdict;
  return verdict == Verdict::kRegressed || verdict == Verdict::kImproved;
}

std::string FieldOf(const Report& report, const std::string& host, const char* name) {
  for (const HostStatus& one : report.hosts) {
    if (one.name != host) continue;
    const auto found = one.fingerprint.fields.find(name);
    if (found != one.fingerprint.fields.end() && found->second != "absent") return found->second;
  }
  return "-";
}

std::string DigestOf(const Report& report, const std::string& host,
                     std::string HostFingerprint::*digest) {
  for (const HostStatus& one : report.hosts) {
    if (one.name == host) return (one.fingerprint.*digest).substr(0, kDigestShownInReport);
  }
  return "-";
}

std::string StateCell(const Report& report, const HostConditions& host) {
  if (host.states.size() > 1) return "changed during the job";
  if (host.states.empty()) return DigestOf(report, host.host, &HostFingerprint::state_digest);
  return host.states.begin()->substr(0, kDigestShownInReport);
}

std::string QuietCell(const HostConditions& host) {
  std::string text = absl::StrFormat("%d", host.disturbed);
  if (host.unknown > 0) text += absl::StrFormat(" (%d not known)", host.unknown);
  return text;
}

size_t LongestHistory(const TrendReport& history) {
  size_t longest = 0;
  for (const SeriesTrend& trend : history.series) longest = std::max(longest, trend.points.size());
  return longest;
}

}  // namespace

bool HasContext(const Report& report) {
  return report.verdicts.comparison.has_value() || !report.verdicts.none_because.empty();
}

std::string VerdictHeadline(const Report& report) {
  const ReportVerdicts& verdicts = report.verdicts;
  if (!verdicts.comparison) return "none: " + verdicts.none_because;
  return "against " + verdicts.comparison->baseline + ": " + CountsText(*verdicts.comparison);
}

ComparisonReport ChangedRows(const ComparisonReport& comparison) {
  ComparisonReport changed = comparison;
  std::erase_if(changed.rows, [](const ComparisonRow& row) { return !IsChange(row); });
  changed.means.clear();
  return changed;
}

std::string CompareCommandLine(const Report& report) {
  return absl::StrFormat("benchctl compare %s %d", Printable(report.verdicts.base),
                         report.job.job.value);
}

std::string TrendHeadline(const Report& report) {
  const ReportTrends& trends = report.trends;
  if (trends.history.series.empty()) return "none: " + trends.none_because;
  const TrendReport& history = trends.history;
  std::string text =
      absl::StrFormat("%d of %d series changed in up to %d %s", OrderTrends(history).changed.size(),
                      history.series.size(), LongestHistory(history),
                      history.series[0].by_job ? "jobs" : "revisions");
  if (history.too_short > 0) {
    text += absl::StrFormat("; %d have fewer than %d, too few for a change", history.too_short,
                            kTrendPointsMin);
  }
  if (trends.first_seen > 0) {
    text += absl::StrFormat("; %d are new with this job", trends.first_seen);
  }
  if (trends.not_read > 0) text += absl::StrFormat("; %d more are not read", trends.not_read);
  return text;
}

TrendOrder OrderTrends(const TrendReport& history) {
  TrendView view;
  view.most = history.series.size();
  view.all = true;
  TrendOrder order;
  for (const size_t index : SeriesToShow(history, view)) {
    (history.series[index].shifts.empty() ? order.steady : order.changed).push_back(index);
  }
  return order;
}

Table TrendShiftTable(const Report& report, size_t most) {
  Table table{{{"series"},
               {"what"},
               {"host"},
               {"last shift", true},
               {""},
               {"at"},
               {"before", true},
               {"now", true}},
              {}};
  const TrendReport& history = report.trends.history;
  for (const size_t index : OrderTrends(history).changed) {
    if (table.rows.size() == most) break;
    const SeriesTrend& trend = history.series[index];
    const TrendShift& shift = trend.shifts.back();
    const std::string& unit = trend.series.key.unit;
    const TrendPoint& point = trend.points[shift.index];
    table.rows.push_back({SeriesNumber(trend.series.id), Shorten(SeriesTitle(trend.series), 56),
                          NamesText(trend.hosts, kHostsNamed), ShiftText(shift, unit),
                          shift.blessing.empty() ? ShiftKindName(shift.kind) : "blessed",
                          ShortRevision(point.revision) + ", " + DayText(point.at),
                          FormatValue(shift.level.before, unit),
                          FormatValue(shift.level.after, unit)});
  }
  return table;
}

Table ConditionTable(const Report& report) {
  Table table{{{"host"},
               {"cpu"},
               {"kernel"},
               {"governor"},
               {"runs", true},
               {"not quiet", true},
               {"clock pair", true},
               {"identity"},
               {"state"}},
              {}};
  for (const HostConditions& host : report.conditions) {
    table.rows.push_back(
        {host.host, Shorten(FieldOf(report, host.host, "cpu.model_name"), 40),
         FieldOf(report, host.host, "kernel.release"),
         FieldOf(report, host.host, "cpufreq.governor"), absl::StrFormat("%d", host.runs),
         QuietCell(host), host.clock_pair_ns ? FormatNanoseconds(*host.clock_pair_ns) : "-",
         DigestOf(report, host.host, &HostFingerprint::identity_digest), StateCell(report, host)});
  }
  return table;
}

ReportLinks::ReportLinks(const Report& report) {
  if (report.verdicts.comparison) {
    for (const ComparisonRow& row : report.verdicts.comparison->rows) {
      verdicts_[{row.series.workload, row.series.parameters, row.series.metric, row.host}] = &row;
    }
  }
  for (const SeriesTrend& trend : report.trends.history.series) {
    const SeriesKey& key = trend.series.key;
    trends_[{key.workload, key.parameters, key.metric, key.identity}] = &trend;
  }
  for (const HostConditions& host : report.conditions) conditions_[host.host] = &host;
}

const ComparisonRow* ReportLinks::VerdictOf(const ReportRow& row) const {
  const auto found = verdicts_.find({row.workload, row.parameters, row.metric.name, row.host});
  return found == verdicts_.end() ? nullptr : found->second;
}

const SeriesTrend* ReportLinks::TrendOf(const ReportRow& row) const {
  const auto found = trends_.find({row.workload, row.parameters, row.metric.name, row.identity});
  return found == trends_.end() ? nullptr : found->second;
}

const HostConditions* ReportLinks::ConditionsOf(const ReportRow& row) const {
  // Of a task on several hosts, those of the one that measured.
  const auto found = conditions_.find(row.host.substr(0, row.host.find(' ')));
  return found == conditions_.end() ? nullptr : found->second;
}

}  // namespace benchfleet
