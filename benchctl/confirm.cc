#include "benchctl/confirm.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>

#include "absl/strings/str_format.h"
#include "analysis/quantile.h"
#include "analysis/robust.h"
#include "analysis/sequential.h"
#include "base/status.h"
#include "base/text.h"
#include "benchctl/place_text.h"
#include "benchctl/results.h"
#include "benchctl/side_of_results.h"

namespace benchfleet {
namespace {

constexpr int64_t kPairsMin = 3;

// A row while its cell is run again.
struct RowAgain {
  ComparisonRow* row = nullptr;
  PairedDecider decider;
  std::vector<double> differences;  // new less base, by repetition
  double base = 0;                  // mean, on the same scale
  SequentialDecision decision = SequentialDecision::kContinue;
};

struct CellAgain {
  const SuspectCell& cell;
  ConfirmPlanner::PairJob pair_job;
  JobId job;
  std::vector<RowAgain> rows;
  uint64_t failed = 0;  // runs
};

// What a run says of a metric, on the scale on which the row is compared.
absl::StatusOr<std::optional<double>> ValueOfRun(const JobResults& all, const RunData& run,
                                                 const ComparisonRow& row) {
  JobResults one;
  one.job = all.job;
  one.runs = {run};
  Side side("run");
  SideFilter filter;
  filter.metric = row.series.metric;
  BF_RETURN_IF_ERROR(AddResults(one, filter, &side));
  for (const SideSeries& series : side.series()) {
    if (series.name.metric != row.series.metric) continue;
    const bool differences = row.judgement.comparison.on_differences;
    double value = 0;
    if (!series.runs.empty() && !series.runs.front().empty()) {
      const std::vector<double>& values = series.runs.front();
      value = differences ? MomentsOf(values).mean : MedianOf(values);
    } else if (!series.aggregates.empty()) {
      value = series.aggregates.front().mean;
    } else {
      continue;
    }
    if (differences) return value;
    if (value > 0) return std::log(value);
  }
  return std::nullopt;
}

absl::Status ReadPairs(const JobResults& results, const std::string& place,
                       const StringMap& candidate, RowAgain* again) {
  struct Pair {
    std::optional<double> base;
    std::optional<double> candidate;
  };
  std::map<uint32_t, Pair> pairs;
  for (const RunData& run : results.runs) {
    if (PlaceText(run.result) != place) continue;
    BF_ASSIGN_OR_RETURN(const auto value, ValueOfRun(results, run, *again->row));
    if (!value) continue;
    Pair& pair = pairs[run.result.repetition];
    (run.result.parameters == candidate ? pair.candidate : pair.base) = value;
  }
  again->differences.clear();
  std::vector<double> bases;
  for (const auto& [repetition, pair] : pairs) {
    if (!pair.base || !pair.candidate) continue;
    again->differences.push_back(*pair.candidate - *pair.base);
    bases.push_back(*pair.base);
  }
  again->base = bases.empty() ? 0 : MomentsOf(bases).mean;
  return absl::OkStatus();
}

// Reads what there is of the job and decides every row anew.
absl::Status Look(Client& client, CellAgain* cell) {
  BF_ASSIGN_OR_RETURN(const JobResults results, ReadJobResults(client, cell->job, false));
  cell->failed = 0;
  for (const RunData& run : results.runs) {
    const Outcome outcome = run.result.finished.outcome;
    cell->failed += outcome != Outcome::kOk && outcome != Outcome::kUnspecified &&
                    outcome != Outcome::kCancelled;
  }
  for (RowAgain& row : cell->rows) {
    if (row.decision != SequentialDecision::kContinue) continue;
    BF_RETURN_IF_ERROR(ReadPairs(results, cell->pair_job.place, cell->cell.candidate, &row));
    if (row.differences.size() < static_cast<size_t>(kPairsMin)) continue;
    BF_ASSIGN_OR_RETURN(row.decision, row.decider.Decide(row.differences));
  }
  return absl::OkStatus();
}

bool Undecided(const CellAgain& cell) {
  return std::ranges::any_of(
      cell.rows, [](const RowAgain& row) { return row.decision == SequentialDecision::kContinue; });
}

double Middle(const RowAgain& again) {
  if (again.differences.empty()) return 0;
  return again.row->judgement.comparison.on_differences ? MomentsOf(again.differences).mean
                                                        : MedianOf(again.differences);
}

std::string ShiftText(const ComparisonRow& row, double shift, double ratio) {
  if (row.judgement.comparison.on_differences) {
    return (shift < 0 ? "-" : "+") + FormatValue(std::abs(shift), row.unit);
  }
  return absl::StrFormat("%+.2f %%", 100 * (ratio - 1));
}

// By how much the pairs are worse, as a share; of a base of 0 any worsening is beyond every limit.
double LossOf(const RowAgain& again, double shift) {
  const bool higher_is_better = again.row->better == Better::kHigher;
  if (!again.row->judgement.comparison.on_differences) {
    return std::expm1(higher_is_better ? -shift : shift);
  }
  if (!(again.base > 0)) return std::numeric_limits<double>::infinity();
  return (higher_is_better ? -shift : shift) / again.base;
}

void NotRunAgain(const std::string& why, ComparisonRow* row) {
  row->judgement.comparison.reason += "; not run again: " + why;
}

void Settle(const CellAgain& cell, const LadderOptions& ladder, const RowAgain& again) {
  ComparisonRow* const row = again.row;
  Comparison& comparison = row->judgement.comparison;
  const size_t pairs = again.differences.size();
  const std::string failed =
      cell.failed > 0 ? absl::StrFormat(", %d runs failed", cell.failed) : "";
  if (pairs < static_cast<size_t>(kPairsMin)) {
    NotRunAgain(absl::StrFormat("job %d gave %d pairs where at least %d are needed%s",
                                cell.job.value, pairs, kPairsMin, failed),
                row);
    return;
  }
  const double shift = Middle(again);
  const std::string seen =
      absl::StrFormat("run again in pairs (job %d): %s over %d pairs%s", cell.job.value,
                      ShiftText(*row, shift, std::exp(shift)), pairs, failed);
  const bool worse = (shift > 0) == (row->better != Better::kHigher);
  if (again.decision == SequentialDecision::kChanged && worse) {
    const double loss = LossOf(again, shift);
    const Severity severity = loss >= ladder.fail   ? Severity::kFailure
                              : loss >= ladder.warn ? Severity::kWarning
                                                    : Severity::kNone;
    comparison.reason +=
        (severity == Severity::kFailure ? "; confirmed, " : "; confirmed as less than fails, ") +
        seen;
    row->judgement.severity = severity;
    return;
  }
  comparison.verdict = Verdict::kUndecided;
  row->judgement.severity = Severity::kNone;
  comparison.reason = absl::StrFormat(
      "%s was not confirmed, %s%s", ShiftText(*row, comparison.difference, comparison.ratio), seen,
      again.decision == SequentialDecision::kUnchanged ? ", unchanged"
      : again.decision == SequentialDecision::kChanged ? ", an improvement"
                                                       : "");
}

absl::StatusOr<PairedDecider> DeciderOf(const ComparisonRow& row, const ConfirmOptions& options,
                                        const VerdictOptions& verdict) {
  SequentialPlan plan;
  plan.alpha = options.alpha;
  plan.pairs_max = options.pairs_max;
  plan.pairs_min = std::min<int64_t>(kPairsMin, options.pairs_max);
  const Comparison& comparison = row.judgement.comparison;
  plan.floor = comparison.on_differences ? 0 : verdict.floor;
  plan.margin = verdict.equivalence;
  if (comparison.on_differences && comparison.difference_margin > 0) {
    plan.margin = comparison.difference_margin;
  }
  return PairedDecider::Create(plan);
}

absl::Status RunCell(Client& client, CellAgain* cell) {
  uint64_t seen_runs = 0;
  absl::Status failure;
  BF_RETURN_IF_ERROR(client.Watch(cell->job, [&](const JobStatus* status) {
    if (status == nullptr || status->runs_done < seen_runs + 2) return true;
    seen_runs = status->runs_done;
    failure = Look(client, cell);
    return failure.ok() && Undecided(*cell);
  }));
  BF_RETURN_IF_ERROR(failure);
  if (Undecided(*cell)) return Look(client, cell);
  // It may have ended meanwhile: then there is nothing to cancel.
  (void)client.Cancel(cell->job, "the pairs have decided");
  return absl::OkStatus();
}

std::string CellName(const SuspectCell& cell) {
  const ComparisonRow& row = *cell.rows.front();
  SeriesName name = NameOfBoth(row.base_series, row.series);
  if (cell.rows.size() > 1) name.metric = absl::StrFormat("(%d metrics)", cell.rows.size());
  return Printable(SeriesText(name) + " on " + cell.place);
}

absl::Status ConfirmCell(Client& client, const ConfirmPlanner& planner,
                         const ConfirmOptions& options, const LadderOptions& ladder,
                         const Session& session, const SuspectCell& suspects) {
  absl::StatusOr<ConfirmPlanner::PairJob> job = planner.JobFor(suspects);
  absl::StatusOr<Plan> plan = job.ok() ? client.Submit(job->spec, false) : job.status();
  if (!plan.ok()) {
    if (absl::IsUnavailable(plan.status())) return plan.status();
    const std::string why = Message(plan.status());
    session.console.err(
        absl::StrFormat("warning: not run again: %s: %s\n", CellName(suspects), Printable(why)));
    for (ComparisonRow* row : suspects.rows) NotRunAgain(why, row);
    return absl::OkStatus();
  }
  session.console.err(absl::StrFormat("confirming %s: job %d, up to %d pairs\n", CellName(suspects),
                                      plan->job.value, options.pairs_max));
  CellAgain cell{suspects, *std::move(job), plan->job, {}, 0};
  for (ComparisonRow* row : suspects.rows) {
    BF_ASSIGN_OR_RETURN(const PairedDecider decider, DeciderOf(*row, options, ladder.verdict));
    cell.rows.push_back({row, decider, {}, 0, SequentialDecision::kContinue});
  }
  BF_RETURN_IF_ERROR(RunCell(client, &cell));
  for (const RowAgain& row : cell.rows) Settle(cell, ladder, row);
  return absl::OkStatus();
}

}  // namespace

absl::Status ConfirmSuspects(Client& client, const ConfirmOptions& options, const Session& session,
                             ComparisonReport* report) {
  const std::vector<SuspectCell> cells = SuspectCells(report);
  if (cells.empty()) return absl::OkStatus();
  BF_ASSIGN_OR_RETURN(const ConfirmPlanner planner, ConfirmPlanner::Create(client, options));
  for (const SuspectCell& cell : cells) {
    BF_RETURN_IF_ERROR(
        ConfirmCell(client, planner, options, report->options.ladder, session, cell));
  }
  return absl::OkStatus();
}

}  // namespace benchfleet
