#include "benchctl/side_history.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "absl/strings/str_format.h"
#include "base/status.h"

namespace benchfleet {
namespace {

using Key = std::tuple<std::string, StringMap, std::string, std::string, std::string>;

Key KeyOf(const SeriesKey& key) {
  return {key.workload, key.parameters, key.metric, key.unit, key.identity};
}

// When the side was measured; InfiniteFuture where a series of it does not tell.
absl::Time MeasuredUntil(const Side& side) {
  absl::Time until = absl::InfinitePast();
  for (const SideSeries& series : side.series()) {
    if (series.measured_until == absl::InfinitePast()) return absl::InfiniteFuture();
    until = std::max(until, series.measured_until);
  }
  return until;
}

// Revisions that only the candidate has.
std::set<std::string> RevisionsOnTrial(const Side& candidate, const Side& baseline) {
  std::set<std::string> revisions;
  for (const SideSeries& series : candidate.series()) {
    revisions.insert(series.revisions.begin(), series.revisions.end());
  }
  for (const SideSeries& series : baseline.series()) {
    for (const std::string& revision : series.revisions) revisions.erase(revision);
  }
  return revisions;
}

// What the history leaves out.
struct LeftOut {
  std::set<JobId> jobs;
  std::set<std::string> revisions;
  absl::Time after = absl::InfiniteFuture();
};

// Points without a revision: each job is one.
std::vector<std::vector<double>> ByRevision(const std::vector<HistoryPoint>& points,
                                            const LeftOut& left_out) {
  std::vector<std::vector<double>> history;
  std::map<std::string, size_t> index;
  for (const HistoryPoint& point : points) {
    const double median = point.summary.median;
    if (left_out.jobs.contains(point.job) || left_out.revisions.contains(point.revision)) continue;
    // Imported files may be of one time, and then the order of the jobs tells.
    const bool later = point.at > left_out.after ||
                       (point.at == left_out.after && point.job > *left_out.jobs.begin());
    if (later || !(median > 0) || !std::isfinite(median)) continue;
    const std::string revision =
        point.revision.empty() ? absl::StrFormat("job %d", point.job.value) : point.revision;
    const auto [found, is_new] = index.try_emplace(revision, history.size());
    if (is_new) history.emplace_back();
    history[found->second].push_back(median);
  }
  return history;
}

std::string Note(const Blessing& blessing) {
  std::string note = blessing.author.empty() ? blessing.blessed_by : blessing.author;
  note += ", " + absl::FormatTime("%Y-%m-%d", blessing.at, absl::UTCTimeZone());
  if (!blessing.reason.empty()) note += ": " + blessing.reason;
  return note;
}

}  // namespace

absl::Status AddHistory(Client& client, const std::set<JobId>& compared, const Side& candidate,
                        Side* baseline) {
  const LeftOut left_out{compared, RevisionsOnTrial(candidate, *baseline),
                         MeasuredUntil(*baseline)};
  std::map<Key, SideSeries*> wanted;
  for (SideSeries& series : baseline->series()) {
    if (series.derived) continue;
    wanted[{series.name.workload, series.name.parameters, series.name.metric, series.unit,
            series.identity}] = &series;
  }
  for (const JobId job : compared) {
    if (wanted.empty()) break;  // other jobs know the same series
    HistoryQuery query;
    query.filter.in_job = job;
    query.filter.before = left_out.after + absl::Nanoseconds(1);
    query.newest = kHistoryPoints;
    BF_RETURN_IF_ERROR(client.ReadHistory(query, [&](SeriesHistory history) {
      const auto found = wanted.find(KeyOf(history.series.key));
      if (found == wanted.end()) return absl::OkStatus();
      found->second->history = ByRevision(history.points, left_out);
      wanted.erase(found);
      return absl::OkStatus();
    }));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<BlessedShift>> ReadBlessedShifts(Client& client) {
  BF_ASSIGN_OR_RETURN(const std::vector<Blessing> blessings, client.ListBlessings());
  std::vector<BlessedShift> shifts;
  for (const Blessing& blessing : blessings) {
    const SeriesKey& key = blessing.series.key;
    BlessedShift shift;
    shift.series = {key.workload, key.parameters, key.metric};
    shift.identity = key.identity;
    shift.note = Note(blessing);
    if (blessing.logarithmic) {
      shift.ratio = {.low = std::exp(blessing.shift_low), .high = std::exp(blessing.shift_high)};
    } else if (blessing.before > 0) {
      shift.ratio = {.low = 1 + blessing.shift_low / blessing.before,
                     .high = 1 + blessing.shift_high / blessing.before};
    } else {
      continue;
    }
    shifts.push_back(std::move(shift));
  }
  return shifts;
}

}  // namespace benchfleet
