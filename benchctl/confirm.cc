#include "benchctl/confirm.h"

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "absl/strings/str_format.h"
#include "analysis/quantile.h"
#include "analysis/sequential.h"
#include "base/status.h"
#include "benchctl/results.h"

namespace benchfleet {
namespace {

constexpr int64_t kPairsMin = 3;

// What the pairs that are complete say.
struct Pairs {
  std::vector<double> differences;  // of logarithms, new less base, by repetition
  uint64_t failed = 0;
};

absl::StatusOr<Pairs> ReadPairs(Client& client, JobId job, const std::string& base_argv,
                                const std::string& metric) {
  BF_ASSIGN_OR_RETURN(const JobResults results, ReadJobResults(client, job, false));
  struct Pair {
    std::optional<double> base;
    std::optional<double> candidate;
  };
  std::map<uint32_t, Pair> pairs;
  Pairs found;
  for (const RunData& run : results.runs) {
    const Outcome outcome = run.result.finished.outcome;
    if (outcome == Outcome::kUnspecified || outcome == Outcome::kCancelled) continue;
    if (outcome != Outcome::kOk) {
      ++found.failed;
      continue;
    }
    BF_ASSIGN_OR_RETURN(const auto samples, SamplesOf(run));
    const auto values = samples.find(metric);
    if (values == samples.end() || values->second.empty()) continue;
    const double median = MedianOf(values->second);
    if (!(median > 0)) continue;
    const auto argv = run.result.parameters.find("argv");
    const bool is_base = argv != run.result.parameters.end() && argv->second == base_argv;
    Pair& pair = pairs[run.result.repetition];
    (is_base ? pair.base : pair.candidate) = std::log(median);
  }
  for (const auto& [repetition, pair] : pairs) {
    if (pair.base && pair.candidate) found.differences.push_back(*pair.candidate - *pair.base);
  }
  return found;
}

SequentialPlan PlanOf(const ComparisonRow& row, const ConfirmOptions& options,
                      const VerdictOptions& verdict) {
  SequentialPlan plan;
  plan.alpha = options.alpha;
  plan.pairs_max = options.pairs_max;
  plan.pairs_min = std::min<int64_t>(kPairsMin, options.pairs_max);
  plan.floor = row.judgement.comparison.on_differences ? 0 : verdict.floor;
  plan.margin = verdict.equivalence;
  return plan;
}

std::string MeanText(const std::vector<double>& differences) {
  if (differences.empty()) return "no pair";
  return absl::StrFormat("%+.2f %% over %d pairs", 100 * std::expm1(MedianOf(differences)),
                         differences.size());
}

void Settle(SequentialDecision decision, const Pairs& pairs, JobId job, ComparisonRow* row) {
  Comparison& comparison = row->judgement.comparison;
  const std::string seen =
      absl::StrFormat("run again in pairs (job %d): %s", job.value, MeanText(pairs.differences));
  const bool worse = !pairs.differences.empty() &&
                     (MedianOf(pairs.differences) > 0) == (row->better != Better::kHigher);
  if (decision == SequentialDecision::kChanged && worse) {
    comparison.reason += "; confirmed, " + seen;
    return;
  }
  comparison.verdict = Verdict::kUndecided;
  row->judgement.severity = Severity::kNone;
  comparison.reason =
      absl::StrFormat("%+.2f %% was not confirmed, %s%s", 100 * (comparison.ratio - 1), seen,
                      decision == SequentialDecision::kUnchanged ? ", unchanged"
                      : decision == SequentialDecision::kChanged ? ", an improvement"
                                                                 : "");
  if (pairs.failed > 0) comparison.reason += absl::StrFormat("; %d runs failed", pairs.failed);
}

absl::Status ConfirmRow(Client& client, const ConfirmOptions& options,
                        const VerdictOptions& verdict, const Session& session, ComparisonRow* row) {
  BF_ASSIGN_OR_RETURN(const JobSpec spec, ConfirmJob(*row, options));
  BF_ASSIGN_OR_RETURN(const PairedDecider decider,
                      PairedDecider::Create(PlanOf(*row, options, verdict)));
  BF_ASSIGN_OR_RETURN(const Plan plan, client.Submit(spec, /*dry_run=*/false));
  session.console.err(absl::StrFormat("confirming %s on %s: job %d, up to %d pairs\n",
                                      Printable(SeriesText(row->series)), Printable(row->host),
                                      plan.job.value, options.pairs_max));
  const std::string base_argv = spec.workloads[1].parameters.at("argv").at(0);
  Pairs pairs;
  auto decision = SequentialDecision::kContinue;
  uint64_t seen_runs = 0;
  absl::Status failure;
  const auto look = [&]() -> absl::Status {
    BF_ASSIGN_OR_RETURN(pairs, ReadPairs(client, plan.job, base_argv, row->series.metric));
    if (pairs.differences.size() < static_cast<size_t>(kPairsMin)) return absl::OkStatus();
    BF_ASSIGN_OR_RETURN(decision, decider.Decide(pairs.differences));
    return absl::OkStatus();
  };
  const absl::Status watched = client.Watch(plan.job, [&](const JobStatus* status) {
    if (status == nullptr || status->runs_done < seen_runs + 2) return true;
    seen_runs = status->runs_done;
    failure = look();
    return failure.ok() && decision == SequentialDecision::kContinue;
  });
  BF_RETURN_IF_ERROR(watched);
  BF_RETURN_IF_ERROR(failure);
  if (decision == SequentialDecision::kContinue) {
    BF_RETURN_IF_ERROR(look());
  } else {
    // It may have ended meanwhile: then there is nothing to cancel.
    (void)client.Cancel(plan.job, "the pairs have decided");
  }
  Settle(decision, pairs, plan.job, row);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<JobSpec> ConfirmJob(const ComparisonRow& row, const ConfirmOptions& options) {
  const std::string what = SeriesText(row.series);
  const auto argv = row.series.parameters.find("argv");
  if (row.series.workload != "exec" || argv == row.series.parameters.end()) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "--confirm: %s cannot be run again: only programs that `exec` measures can have two builds "
        "side by side; compare two new jobs instead",
        what));
  }
  if (options.base_program.empty()) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "--confirm: both sides of %s ran the same command, and only one build can be there now; "
        "say where the old one is: --base-program ./old/program",
        what));
  }
  if (row.candidate.host.empty() || row.candidate.host.find('+') != std::string::npos) {
    return absl::FailedPreconditionError(
        absl::StrFormat("--confirm: %s was not measured on one host of the fleet", what));
  }
  nlohmann::json words = nlohmann::json::parse(argv->second, nullptr, /*allow_exceptions=*/false);
  if (!words.is_array() || words.empty()) {
    return absl::InvalidArgumentError(
        absl::StrFormat("--confirm: the command of %s is no list of words", what));
  }
  words[0] = options.base_program;
  JobSpec spec;
  spec.name = "confirm";
  spec.revision = row.candidate.revision;
  spec.hosts = {{"name=" + row.candidate.host, 0}};
  spec.runs = options.pairs_max;
  spec.measurement = options.measurement;
  WorkloadSelection selection;
  selection.name = row.series.workload;
  for (const auto& [name, value] : row.series.parameters) selection.parameters[name] = {value};
  spec.workloads = {selection, selection};
  spec.workloads[1].parameters["argv"] = {words.dump()};
  return spec;
}

absl::Status ConfirmSuspects(Client& client, const ConfirmOptions& options, const Session& session,
                             ComparisonReport* report) {
  for (ComparisonRow& row : report->rows) {
    if (row.judgement.severity != Severity::kFailure) continue;
    BF_RETURN_IF_ERROR(ConfirmRow(client, options, report->options.ladder.verdict, session, &row));
  }
  return absl::OkStatus();
}

}  // namespace benchfleet
