#include "benchctl/report_context.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/limits.h"
#include "base/status.h"
#include "benchctl/history_query.h"
#include "benchctl/judge_options.h"
#include "benchctl/side_reference.h"

namespace benchfleet {
namespace {

// The newest job of this name before it that measured something; "" where there is none.
absl::StatusOr<std::string> JobBefore(Client& client, const JobStatus& job) {
  BF_ASSIGN_OR_RETURN(const std::vector<JobStatus> jobs,
                      client.ListJobs({kJobsSearched, job.name, "", {}}));
  const auto age = [](const JobStatus& one) { return std::tuple(one.created_at, one.job); };
  const JobStatus* before = nullptr;
  for (const JobStatus& one : jobs) {
    const bool earlier = one.samples > 0 && age(one) < age(job);
    if (earlier && (before == nullptr || age(*before) < age(one))) before = &one;
  }
  return before == nullptr ? "" : absl::StrFormat("%d", before->job.value);
}

absl::Status AddVerdicts(const ReportQuestion& question, const JobResults& results, Client& client,
                         const Session& session, Report* report) {
  ReportVerdicts& verdicts = report->verdicts;
  const bool asked = !question.baseline.empty() || !question.against.empty();
  verdicts.base = question.baseline.empty() ? question.against : "baseline:" + question.baseline;
  if (!asked) {
    BF_ASSIGN_OR_RETURN(verdicts.base, JobBefore(client, report->job));
  }
  if (verdicts.base.empty()) {
    verdicts.none_because = absl::StrFormat(
        "no earlier job is called '%s' (--baseline or --against names something else)",
        Printable(report->job.name));
    return absl::OkStatus();
  }
  if (report->rows.empty()) {
    verdicts.none_because = "nothing is measured yet";
    return absl::OkStatus();
  }
  SideLoader loader(session, SideFilter(), absl::StrFormat("%d", report->job.job.value));
  const auto compare = [&]() -> absl::StatusOr<ComparisonReport> {
    BF_ASSIGN_OR_RETURN(const ComparisonOptions options, MakeComparisonOptions(JudgeOptions()));
    BF_ASSIGN_OR_RETURN(const Side candidate, loader.OfResults(results));
    BF_ASSIGN_OR_RETURN(const Side base, loader.Load(verdicts.base));
    BF_ASSIGN_OR_RETURN(ComparisonReport compared, CompareLoaded(loader, base, candidate, options));
    if (!compared.rows.empty()) return compared;
    return absl::NotFoundError(absl::StrFormat(
        "%s and %s have no series in common that can be compared", base.name(), candidate.name()));
  };
  absl::StatusOr<ComparisonReport> compared = compare();
  if (compared.ok()) {
    verdicts.comparison = *std::move(compared);
    return absl::OkStatus();
  }
  if (asked) return compared.status();
  verdicts.none_because = Message(compared.status());
  return absl::OkStatus();
}

// What of a series' points lies up to the job's last; false where no earlier job is among them.
bool KeepUpTo(JobId job, std::vector<HistoryPoint>* points) {
  const auto own = std::find_if(points->rbegin(), points->rend(),
                                [job](const HistoryPoint& point) { return point.job == job; });
  points->erase(own.base(), points->end());
  return std::any_of(points->begin(), points->end(),
                     [job](const HistoryPoint& point) { return point.job != job; });
}

absl::Status AddTrends(Client& client, Report* report) {
  // Metrics computed from others tell nothing new.
  std::set<std::pair<std::string, std::string>> derived;
  for (const ReportRow& row : report->rows) {
    if (!row.metric.derived_from.empty()) derived.emplace(row.workload, row.metric.name);
  }
  HistoryQuery query;
  query.filter.in_job = report->job.job;
  query.newest = limits::kReportTrendPoints;
  ReportTrends& trends = report->trends;
  std::vector<SeriesHistory> histories;
  BF_RETURN_IF_ERROR(client.ReadHistory(query, [&](SeriesHistory history) {
    const SeriesKey& key = history.series.key;
    if (derived.contains({key.workload, key.metric})) return absl::OkStatus();
    if (!KeepUpTo(report->job.job, &history.points)) {
      ++trends.first_seen;
    } else if (histories.size() == limits::kReportTrendSeries) {
      ++trends.not_read;
    } else {
      histories.push_back(std::move(history));
    }
    return absl::OkStatus();
  }));
  if (histories.empty()) {
    trends.none_because = "no earlier job measured any of these series";
    return absl::OkStatus();
  }
  BF_ASSIGN_OR_RETURN(const TrendContext context, ReadTrendContext(client));
  BF_ASSIGN_OR_RETURN(trends.history, BuildTrendReport(histories, context, ChangePointOptions()));
  return absl::OkStatus();
}

}  // namespace

absl::Status AddContext(const ReportQuestion& question, const JobResults& results, Client& client,
                        const Session& session, Report* report) {
  BF_RETURN_IF_ERROR(AddVerdicts(question, results, client, session, report));
  return AddTrends(client, report);
}

}  // namespace benchfleet
