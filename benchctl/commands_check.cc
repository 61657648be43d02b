#include <algorithm>
#include <iterator>
#include <utility>

#include "base/status.h"
#include "benchctl/check_comment.h"
#include "benchctl/check_junit.h"
#include "benchctl/check_report.h"
#include "benchctl/commands.h"
#include "benchctl/confirm.h"
#include "benchctl/judge_options.h"
#include "benchctl/side_reference.h"

namespace benchfleet {
namespace {

absl::StatusOr<std::vector<GateRule>> RulesOf(const CheckOptions& options) {
  std::vector<GateRule> rules;
  if (!options.budgets.empty()) {
    BF_ASSIGN_OR_RETURN(rules, ReadGateRules(options.budgets));
  }
  for (const std::string& text : options.budget) {
    BF_ASSIGN_OR_RETURN(GateRule rule, ParseGateRule(text, "--budget"));
    rules.push_back(std::move(rule));
  }
  return rules;
}

// The comparisons that claims are judged by, a side each once.
absl::Status LoadClaims(const std::vector<GateRule>& rules, const Side& job,
                        const ComparisonOptions& comparison, SideLoader* loader,
                        std::map<std::string, ComparisonReport>* claims) {
  for (const GateRule& rule : rules) {
    if (rule.kind != RuleKind::kClaim || claims->contains(rule.side)) continue;
    const absl::StatusOr<Side> side = loader->Load(rule.side);
    if (!side.ok()) return Annotate(side.status(), rule.place);
    absl::StatusOr<ComparisonReport> report = CompareLoaded(*loader, *side, job, comparison);
    if (!report.ok()) return Annotate(report.status(), rule.place);
    claims->emplace(rule.side, *std::move(report));
  }
  return absl::OkStatus();
}

// The sets of jobs are what the sides are made of.
absl::Status Confirm(const CheckOptions& options, const std::set<JobId>& job_ids,
                     const std::set<JobId>& base_ids, const Session& session, SideLoader* loader,
                     ComparisonReport* report) {
  ConfirmOptions confirm;
  confirm.base_program = options.base_program;
  BF_ASSIGN_OR_RETURN(confirm.base_parameters, ParsePairs(options.base_parameters, "--base-param"));
  confirm.pairs_max = options.pairs;
  confirm.alpha = report->options.ladder.verdict.alpha;
  confirm.candidate_jobs = job_ids;
  confirm.base_jobs = base_ids;
  BF_ASSIGN_OR_RETURN(Client* const client, loader->Connected());
  return ConfirmSuspects(*client, confirm, session, report);
}

absl::Status WriteOutputs(const CheckOptions& options, const CheckReport& report,
                          const Session& session) {
  const Style style = options.output.empty() ? session.out_style : Style();
  BF_RETURN_IF_ERROR(Deliver(RenderCheck(report, session.format, style), options.output, session));
  if (!options.junit.empty()) {
    BF_RETURN_IF_ERROR(Deliver(CheckJunit(report), options.junit, session));
  }
  if (options.markdown.empty()) return absl::OkStatus();
  return Deliver(CheckComment(report), options.markdown, session);
}

}  // namespace

absl::StatusOr<int> CheckCommand(const CheckOptions& options, const Session& session) {
  BF_ASSIGN_OR_RETURN(const ComparisonOptions comparison, MakeComparisonOptions(options.judge));
  BF_ASSIGN_OR_RETURN(const std::vector<GateRule> rules, RulesOf(options));
  const std::string against =
      options.baseline.empty() ? options.against : "baseline:" + options.baseline;
  if (against.empty() && rules.empty()) {
    return absl::InvalidArgumentError(
        "nothing to check: name a --baseline, a side to compare --against, or --budgets");
  }
  SideLoader loader(session, MakeSideFilter(options.judge), options.of_job, options.judge.read);
  BF_ASSIGN_OR_RETURN(Side job, loader.Load(options.job));
  const std::set<JobId> job_ids = loader.jobs();
  AddStatisticSeries(rules, &job);
  CheckReport report;
  report.job = job.name();
  report.fail_on_undecided = options.fail_on_undecided;
  if (!against.empty()) {
    BF_ASSIGN_OR_RETURN(Side baseline, loader.Load(against));
    AddStatisticSeries(rules, &baseline);
    BF_ASSIGN_OR_RETURN(report.comparison, CompareLoaded(loader, baseline, job, comparison));
  }
  GateInput input;
  input.job = &job;
  input.against = report.comparison ? &*report.comparison : nullptr;
  const std::set<JobId> compared = loader.jobs();
  BF_RETURN_IF_ERROR(LoadClaims(rules, job, comparison, &loader, &input.claims));
  BF_RETURN_IF_ERROR(loader.CheckFileFlags());
  if (report.comparison && options.confirm) {
    std::set<JobId> base_ids;
    std::ranges::set_difference(compared, job_ids, std::inserter(base_ids, base_ids.end()));
    BF_RETURN_IF_ERROR(Confirm(options, job_ids, base_ids, session, &loader, &*report.comparison));
  }
  BF_ASSIGN_OR_RETURN(report.gates, JudgeGates(rules, input));
  if (report.comparison && report.comparison->rows.empty()) {
    return absl::NotFoundError(
        absl::StrFormat("%s and %s have no series in common that can be compared",
                        report.comparison->baseline, report.job));
  }
  BF_RETURN_IF_ERROR(WriteOutputs(options, report, session));
  return report.exit_code();
}

}  // namespace benchfleet
